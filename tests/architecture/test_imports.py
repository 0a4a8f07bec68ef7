"""Dependencies point one way, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ("tensorflow", "keras", "faiss", "cv2", "PIL", "ai_edge_litert", "sqlalchemy", "alembic")
CONSTRUCT = """
import sys
from gallery.bootstrap import Services
from gallery.settings import Settings
Services(Settings(sys.argv[1]))
"""
LIST = CONSTRUCT + "Services(Settings(sys.argv[1])).identities.list()\n"
SHOW = f"print(*[name for name in {HEAVY} if name in sys.modules])"


def loaded(code: str, database: Path) -> set[str]:
    """The heavy packages that a fresh Python has loaded after running the code."""
    done = subprocess.run(
        [sys.executable, "-c", code + SHOW, f"sqlite:///{database}"],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return set(done.stdout.split())


def test_dependencies_point_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_wiring_the_services_loads_and_creates_nothing(tmp_path: Path) -> None:
    database = tmp_path / "folder" / "gallery.db"
    assert loaded(CONSTRUCT, database) == set()
    assert not database.parent.exists()


def test_listing_people_loads_no_network_no_index_and_no_picture_library(tmp_path: Path) -> None:
    database = tmp_path / "gallery.db"
    loaded(LIST, database)
    assert loaded(LIST, database) == {"sqlalchemy"}
