"""Store a face of a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gallery.domain.face import FaceChoice
from gallery.domain.identity import FaceSummary, Identity, NewFace, PersonName
from gallery.errors import InvalidValue, PhotoAlreadyEnrolled
from gallery.services.identities import existing
from gallery.services.recognise import Probe, Recognise
from gallery.services.which_photo import which_photo
from gallery.store.unit_of_work import UnitsOfWork, WriteUnit


@dataclass(frozen=True, eq=False)
class Enrollment:
    """A stored face; the identity's face_count includes it."""

    identity: Identity
    face: FaceSummary
    probe: Probe


@dataclass(frozen=True)
class Enroll:
    """Store faces; the slow work on the photo is done before the transaction opens."""

    units: UnitsOfWork
    recognise: Recognise

    def __call__(
        self, identity_id: int, photo: bytes, choice: FaceChoice = FaceChoice.ONLY
    ) -> Enrollment:
        """Refuses with IdentityNotFound, PhotoAlreadyEnrolled and PhotoRejected."""
        with self.units.read() as unit:
            existing(unit, identity_id)
        probe = self.recognise(photo, choice)
        with self.units.write() as unit:
            identity = existing(unit, identity_id)
            face = _store(unit, identity, probe, "this photo")
            identity = existing(unit, identity_id)
            unit.commit()
        return Enrollment(identity, face, probe)

    def by_name(
        self, name: str, photos: Sequence[bytes], choice: FaceChoice = FaceChoice.ONLY
    ) -> tuple[Enrollment, ...]:
        """Store all photos or none; the person is created when new.

        Refuses with InvalidName, InvalidValue (no photo), PhotoAlreadyEnrolled and PhotoRejected;
        with several photos the message says which one: "photo 2: ...".
        """
        person = PersonName.parse(name)
        if not photos:
            raise InvalidValue("0 photos were given; 1 or more are needed")
        probes = [
            self._recognise_one_of(photos, number, choice) for number in range(1, len(photos) + 1)
        ]
        with self.units.write() as unit:
            identity = unit.identities.by_name(person) or unit.identities.add(person)
            several = len(probes) > 1
            faces = [
                _store(unit, identity, probe, f"photo {number}" if several else "this photo")
                for number, probe in enumerate(probes, start=1)
            ]
            identity = existing(unit, identity.id)
            unit.commit()
        return tuple(
            Enrollment(identity, face, probe) for face, probe in zip(faces, probes, strict=True)
        )

    def _recognise_one_of(self, photos: Sequence[bytes], number: int, choice: FaceChoice) -> Probe:
        if len(photos) == 1:
            return self.recognise(photos[0], choice)
        with which_photo(f"photo {number}"):
            return self.recognise(photos[number - 1], choice)


def _store(unit: WriteUnit, identity: Identity, probe: Probe, which: str) -> FaceSummary:
    if unit.faces.holds_photo(identity.id, probe.photo_sha256):
        raise PhotoAlreadyEnrolled(
            f"{which} is already enrolled for {identity.name}; use another photo"
        )
    return unit.faces.add(
        identity.id,
        NewFace(
            embedding=probe.embedding,
            crop=probe.crop,
            quality=probe.quality,
            detector=probe.detector,
            photo_sha256=probe.photo_sha256,
        ),
    )
