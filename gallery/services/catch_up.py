"""Bring the index up to the database: the database is the truth, the index a cache."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from gallery.errors import ModelMismatch, SnapshotUnusable
from gallery.index import snapshot
from gallery.index.base import Changes, Index
from gallery.store.unit_of_work import ReadUnit, UnitsOfWork

_log = logging.getLogger(__name__)


class LiveIndex:
    """The index of this process; it sees every commit of every process when caught up.

    make: gives an empty index, called at the first search. Faces of another model than model_id
    are never in it.
    """

    def __init__(
        self,
        units: UnitsOfWork,
        model_id: str,
        make: Callable[[], Index],
        snapshot_file: Path | None = None,
    ) -> None:
        self._units = units
        self._model_id = model_id
        self._make = make
        self._snapshot_file = snapshot_file
        self._index: Index | None = None
        self._catching_up = threading.Lock()

    @property
    def revision(self) -> int:
        """The last revision that the index holds; 0 before the first search."""
        return 0 if self._index is None else self._index.revision

    def caught_up(self) -> Index:
        """The index, holding at least all that was committed before this call.

        The lock is taken before the transaction opens, so that no thread looks at an older state
        than the index already holds. An index ahead of its database (an older copy was restored)
        is thrown away. Refuses with ModelMismatch while there are faces of another model.
        """
        with self._catching_up, self._units.read() as unit:
            if unit.vectors.any_of_other_models(self._model_id):
                raise ModelMismatch(
                    f"some stored faces come from another model than {self._model_id}; "
                    "run `gallery reembed`"
                )
            if self._index is None:
                self._index = self._from_snapshot()
            if self._index.revision > unit.vectors.last_revision():
                self._index = self._make()
            catch_up(unit, self._index, self._model_id)
            return self._index

    def save_snapshot(self) -> None:
        """Write the caught-up index to disk. Refuses with ModelMismatch and SnapshotNotWritten."""
        if self._snapshot_file is None:
            return
        snapshot.write(self._snapshot_file, self.caught_up(), self._model_id)

    def _from_snapshot(self) -> Index:
        """What the snapshot holds when it can be used, else an empty index."""
        if self._snapshot_file is None or not self._snapshot_file.exists():
            return self._make()
        try:
            return snapshot.load(self._snapshot_file, self._model_id)
        except SnapshotUnusable as refusal:
            _log.warning("the index snapshot is not used: %s", refusal.message)
            return self._make()


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
        )
    )
