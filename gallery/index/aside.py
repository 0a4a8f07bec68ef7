"""Replace a file whole: written beside, made durable, renamed; and what a kill left is cleared."""

from __future__ import annotations

import glob
import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

if sys.platform != "win32":  # where there is no such lock, and nothing is cleared
    import fcntl

SUFFIX = ".aside"


def put_in_place(path: Path, parts: Iterable[memoryview]) -> None:
    """The parts become the file (mode 0600), and stay it after a loss of power."""
    _clear_orphans(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".", suffix=SUFFIX)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            if sys.platform != "win32":
                fcntl.flock(file, fcntl.LOCK_EX)
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
            aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _clear_orphans(path: Path) -> None:
    """Remove what killed writers left; a living one holds a lock on its file."""
    if sys.platform == "win32":
        return
    for orphan in path.parent.glob(f"{glob.escape(path.name)}.*{SUFFIX}"):
        with suppress(OSError), orphan.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file.fileno()), orphan.stat()):
                orphan.unlink()
