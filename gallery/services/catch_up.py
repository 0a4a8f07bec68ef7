"""Bring the index up to the database: the database is the truth, the index a cache."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from gallery.errors import SnapshotUnusable
from gallery.index import snapshot
from gallery.index.base import Changes, Index
from gallery.services.one_model import refuse_other_models
from gallery.services.watch import UNWATCHED, Watch
from gallery.store.unit_of_work import ReadUnit, UnitsOfWork

log = logging.getLogger(__name__)


class LiveIndex:
    """The index of this process; it sees every commit of every process when caught up.

    make: gives an empty index, called at the first search. snapshot_path: a file to start from
    where it is usable; None for none. Faces of another model than model_id are never in it.

    Whether an index (or a snapshot) belongs to this database is told by the revision it holds and
    the random token of that change: see `FaceChangeColumns`. One that does not, since an older
    copy of the database was restored, is thrown away.
    """

    def __init__(
        self,
        units: UnitsOfWork,
        model_id: str,
        make: Callable[[], Index],
        snapshot_path: Path | None = None,
        watch: Watch = UNWATCHED,
    ) -> None:
        self._units = units
        self._model_id = model_id
        self._make = make
        self._snapshot_path = snapshot_path
        self._watch = watch
        self._index: Index | None = None
        self._catching_up = threading.Lock()

    @property
    def revision(self) -> int:
        """The last revision that the index holds; 0 before the first search."""
        return 0 if self._index is None else self._index.revision

    def caught_up(self) -> Index:
        """The index, holding at least all that was committed before this call.

        Nobody waits where there is nothing to catch up with. Otherwise the lock is taken before
        the transaction opens, so that no thread looks at an older state than the index already
        holds. Refuses with ModelMismatch while there are faces of another model.
        """
        index = self._index
        if index is not None:
            with self._units.read() as unit:
                refuse_other_models(unit, self._model_id)
                if _is_level(unit, index):
                    return index
        with self._catching_up, self._units.read() as unit:
            refuse_other_models(unit, self._model_id)
            index = self._from_snapshot(unit) if self._index is None else self._index
            if index is None or not _belongs(unit, index):
                index = self._make()
            catch_up(unit, index, self._model_id)
            self._index = index
            self._watch.index_at(index.revision)
            return index

    def save_snapshot(self) -> snapshot.SnapshotInfo:
        """Write the caught-up index, its structure built, to the snapshot file.

        Refuses with SnapshotUnusable where the file cannot be written.
        """
        if self._snapshot_path is None:
            raise SnapshotUnusable("no place is given for a snapshot of the index")
        index = self.caught_up()
        index.settle()
        snapshot.write(self._snapshot_path, index, self._model_id)
        return snapshot.inspect(self._snapshot_path)

    def refresh_snapshot(self, most_behind: int) -> snapshot.SnapshotInfo | None:
        """As `save_snapshot`, but None where fewer changes than `most_behind` are missing in it."""
        if self.caught_up().revision - self._snapshot_revision() < most_behind:
            return None
        return self.save_snapshot()

    def _snapshot_revision(self) -> int:
        """0 where there is no snapshot that can be used."""
        if self._snapshot_path is None or not self._snapshot_path.exists():
            return 0
        try:
            held = snapshot.inspect(self._snapshot_path)
        except SnapshotUnusable:
            return 0
        with self._units.read() as unit:
            ours = unit.vectors.token_of(held.revision) == held.token
        return held.revision if ours and held.model_id == self._model_id else 0

    def _from_snapshot(self, unit: ReadUnit) -> Index | None:
        if self._snapshot_path is None or not self._snapshot_path.exists():
            return None
        try:
            index = snapshot.load(self._snapshot_path, self._model_id, self._make())
        except SnapshotUnusable as reason:
            log.warning("the index is built from the database: %s", reason.message)
            return None
        if _belongs(unit, index):
            return index
        log.warning(
            "the index is built from the database: its snapshot holds other changes up to "
            "revision %d than the database, as after a restore",
            index.revision,
        )
        return None


def catch_up(unit: ReadUnit, index: Index, model_id: str) -> None:
    """Apply what was committed after the index's revision; the work grows with the changes only."""
    revision = unit.vectors.last_revision()
    if revision == index.revision:
        return
    if index.revision == 0:
        faces = unit.vectors.vectors_of_model(model_id)
        removed = faces.face_ids[:0]
    else:
        faces, removed = unit.vectors.changed_since(index.revision, model_id)
    index.apply(
        Changes(
            revision=revision,
            face_ids=faces.face_ids,
            identity_ids=faces.identity_ids,
            vectors=faces.vectors,
            removed=removed,
            token=unit.vectors.token_of(revision) or 0,
        )
    )


def _belongs(unit: ReadUnit, index: Index) -> bool:
    """Whether all that the index holds happened in this database too."""
    revision, token = index.mark
    return unit.vectors.token_of(revision) == token


def _is_level(unit: ReadUnit, index: Index) -> bool:
    """Whether the index holds all that the database does at this moment, and nothing else."""
    revision, token = index.mark
    return unit.vectors.last_revision() == revision and unit.vectors.token_of(revision) == token
