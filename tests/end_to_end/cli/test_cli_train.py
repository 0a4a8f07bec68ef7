"""What `gallery train` refuses before it spends hours."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="the train extra is not installed")


@pytest.mark.parametrize("option", [None, "--grow-from", "--ensemble-with"])
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


@pytest.mark.slow
def test_a_run_without_a_stage_is_refused(gallery, people, tmp_path: Path) -> None:
    folder = tmp_path / "people"
    for person in people[:4]:
        shutil.copytree(person.folder, folder / person.folder.name)
    outcome = gallery("train", folder, "--output", tmp_path / "run", "--epochs", "0", "--json")
    assert outcome.refusal["code"] == "data_rejected"
    assert "--epochs 0" in outcome.refusal["message"]
    assert not (tmp_path / "run").exists()
