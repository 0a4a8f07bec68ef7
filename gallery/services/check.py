"""Do database, index snapshot and crops agree? And if not, make them: the database is the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gallery.embedder.base import Embedder
from gallery.errors import DatabaseDamaged
from gallery.progress import Progress
from gallery.services.check_faces import (
    BATCH,
    FaceTroubles,
    check_faces,
    crop_is_intact,
    with_names,
)
from gallery.services.check_snapshot import SnapshotCheck
from gallery.services.health import (
    Finding,
    Health,
    SnapshotState,
    Trouble,
    about,
    about_faces,
)
from gallery.store.unit_of_work import ReadUnit, UnitsOfWork


@dataclass(frozen=True)
class Check:
    """Look at everything that is stored; searches nothing and changes nothing but in `repair`."""

    units: UnitsOfWork
    embedder: Embedder
    snapshot: SnapshotCheck

    def __call__(self, progress: Progress, crops: int | None = None) -> Health:
        """crops: how many faces to embed anew from their crops, drawn at random; None: all."""
        return self._look(progress, crops)[0]

    def repair(self, progress: Progress, crops: int | None = None) -> Health:
        """Mend what can be mended without guessing, and look again.

        Missing changes are logged, damaged vectors are made anew from their undamaged crops, the
        snapshot is written anew unless a vector stays damaged. Nobody and no face is ever removed.
        """
        before, troubles = self._look(progress, crops)
        if not any(finding.trouble.repairable for finding in before.findings):
            return before
        self._repair_log(before.findings)
        self._repair_vectors(troubles)
        if before.snapshot.present and troubles.vectors_mendable:
            self.snapshot.rebuild()
        after, _ = self._look(progress, crops)
        left = {
            (finding.trouble, face_id) for finding in after.findings for face_id in _of(finding)
        }
        repaired = tuple(
            finding
            for finding in before.findings
            if not any((finding.trouble, face_id) in left for face_id in _of(finding))
        )
        return replace(after, repaired=repaired)

    def _look(self, progress: Progress, crops: int | None) -> tuple[Health, FaceTroubles]:
        model_id = self.embedder.model_id
        if damage := self._structural_damage():
            return _beyond_looking(model_id, damage, self.snapshot.path), FaceTroubles()
        with self.units.read() as unit:
            health = Health(
                model_id=model_id,
                revision=unit.vectors.last_revision(),
                people=unit.identities.count(),
                faces=unit.faces.count(),
                changes=unit.inspection.changes(),
                crops_compared=0,
                snapshot=SnapshotState(self.snapshot.path, present=False),
                findings=_references_and_log(unit),
            )
        troubles = check_faces(self.units, self.embedder, crops, progress)
        state, findings = self.snapshot(troubles.vectors_whole)
        return (
            replace(
                health,
                crops_compared=troubles.compared,
                snapshot=state,
                findings=with_names(health.findings + troubles.findings() + findings, self.units),
            ),
            troubles,
        )

    def _structural_damage(self) -> tuple[str, ...]:
        try:
            with self.units.read() as unit:
                return unit.inspection.structural_damage()
        except DatabaseDamaged:  # SQLite could not even read it to the end
            return ("it cannot be read to the end",)

    def _repair_log(self, findings: tuple[Finding, ...]) -> None:
        if not {finding.trouble.part for finding in findings} & {Trouble.FACE_NOT_LOGGED.part}:
            return
        with self.units.write() as unit:
            unit.inspection.mend_counters()
            unit.inspection.log_as_they_are(
                came=unit.inspection.faces_never_logged(),
                gone=unit.inspection.faces_gone_without_a_trace(),
            )
            unit.commit()

    def _repair_vectors(self, troubles: FaceTroubles) -> None:
        """A face that changed since it was looked at is looked at again before it is replaced."""
        for start in range(0, len(troubles.repairable), BATCH):
            ids = troubles.repairable[start : start + BATCH]
            with self.units.read() as unit:
                faces = [face for face in unit.inspection.raw_faces(ids) if crop_is_intact(face)]
            made = self.embedder.embed([face.crop for face in faces if face.crop is not None])
            with self.units.write() as unit:
                for face, embedding in zip(faces, made, strict=True):
                    unit.vectors.replace_embedding(face.face_id, embedding)
                unit.commit()


def _of(finding: Finding) -> tuple[int, ...]:
    """The faces of a finding; one that is about no face counts as one thing."""
    return finding.face_ids or (0,)


def _references_and_log(unit: ReadUnit) -> tuple[Finding, ...]:
    looks: tuple[tuple[Trouble, Callable[[], tuple[int, ...]]], ...] = (
        (Trouble.FACE_WITHOUT_PERSON, unit.inspection.faces_without_person),
        (Trouble.FACE_NOT_LOGGED, unit.inspection.faces_never_logged),
        (Trouble.FACE_LOGGED_AS_REMOVED, unit.inspection.faces_logged_as_removed),
        (Trouble.FACE_GONE_UNLOGGED, unit.inspection.faces_gone_without_a_trace),
        (Trouble.ID_USED_AGAIN, unit.inspection.ids_used_again),
    )
    found = tuple(finding for trouble, look in looks for finding in about_faces(trouble, look()))
    if unit.inspection.counters_behind():
        found += (about(Trouble.ID_COUNTER_BEHIND, "a counter of the database was set back"),)
    return found


def _beyond_looking(model_id: str, damage: tuple[str, ...], path: str) -> Health:
    finding = about(Trouble.DATABASE_DAMAGED, f"{damage[0]}; nothing else was looked at")
    state = SnapshotState(path, present=False)
    return Health(model_id, 0, 0, 0, 0, 0, state, (finding,))
