"""The index on disk: makes a start fast, and is never needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gallery.index.base import Index


@dataclass(frozen=True)
class SnapshotInfo:
    """What the header of a snapshot says; token is that of the newest change it holds."""

    revision: int
    model_id: str
    faces: int
    structure: str
    token: int = 0


def write(path: Path, index: Index, model_id: str) -> None:
    """Write the index beside the path (mode 0600), make it durable, then put it in place."""
    raise NotImplementedError


def inspect(path: Path) -> SnapshotInfo:
    """Read the whole file and check it; SnapshotUnusable for anything wrong with it."""
    raise NotImplementedError


def load(path: Path, model_id: str) -> Index:
    """The index as it was written; SnapshotUnusable also when it is of another model."""
    raise NotImplementedError
