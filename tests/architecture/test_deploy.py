"""The container file and the systemd unit, as far as they can be checked without running them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"
UNIT = ROOT / "deploy" / "gallery.service"
BIN = Path(sys.executable).parent
MOST_EXPOSURE = 20  # in tenths, of systemd's 0 (safe) to 10


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def lint(file: Path) -> subprocess.CompletedProcess[str]:
    if not (BIN / "hadolint").exists():
        pytest.skip("no hadolint for this machine")
    return run(BIN / "hadolint", file)


def test_hadolint_has_nothing_to_say(tmp_path: Path) -> None:
    checked = lint(DOCKERFILE)
    assert checked.returncode == 0, checked.stdout
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN sudo pip install flask\n")
    assert lint(tmp_path / "Dockerfile").returncode != 0


def test_the_image_runs_without_rights_and_without_tensorflow() -> None:
    stages = DOCKERFILE.read_text().split("\nFROM ")
    assert re.search(r"^USER [1-9][0-9]*$", stages[-1], re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE.read_text()
    assert not re.search("^tensorflow", (ROOT / "requirements.lock").read_text(), re.MULTILINE)


def test_what_is_copied_into_the_image_is_there_and_not_ignored() -> None:
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE.read_text(), re.MULTILINE)
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    assert sources == set(allowed)
    assert all((ROOT / source).exists() for source in sources)


@pytest.fixture
def systemd_analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("no systemd-analyze on this machine")
    return found


def test_systemd_understands_the_unit(systemd_analyze: str, tmp_path: Path) -> None:
    unit = tmp_path / "gallery.service"
    unit.write_text(UNIT.read_text().replace("/opt/gallery/bin/gallery", str(BIN / "gallery")))
    checked = run(systemd_analyze, "verify", unit)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_unit_gives_the_service_little_to_break(systemd_analyze: str) -> None:
    threshold = f"--threshold={MOST_EXPOSURE}"
    checked = run(systemd_analyze, "security", "--offline=true", threshold, UNIT)
    assert checked.returncode == 0, checked.stdout[-200:] + checked.stderr


@pytest.mark.parametrize("file", [DOCKERFILE, UNIT])
def test_the_command_that_is_started_exists(file: Path) -> None:
    from typer.testing import CliRunner

    from cli.main import app

    options = set(re.findall(r"(--(?:host|port|workers|threads))", file.read_text()))
    helped = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200"})
    assert all(option in helped.output for option in options)
    assert options
