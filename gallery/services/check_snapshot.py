"""Does the index snapshot on disk hold what the database holds?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gallery.errors import SnapshotUnusable
from gallery.index import snapshot
from gallery.index.base import Index
from gallery.services.catch_up import catch_up
from gallery.services.health import Finding, SnapshotState, Trouble, about
from gallery.store.unit_of_work import ReadUnit, UnitsOfWork


@dataclass(frozen=True)
class SnapshotCheck:
    """No snapshot is no fault, and neither is one that is behind: it is caught up when read.

    file: where the snapshot is. make: gives an empty index.
    """

    units: UnitsOfWork
    model_id: str
    file: Path
    make: Callable[[], Index]

    @property
    def path(self) -> str:
        return str(self.file)

    def __call__(self, vectors_whole: bool) -> tuple[SnapshotState, tuple[Finding, ...]]:
        """What the header says, and what is wrong; vectors that are not whole are not compared."""
        if not self.file.exists() and not self.file.is_symlink():
            return SnapshotState(self.path, present=False), ()
        try:
            info = snapshot.inspect(self.file)
            state = SnapshotState(self.path, True, info.revision, info.faces, info.structure)
        except SnapshotUnusable as refusal:
            found = about(Trouble.SNAPSHOT_UNUSABLE, refusal.message)
            return SnapshotState(self.path, present=True), (found,)
        try:
            index = snapshot.load(self.file, self.model_id, self.make())
        except SnapshotUnusable as refusal:
            return state, (about(Trouble.SNAPSHOT_UNUSABLE, refusal.message),)
        if not vectors_whole:
            return state, ()
        with self.units.read() as unit:
            return state, self._compare(unit, index)

    def rebuild(self) -> None:
        """Write it anew from the database alone."""
        index = self.make()
        with self.units.read() as unit:
            catch_up(unit, index, self.model_id)
        index.settle()
        snapshot.write(self.file, index, self.model_id)

    def _compare(self, unit: ReadUnit, index: Index) -> tuple[Finding, ...]:
        """Both at one moment: what was committed since the snapshot is applied to it first."""
        revision = unit.vectors.last_revision()
        if index.revision > revision:
            detail = (
                f"it is at revision {index.revision}, the database at {revision}, "
                "as after an older copy was restored"
            )
            return (about(Trouble.SNAPSHOT_AHEAD, detail),)
        if unit.vectors.token_of(index.revision) != index.mark[1]:
            detail = f"it holds other changes up to revision {index.revision}, as after a restore"
            return (about(Trouble.SNAPSHOT_DIFFERS, detail),)
        catch_up(unit, index, self.model_id)
        stored = unit.vectors.vectors_of_model(self.model_id)
        contents = index.contents()
        rows = ~contents.gone
        face_ids, identity_ids = contents.face_ids[rows], contents.identity_ids[rows]
        differences = (
            (len(np.setdiff1d(stored.face_ids, face_ids)), "missing from it"),
            (len(np.setdiff1d(face_ids, stored.face_ids)), "in it that are not stored"),
        )
        told = [f"{_faces(count)} {where}" for count, where in differences if count]
        _, here, there = np.intersect1d(stored.face_ids, face_ids, return_indices=True)
        owners = int((stored.identity_ids[here] != identity_ids[there]).sum())
        vectors = int((stored.vectors[here] != contents.vectors[rows][there]).any(axis=1).sum())
        if owners:
            told.append(f"{_faces(owners)} of another person")
        if vectors:
            told.append(f"{_faces(vectors)} with another vector")
        if not told:
            return ()
        return (about(Trouble.SNAPSHOT_DIFFERS, ", ".join(told)),)


def _faces(count: int) -> str:
    return "1 face" if count == 1 else f"{count} faces"
