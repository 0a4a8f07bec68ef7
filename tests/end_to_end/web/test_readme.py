"""The README's lines of `curl` and of Python, run as they stand on a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ADDRESS = "http://127.0.0.1:8000"
README = (ROOT / "README.md").read_text()
LINES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if "curl " in line and "$G/" in line
]


@pytest.fixture
def folder(photo, tmp_path):
    """The photos that the lines name: two of one person, one of another."""
    for name, (person, number) in {
        "one.jpg": (0, 0),
        "other.jpg": (0, 1),
        "third.jpg": (1, 0),
        "ada.jpg": (0, 0),
        "probe.jpg": (0, 1),
    }.items():
        shutil.copy(photo(person, number), tmp_path / name)
    return tmp_path


def test_each_line_of_curl_succeeds_in_turn(start, folder):
    server = start(folder)
    for line in LINES:
        line = line.replace("curl ", "curl -sS --fail-with-body ")
        run = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=folder,
            env={**os.environ, "G": server.url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert run.returncode == 0, (line, run.stdout, run.stderr)
    assert (folder / "crop.png").read_bytes().startswith(b"\x89PNG")


def test_there_is_a_line_for_each_endpoint(server):
    _, spec = server.ask("GET", "/openapi.json")
    told = {call(line) for line in LINES}
    for path, methods in spec["paths"].items():
        pattern = re.sub(r"\{\w+\}", "1", path)
        for method in methods:
            assert (method.upper(), pattern) in told, (method, path)


def call(line: str) -> tuple[str, str]:
    """Method and path of a line of curl; its comment may hold anything."""
    line = line.partition("  #")[0]
    method = re.search(r"-X (\w+)", line)
    path = re.search(r"\$G([^\s\"?]*)", line)
    assert path is not None
    sends = " -F " in line or " --json " in line
    return method[1] if method else "POST" if sends else "GET", path[1]


def test_the_lines_of_python_run(start, folder):
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    server = start(folder)
    run = subprocess.run(
        [sys.executable, "-c", code.replace(ADDRESS, server.url)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, "True\n"), run.stderr
