"""A short attack on a real server; `make hostile` is the long one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("attack.py")


def test_hostile_uploads_are_read_rightly_or_refused_in_words_and_cost_little_memory(
    tmp_path: Path,
) -> None:
    run = subprocess.run(
        [sys.executable, PROGRAM, "--folder", tmp_path], capture_output=True, text=True, timeout=280
    )
    assert run.returncode == 0, run.stdout + run.stderr
    uploads = int(run.stdout.split()[0])
    assert uploads >= 300
