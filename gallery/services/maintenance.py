"""What the operator looks after: the state of the gallery, and a change of model."""

from __future__ import annotations

from dataclasses import dataclass

from gallery.embedder.base import Embedder
from gallery.index.snapshot import SnapshotInfo
from gallery.progress import Progress
from gallery.services.catch_up import LiveIndex
from gallery.services.check_faces import crop_is_intact, with_names
from gallery.services.health import Finding, Trouble, about_faces
from gallery.store.unit_of_work import UnitsOfWork

BATCH = 256
WORTH_A_SNAPSHOT = 10_000
"""Changes that a start would have to read from the database; a tenth of a second's work."""


@dataclass(frozen=True)
class Status:
    """Revisions count changes to faces; index_revision is 0 until this process has searched."""

    model_id: str
    database_revision: int
    index_revision: int
    people: int
    faces: int
    faces_of_other_models: int


@dataclass(frozen=True)
class Reembedded:
    """How many faces were computed anew, and what kept the others from it."""

    faces: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Maintenance:
    """Status of the gallery, and new embeddings from the stored crops."""

    units: UnitsOfWork
    embedder: Embedder
    index: LiveIndex

    def status(self) -> Status:
        """Counts of one moment; searches nothing."""
        with self.units.read() as unit:
            return Status(
                model_id=self.embedder.model_id,
                database_revision=unit.vectors.last_revision(),
                index_revision=self.index.revision,
                people=unit.identities.count(),
                faces=unit.faces.count(),
                faces_of_other_models=unit.vectors.count_of_other_models(self.embedder.model_id),
            )

    def snapshot(self) -> SnapshotInfo:
        """Write the index down, for a fast start. Refuses with SnapshotUnusable."""
        return self.index.save_snapshot()

    def refresh_snapshot(self, most_behind: int = WORTH_A_SNAPSHOT) -> SnapshotInfo | None:
        """Write the index down where that saves a start much work; None where it would not."""
        return self.index.refresh_snapshot(most_behind)

    def reembed(self, progress: Progress) -> Reembedded:
        """Embed the faces of other models anew from their crops.

        A damaged crop would make a vector that is quietly wrong, so its face is left as it is and
        told. Each batch commits by itself, so an interrupted run goes on where it stopped.
        """
        model_id = self.embedder.model_id
        with self.units.read() as unit:
            total = unit.vectors.count_of_other_models(model_id)
        done = last_id = 0
        damaged: list[int] = []
        while True:
            with self.units.read() as unit:
                ids = unit.vectors.faces_of_other_models(model_id, after=last_id, limit=BATCH)
                faces = unit.inspection.raw_faces(ids)
            if not ids:
                left = about_faces(Trouble.CROP_DAMAGED, damaged)
                return Reembedded(done, with_names(left, self.units))
            crops = {
                face.face_id: face.crop
                for face in faces
                if face.crop is not None and crop_is_intact(face)
            }
            damaged += [face_id for face_id in ids if face_id not in crops]
            embeddings = self.embedder.embed(list(crops.values()))
            with self.units.write() as unit:
                for face_id, embedding in zip(crops, embeddings, strict=True):
                    done += unit.vectors.replace_embedding(face_id, embedding)
                unit.commit()
            last_id = ids[-1]
            progress(done, max(total, done))
