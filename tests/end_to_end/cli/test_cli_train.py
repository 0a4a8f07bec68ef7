"""What `gallery train` refuses before it spends hours, and what it passes on to a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="the train extra is not installed")


@pytest.mark.parametrize("option", [None, "--grow-from", "--ensemble-with", "--second-teacher"])
def test_a_place_that_is_not_there_is_not_found(
    gallery, tmp_path: Path, option: str | None
) -> None:
    folder, model = tmp_path / "people", tmp_path / "model.keras"
    trained = ()
    if option:
        folder.mkdir()
        trained = (option, model)
    outcome = gallery("train", folder, "--output", tmp_path / "run", *trained, "--json")
    assert outcome.refusal["code"] == "path_not_found"
    assert str(model if option else folder) in outcome.refusal["message"]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--epochs", "0"], "--epochs 0"),
        (["--epochs", "0", "--distil-epochs", "3"], "--epochs 0"),
        (["--grow-resolutions", "2"], "--grow-from"),
    ],
)
def test_options_that_make_no_training_are_refused(
    gallery, tmp_path: Path, options: list[str], told: str
) -> None:
    folder = tmp_path / "people"
    folder.mkdir()
    outcome = gallery("train", folder, "--output", tmp_path / "run", *options, "--json")
    assert outcome.refusal["code"] == "data_rejected"
    assert told in outcome.refusal["message"]
    assert not (tmp_path / "run").exists()


def test_a_second_teacher_is_for_the_prepared_crops(gallery, tmp_path: Path) -> None:
    folder, points = tmp_path / "people", tmp_path / "points.npy"
    folder.mkdir()
    points.write_bytes(b"")
    asked = ("--second-teacher", points, "--json")
    outcome = gallery("train", folder, "--output", tmp_path / "run", *asked)
    assert outcome.refusal["code"] == "data_rejected"
    assert "--second-teacher" in outcome.refusal["message"]
    assert not (tmp_path / "run").exists()


def test_what_was_asked_for_is_in_the_card_of_what_was_trained(
    gallery, sample_people: dict[str, list[Path]], tmp_path: Path
) -> None:
    folder, run = next(iter(sample_people.values()))[0].parents[1], tmp_path / "run"
    options = ("--architecture", "seed", "--epochs", "1", "--unchanged", "0.5")
    options += ("--weight-decay", "0.5", "--json")
    outcome = gallery("train", folder, "--output", run, *options)
    assert outcome.document["folder"] == str(run)
    card = json.loads((run / "card.json").read_text(encoding="utf-8"))
    assert [stage["unchanged"] for stage in card["recipe"]["stages"]] == [0.5]
    assert card["recipe"]["weight_decay"] == 0.5
    assert card["model_id"] == f"run-{card['tflite_sha256'][:8]}"
