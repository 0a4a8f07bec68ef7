"""The benchmark of the API against a real server, small; and what its figures mean."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gallery.evaluation.load import Question, press
from gallery.evaluation.synthetic_gallery import fill

GALLERY = str(Path(sys.executable).with_name("gallery"))
SMALL = (
    *("--faces", "50", "--requests", "10", "--clients", "1,3"),
    *("--memory-requests", "20", "--seconds", "0.2"),
)


@pytest.fixture
def nobody_there() -> tuple[str, int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return ("127.0.0.1", probe.getsockname()[1])


def test_every_request_that_fails_is_counted(nobody_there):
    load = press(nobody_there, [Question("/v1/compare", b"")], 3, 20, 30)
    assert (load.requests, load.errors) == (20, {"ConnectionRefusedError": 20})
    assert (load.per_second, load.p50_ms, load.p99_ms) == (0, None, None)


def test_a_form_has_every_photo_once():
    body = Question.of("/v1/compare", {"image1": b"one\r\n", "image2": b"other"}).body
    assert re.findall(rb' name="(\w+)"', body) == [b"image1", b"image2"]
    assert body.count(b"one\r\n\r\n--") == body.count(b"other\r\n--") == 1
    assert body.endswith(b"--\r\n")


def test_a_gallery_is_filled_five_faces_a_person(units):
    fill(units, 12, "model")
    with units.read() as unit:
        assert sorted(person.face_count for person in unit.identities.all()) == [2, 5, 5]
        assert len(unit.vectors.vectors_of_model("model").vectors) == 12


@pytest.mark.slow
def test_a_server_is_measured_beside_its_services(tmp_path):
    ran = subprocess.run(
        [
            GALLERY,
            "benchmark",
            "api",
            *SMALL,
            "--workers",
            "1",
            "--output",
            str(tmp_path),
            "--json",
        ],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert document == json.loads((tmp_path / "api.json").read_text())
    assert (tmp_path / "api.png").stat().st_size > 1000
    assert (document["faces"], document["workers"], document["errors"]) == (50, 1, 0)
    assert [(row["kind"], row["load"]["clients"]) for row in document["rows"]] == [
        (kind, clients) for kind in ("compare", "verify", "identify") for clients in (1, 3)
    ]
    for row in document["rows"]:
        load = row["load"]
        assert (load["requests"], load["errors"]) == (10, {})
        assert 0 < load["p50_ms"] <= load["p95_ms"] <= load["p99_ms"]
        assert row["of_in_process"] > 0
    for alone in document["in_process"]:
        searched = {"search"} if alone["kind"] == "identify" else set()
        assert set(alone["stages_ms"]) == {"decode", "detect", "embed"} | searched
    assert document["memory"]["requests"] == 20
    assert document["memory"]["before_bytes"] > 50_000_000


def test_numbers_of_clients_that_make_no_sense_are_refused():
    for text in ("0", "1,x", "", "1,1000"):
        ran = subprocess.run(
            [GALLERY, "benchmark", "api", "--clients", text], capture_output=True, text=True
        )
        assert ran.returncode == 2
        assert "--clients" in ran.stderr
