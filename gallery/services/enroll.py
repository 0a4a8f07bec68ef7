"""Store a face of a person."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from gallery.domain.face import FaceChoice
from gallery.domain.identity import FaceSummary, Identity, PersonName
from gallery.domain.once import Once
from gallery.errors import InvalidValue, PhotoAlreadyEnrolled
from gallery.services.enroll_many import new_face
from gallery.services.identities import existing
from gallery.services.in_order import cores, in_order
from gallery.services.once import stored_face
from gallery.services.one_model import refuse_other_models
from gallery.services.recognise import Probe, Recognise
from gallery.services.which_photo import which_photo
from gallery.store.unit_of_work import UnitsOfWork

WORTH_THREADS = 8
"""Photos; each thread loads its own networks first."""


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
        self,
        identity_id: int,
        photo: bytes,
        choice: FaceChoice = FaceChoice.ONLY,
        once: Once | None = None,
    ) -> Enrollment:
        """Refuses with IdentityNotFound, PhotoAlreadyEnrolled, PhotoRejected, KeyReused, and with
        ModelMismatch where faces of another model are stored."""
        with self.units.read() as unit:
            existing(unit, identity_id)
        probe = self.recognise(photo, choice)
        with self.units.write() as unit:
            identity = existing(unit, identity_id)
            stored = stored_face(unit, once)
            if stored is not None:
                return Enrollment(identity, stored, probe)
            refuse_other_models(unit, probe.embedding.model_id)
            _refuse_held(unit.faces.photos_of(identity_id), identity, probe, "this photo")
            face = unit.faces.add(identity_id, new_face(probe))
            if once is not None:
                unit.once.add(once, identity_id, face.id)
            identity = existing(unit, identity_id)
            unit.commit()
        return Enrollment(identity, face, probe)

    def by_name(
        self,
        name: str,
        photos: Sequence[bytes],
        choice: FaceChoice = FaceChoice.ONLY,
        photo_names: Sequence[str] | None = None,
    ) -> tuple[Enrollment, ...]:
        """Store all photos or none; the person is created when new.

        photo_names: what refusals call the photos, else "photo 1", "photo 2" and so on.
        Refuses with InvalidName, InvalidValue (no photo), PhotoRejected, ModelMismatch and
        PhotoAlreadyEnrolled, also where a photo is given twice.
        """
        person = PersonName.parse(name)
        if not photos:
            raise InvalidValue("0 photos were given; 1 or more are needed")
        called = photo_names or [f"photo {number}" for number in range(1, len(photos) + 1)]
        probes = self._recognise_all(photos, called, choice)
        with self.units.write() as unit:
            refuse_other_models(unit, probes[0].embedding.model_id)
            identity = unit.identities.by_name(person) or unit.identities.add(person)
            held = unit.faces.photos_of(identity.id)
            for photo, probe in zip(called, probes, strict=True):
                _refuse_held(held, identity, probe, photo)
            _refuse_twice(probes, called)
            faces = unit.faces.add_many([(identity.id, new_face(probe)) for probe in probes])
            identity = existing(unit, identity.id)
            unit.commit()
        return tuple(
            Enrollment(identity, face, probe) for face, probe in zip(faces, probes, strict=True)
        )

    def _recognise_all(
        self, photos: Sequence[bytes], called: Sequence[str], choice: FaceChoice
    ) -> list[Probe]:
        """In order, so that the first photo refused is the one that is told."""

        def one(place: int) -> Probe:
            with which_photo(called[place]):
                return self.recognise(photos[place], choice)

        places = range(len(photos))
        if len(photos) < WORTH_THREADS:
            return [one(place) for place in places]
        return list(in_order(places, one, cores()))


def _refuse_held(held: Container[str], identity: Identity, probe: Probe, photo: str) -> None:
    if probe.photo_sha256 in held:
        raise PhotoAlreadyEnrolled(
            f"{photo} is already enrolled for {identity.name}; use another photo"
        )


def _refuse_twice(probes: Sequence[Probe], called: Sequence[str]) -> None:
    given: dict[str, int] = {}
    for place, probe in enumerate(probes):
        first = given.setdefault(probe.photo_sha256, place)
        if first != place:
            raise PhotoAlreadyEnrolled(
                f"{called[place]} is the same photo as {called[first]}; give it once"
            )
