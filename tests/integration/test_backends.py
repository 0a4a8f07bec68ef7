"""The same training step runs under every backend of Keras that is installed."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("keras", reason="the train extra is not installed")

BACKENDS = ("tensorflow", "torch", "jax")
SCRIPT = Path(__file__).with_name("two_steps.py")


def two_steps(backend: str, folder: Path) -> float:
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, SCRIPT, folder], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told, loss = done.stdout.split()
    assert told == backend
    return float(loss)


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_training_steps_run_under(backend: str, tmp_path: Path) -> None:
    two_steps(backend, tmp_path)
    assert (tmp_path / "trained.keras").is_file()


def test_another_backend_goes_on_with_the_same_file(tmp_path: Path) -> None:
    first = two_steps("tensorflow", tmp_path)
    others = [name for name in BACKENDS[1:] if find_spec(name)]
    if not others:
        pytest.skip("only tensorflow is installed")
    for backend in others:
        assert two_steps(backend, tmp_path) == pytest.approx(first, rel=0.05)
