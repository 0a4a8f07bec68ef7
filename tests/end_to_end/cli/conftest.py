"""The installed `gallery`, run as a user runs it: another process, its own home and database."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.executable).with_name("gallery")
SAMPLES = Path(__file__).parents[3] / "data" / "samples"


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def refusal(self) -> dict[str, str]:
        """The one error on standard error."""
        error: dict[str, str] = json.loads(self.err)["error"]
        return error


@dataclass(frozen=True)
class Gallery:
    """The program with a database of its own."""

    home: Path

    @property
    def database(self) -> Path:
        return self.home / "gallery.db"

    def environment(self, **more: str) -> dict[str, str]:
        names = ("PATH", "LANG", "LC_ALL", "PYTHONPATH")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        place = {"HOME": str(self.home), "GALLERY_DATABASE_URL": f"sqlite:///{self.database}"}
        return {**kept, **place, **more}

    def __call__(self, *arguments: str | Path, stdin: bytes = b"", **environment: str) -> Outcome:
        run = subprocess.run(
            [PROGRAM, *arguments],
            input=stdin,
            capture_output=True,
            env=self.environment(**environment),
            timeout=120,
        )
        return Outcome(run.returncode, run.stdout.decode(), run.stderr.decode())

    def redirected(self, how: str, *arguments: str | Path) -> Outcome:
        """The command with the shell's redirections after it, as ">&-"."""
        run = subprocess.run(
            ["sh", "-c", f'exec "$0" "$@" {how}', PROGRAM, *arguments],
            capture_output=True,
            env=self.environment(),
            timeout=120,
        )
        return Outcome(run.returncode, run.stdout.decode(), run.stderr.decode())

    def start(self, *arguments: str | Path, **options: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [PROGRAM, *arguments],
            env=self.environment(),
            preexec_fn=_heed_ctrl_c,
            **options,
        )


def _heed_ctrl_c() -> None:
    """A test run in the background inherits that Ctrl-C is ignored; the program shall not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(frozen=True)
class Person:
    """A sample person: a folder with 1.jpg to 4.jpg."""

    folder: Path

    def __getitem__(self, number: int) -> Path:
        return self.folder / f"{number}.jpg"


@pytest.fixture(scope="session")
def people() -> list[Person]:
    """The sample people, by name."""
    folders = sorted(photo.parent for photo in SAMPLES.glob("*/4.jpg"))
    if not folders:
        pytest.skip("data/samples is missing; `make samples` draws it")
    return [Person(folder) for folder in folders]


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    """An empty gallery."""
    return Gallery(tmp_path)


@pytest.fixture(scope="session")
def _enrolled_once(people: list[Person], tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    gallery = Gallery(tmp_path_factory.mktemp("enrolled"))
    for name, person in zip(("Ada", "Bo", "Cleo"), people, strict=False):
        outcome = gallery("enroll", name, person[1], person[2], person[3])
        assert (outcome.code, outcome.err) == (0, "")
    return gallery


@pytest.fixture
def enrolled(_enrolled_once: Gallery, tmp_path: Path) -> Gallery:
    """Ada, Bo and Cleo (the first three sample people), three faces each: a copy to spoil."""
    for file in _enrolled_once.home.glob("gallery.db*"):
        shutil.copy(file, tmp_path)
    return Gallery(tmp_path)


@pytest.fixture
def black(tmp_path: Path) -> Path:
    """A photo without a face."""
    from PIL import Image

    Image.new("RGB", (200, 200)).save(tmp_path / "black.png")
    return tmp_path / "black.png"
