"""A short fuzzing of the API; `make fuzz` is the long one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_no_request_breaks_the_server_or_the_contract(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, Path(__file__).with_name("fuzz.py"), "200", tmp_path],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
