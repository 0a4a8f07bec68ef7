"""Is this photo that person? (1:1)"""

from __future__ import annotations

from dataclasses import dataclass

from gallery.domain.decision import Decision, Threshold, decide
from gallery.domain.embedding import distances_to
from gallery.domain.face import FaceChoice
from gallery.domain.identity import Identity
from gallery.errors import ModelMismatch, NothingEnrolled
from gallery.services.identities import existing
from gallery.services.recognise import Probe, Recognise
from gallery.store.unit_of_work import UnitsOfWork


@dataclass(frozen=True, eq=False)
class Verification:
    """The verdict on a claim; face_id is the person's nearest stored face."""

    decision: Decision
    identity: Identity
    face_id: int
    probe: Probe


@dataclass(frozen=True)
class Verify:
    """Decide whether a photo shows a stored person, by the nearest of the person's faces."""

    units: UnitsOfWork
    recognise: Recognise
    threshold: Threshold

    def __call__(
        self, identity_id: int, photo: bytes, choice: FaceChoice = FaceChoice.ONLY
    ) -> Verification:
        """Refuses with IdentityNotFound, NothingEnrolled, ModelMismatch and PhotoRejected."""
        with self.units.read() as unit:
            _refuse_without_faces(existing(unit, identity_id))
        probe = self.recognise(photo, choice)
        model_id = probe.embedding.model_id
        with self.units.read() as unit:
            identity = existing(unit, identity_id)
            faces = unit.vectors.vectors_of(identity_id)
        _refuse_without_faces(identity)
        if set(faces.model_ids) != {model_id}:
            raise ModelMismatch(
                f"the stored faces of this person come from another model than {model_id}; "
                "run `gallery reembed`"
            )
        distances = distances_to(probe.embedding.vector, faces.vectors)
        nearest = int(distances.argmin())
        decision = decide(float(distances[nearest]), self.threshold, model_id)
        return Verification(decision, identity, int(faces.face_ids[nearest]), probe)


def _refuse_without_faces(identity: Identity) -> None:
    if identity.face_count == 0:
        raise NothingEnrolled("this person has 0 enrolled faces; 1 is needed. Enroll a photo first")
