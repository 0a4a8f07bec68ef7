"""The command line starts fast, and imports only what the command at hand needs."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

GALLERY = str(Path(sys.executable).with_name("gallery"))
SAMPLES = Path(__file__).parents[2] / "data" / "samples"
HEAVY = {
    "tensorflow",
    "keras",
    "sklearn",
    "matplotlib",
    "cv2",
    "PIL",
    "faiss",
    "ai_edge_litert",
    "sqlalchemy",
    "alembic",
    "flask",
    "numpy",
}
OFFLINE = {"tensorflow", "keras", "sklearn", "matplotlib"}
PEER = ("-c", "import numpy, sqlalchemy.orm")
"""What any program with arrays and a database pays before its first line: the measure here."""


@pytest.fixture(autouse=True)
def _own_gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_DATABASE_URL", f"sqlite:///{tmp_path}/gallery.db")


def imported_by(*arguments: str) -> set[str]:
    """Top-level modules that are loaded when a command has ended."""
    program = (
        "import sys\n"
        "from cli.main import app\n"
        "try:\n"
        "    app(sys.argv[1:])\n"
        "finally:\n"
        "    print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True
    )
    assert run.returncode in (0, 1), run.stderr
    return set(run.stderr.splitlines()[-1].split())


def cpu_seconds(*command: str) -> float:
    """User and system time of a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(command, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run.returncode in (0, 1), run.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def times_the_peer(*arguments: str) -> float:
    """CPU time of the installed program over that of importing `PEER`, the least of five each."""
    runs = [
        (cpu_seconds(GALLERY, *arguments), cpu_seconds(sys.executable, *PEER)) for _ in range(5)
    ]
    ours, theirs = zip(*runs, strict=True)
    return min(ours) / min(theirs)


@pytest.fixture
def photos() -> tuple[str, str]:
    found = sorted(str(photo) for photo in SAMPLES.glob("*/1.jpg"))
    if len(found) < 2:
        pytest.skip("data/samples is missing; `make samples` draws it")
    return found[0], found[1]


def test_help_imports_nothing_heavy() -> None:
    assert not imported_by("--help") & HEAVY


@pytest.mark.parametrize(
    "command", ["compare", "enroll", "serve", "train", "evaluate", "demo", "keys"]
)
def test_help_of_a_command_imports_nothing_heavy(command: str) -> None:
    assert not imported_by(command, "--help") & HEAVY


def test_the_list_imports_no_recognition() -> None:
    imported_by("list")  # the first makes the database, with Alembic
    assert not imported_by("list") & (HEAVY - {"sqlalchemy", "numpy"})


def test_models_are_told_without_a_runtime() -> None:
    assert not imported_by("models", "card") & HEAVY


def test_a_comparison_imports_no_database_and_nothing_of_training(photos: tuple[str, str]) -> None:
    unneeded = OFFLINE | {"sqlalchemy", "alembic", "faiss", "flask"}
    assert not imported_by("compare", *photos) & unneeded


def test_an_identification_imports_nothing_of_training(photos: tuple[str, str]) -> None:
    assert not imported_by("identify", photos[0]) & OFFLINE


def test_help_costs_less_than_importing_numpy_and_sqlalchemy() -> None:
    assert times_the_peer("--help") < 1


def test_the_list_costs_less_than_twice_that() -> None:
    assert times_the_peer("list") < 2


def test_a_cold_comparison_costs_less_than_twice_that(photos: tuple[str, str]) -> None:
    assert times_the_peer("compare", *photos) < 2
