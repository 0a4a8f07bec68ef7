"""What `gallery train` refuses before it spends hours."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="the train extra is not installed")


@pytest.mark.parametrize("missing", ["folder", "model"])
def test_a_place_that_is_not_there_is_not_found(gallery, tmp_path: Path, missing: str) -> None:
    folder = tmp_path / "people"
    if missing == "model":
        folder.mkdir()
    model = tmp_path / "model.keras"
    outcome = gallery("train", folder, "--output", tmp_path / "run", "--grow-from", model, "--json")
    assert outcome.refusal["code"] == "path_not_found"
    assert (str(model) if missing == "model" else str(folder)) in outcome.refusal["message"]
    assert not (tmp_path / "run").exists()
