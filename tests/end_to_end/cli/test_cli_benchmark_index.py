"""`gallery benchmark index`: every competitor is in the answer, with figures or with the reason."""

from __future__ import annotations

import json

import pytest

NAMES = ["our index", "FAISS Flat", "numpy", "usearch", "sqlite-vec", "pgvector HNSW"]
FIGURES = ("p50_ms", "p99_ms", "one_thread_per_second", "two_threads_per_second", "build_seconds")
HNSW = ("usearch", "pgvector HNSW")
SMALL = ("benchmark", "index", "--faces", "200", "--probes", "20")


def _without(packages, folder):
    """An environment in which these packages cannot be imported."""
    for package in packages:
        message = f"No module named '{package}'"
        (folder / f"{package}.py").write_text(f"raise ModuleNotFoundError({message!r})\n")
    return {"PYTHONPATH": str(folder)}


def test_every_competitor_has_figures_or_a_reason_in_document_and_picture(gallery, tmp_path):
    pytest.importorskip("matplotlib", reason="the train extra is not installed")
    folder = tmp_path / "report"
    outcome = gallery(*SMALL, "--json", "--output", folder)
    assert (outcome.code, outcome.err) == (0, "")
    rows = outcome.document["rows"]
    assert [row["name"] for row in rows] == NAMES
    for row in rows:
        assert row["faces"] == 200
        if row["left_out"] is None:
            assert all(row[figure] > 0 for figure in FIGURES), row
            assert row["agreement"]["probes"] == 20
            assert row["name"] in HNSW or row["agreement"]["verdicts_differ"] == 0
        else:
            assert row["name"] not in NAMES[:2]
            assert all(row[figure] is None for figure in FIGURES)
    flat = rows[1]
    assert flat["bytes_a_face"] == flat["memory_bytes"] / 200
    assert json.loads((folder / "index.json").read_text()) == outcome.document
    assert (folder / "index.png").read_bytes().startswith(b"\x89PNG")


def test_those_that_are_not_installed_are_listed_with_the_reason(gallery, tmp_path):
    missing = {"threadpoolctl": 2, "usearch": 3, "apsw": 4, "psycopg": 5}
    outcome = gallery(*SMALL, **_without(missing, tmp_path))
    assert (outcome.code, outcome.err) == (0, "")
    header, _, *lines = outcome.out.splitlines()
    for column in ("1 thread /s", "2 threads /s", "MB", "Bytes a face", "Agreement with exact"):
        assert column in header
    assert [name in line for name, line in zip(NAMES, lines, strict=True)] == [True] * 6
    assert all("0 of 20 verdicts differ" in line for line in lines[:2])
    for package, place in missing.items():
        reason = f"left out: {package} cannot be imported: No module named '{package}'"
        assert lines[place].rstrip().endswith(reason)


@pytest.mark.parametrize("faces", ["9", "many", "100,,200"])
def test_sizes_that_are_none_are_refused(gallery, faces):
    outcome = gallery("benchmark", "index", "--faces", faces)
    assert outcome.code == 2
    assert f"--faces is {faces!r}; write numbers of 10 or more" in outcome.err
