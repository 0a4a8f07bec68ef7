"""evaluate lfw: the benchmark's folder in, figures out."""

from __future__ import annotations

import itertools
import json
import shutil

import pytest

PAIRS = 5


@pytest.fixture
def lfw(people, tmp_path):
    """The sample people laid out as Labeled Faces in the Wild, View 1."""
    folder = tmp_path / "lfw"
    names = []
    for place, person in enumerate(people[: PAIRS + 1]):
        names.append(f"Person_{place}")
        images = folder / "images" / names[-1]
        images.mkdir(parents=True)
        for number in (1, 2):
            shutil.copy(person[number], images / f"{names[-1]}_000{number}.jpg")
    mated = [f"{name}\t1\t2" for name in names[:PAIRS]]
    others = itertools.pairwise(names)
    non_mated = [f"{one}\t1\t{other}\t2" for one, other in others]
    lines = [str(PAIRS), *mated, *non_mated]
    (folder / "pairsDevTest.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_a_benchmark_is_a_table_and_files(gallery, lfw, tmp_path):
    outcome = gallery("evaluate", "lfw", lfw, "--view", "1", "--output", tmp_path / "report")
    assert outcome.code == 0, outcome.err
    assert "AUC" in outcome.out
    written = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert written["pairs"]["mated"] == PAIRS
    assert (tmp_path / "report" / "roc.png").stat().st_size > 0


def test_a_benchmark_is_one_json_document(gallery, lfw, tmp_path):
    answer = gallery(
        "evaluate", "lfw", lfw, "--view", "1", "--output", tmp_path / "report", "--json"
    ).document
    assert (answer["benchmark"], answer["view"]) == ("lfw", 1)
    assert answer["at_threshold"]["0.4"]["accuracy"]["value"] == 1.0


def test_a_folder_that_is_no_benchmark_is_refused(gallery, tmp_path):
    missing = gallery("evaluate", "lfw", tmp_path / "nowhere", "--json")
    empty = gallery("evaluate", "lfw", tmp_path, "--json")
    assert (missing.code, missing.refusal["code"]) == (4, "path_not_found")
    assert (empty.code, empty.refusal["code"]) == (2, "data_rejected")


def test_recorded_figures_stand_in_the_card_of_the_model(gallery, lfw, tmp_path):
    from gallery.embedder.model_card import default_model_folder, read_card

    model = tmp_path / "model"
    shutil.copytree(default_model_folder(), model)
    command = ("evaluate", "lfw", lfw, "--view", "1", "--output", tmp_path / "report", "--record")
    assert gallery(*command, GALLERY_MODEL=f"{model}/").code == 0
    assert read_card(model).figures["lfw_view_1"]["pairs"] == 2 * PAIRS


def test_identification_asks_people_and_strangers(gallery, people, tmp_path):
    for place, person in enumerate(people[:4]):
        folder = tmp_path / "lfw" / "images" / f"Person_{place}"
        folder.mkdir(parents=True)
        for number in (1, 2, 3):
            shutil.copy(person[number], folder / f"Person_{place}_000{number}.jpg")
    outcome = gallery(
        "evaluate", "identification", tmp_path / "lfw", "--people", "2", "--output", tmp_path
    )
    assert outcome.code == 0, outcome.err
    assert "TPIR" in outcome.out
    written = json.loads((tmp_path / "identification.json").read_text(encoding="utf-8"))
    assert len(written["mated"]) == len(written["non_mated"]) == 2
