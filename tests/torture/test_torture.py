"""A short torture; `make torture` is the long one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("torture.py")
KILLS = "10"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_whatever_is_acknowledged_survives_sigkill_and_nothing_else_does(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, PROGRAM, KILLS, tmp_path],
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "gallery check is clean" in run.stdout
