"""The people of the gallery and their stored faces."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gallery.domain.face import FaceCrop
from gallery.domain.identity import (
    FaceSummary,
    Identity,
    IdentityPage,
    IdentityWithFaces,
    PersonName,
)
from gallery.domain.once import Once
from gallery.errors import ChangedMeanwhile, FaceNotFound, IdentityNotFound, NameTaken
from gallery.services.once import stored_identity
from gallery.store.unit_of_work import ReadUnit, UnitsOfWork

SUGGESTIONS = 3


def existing(unit: ReadUnit, identity_id: int) -> Identity:
    """The person of that id, or IdentityNotFound."""
    identity = unit.identities.get(identity_id)
    if identity is None:
        raise IdentityNotFound(f"there is no person with id {identity_id}; perhaps it was removed")
    return identity


@dataclass(frozen=True)
class Identities:
    """Create, find, rename and remove people, and look after their faces."""

    units: UnitsOfWork

    def create(self, name: str, once: Once | None = None) -> Identity:
        """Refuses with InvalidName, NameTaken and KeyReused."""
        person = PersonName.parse(name)
        with self.units.write() as unit:
            stored = stored_identity(unit, once)
            if stored is not None:
                return stored
            _refuse_taken(unit.identities.by_name(person))
            identity = unit.identities.add(person)
            if once is not None:
                unit.once.add(once, identity.id)
            unit.commit()
        return identity

    def list(self) -> tuple[Identity, ...]:
        """Everybody, ordered by name."""
        with self.units.read() as unit:
            return unit.identities.all()

    def page(self, after: int, limit: int) -> IdentityPage:
        """Up to `limit` people who were added after the one with id `after`, oldest first.

        Ids are never used again, so a walk from page to page meets everybody who stays, once.
        """
        with self.units.read() as unit:
            found = unit.identities.page(after, limit + 1)
        page = found[:limit]
        return IdentityPage(page, page[-1].id if len(found) > limit else None)

    def get(self, identity_id: int) -> Identity:
        """Refuses with IdentityNotFound."""
        with self.units.read() as unit:
            return existing(unit, identity_id)

    def show(self, identity_id: int) -> IdentityWithFaces:
        """A person with the faces, at one moment; refuses with IdentityNotFound."""
        with self.units.read() as unit:
            return _with_faces(unit, identity_id)

    def find(self, name: str) -> Identity:
        """The person of that name, whatever its case; refuses with IdentityNotFound."""
        person = PersonName.parse(name)
        with self.units.read() as unit:
            identity = unit.identities.by_name(person)
            if identity is None:
                raise IdentityNotFound(_nobody(person, unit.identities.names()))
        return identity

    def rename(
        self, identity_id: int, new_name: str, versions: Collection[str] | None = None
    ) -> Identity:
        """Refuses with IdentityNotFound, InvalidName, NameTaken by another person and, where the
        person is at none of the `versions`, ChangedMeanwhile.
        """
        person = PersonName.parse(new_name)
        with self.units.write() as unit:
            _refuse_changed(_with_faces(unit, identity_id), versions)
            holder = unit.identities.by_name(person)
            if holder is not None and holder.id != identity_id:
                _refuse_taken(holder)
            unit.identities.rename(identity_id, person)
            identity = existing(unit, identity_id)
            unit.commit()
        return identity

    def remove(self, identity_id: int, versions: Collection[str] | None = None) -> Identity:
        """Remove a person and all the person's faces; gives who it was.

        Refuses with IdentityNotFound and, where the person is at none of the `versions`,
        ChangedMeanwhile.
        """
        with self.units.write() as unit:
            person = _with_faces(unit, identity_id)
            _refuse_changed(person, versions)
            unit.faces.remove_all(identity_id)
            unit.identities.remove(identity_id)
            unit.commit()
        return person.identity

    def faces(self, identity_id: int) -> tuple[FaceSummary, ...]:
        """The person's faces, oldest first; refuses with IdentityNotFound."""
        with self.units.read() as unit:
            existing(unit, identity_id)
            return unit.faces.summaries_of(identity_id)

    def face(self, identity_id: int, face_id: int) -> FaceSummary:
        """One face of a person; refuses with IdentityNotFound and FaceNotFound."""
        person = self.show(identity_id)
        for face in person.faces:
            if face.id == face_id:
                return face
        raise FaceNotFound(_no_such_face(person.identity, face_id))

    def crop(self, identity_id: int, face_id: int) -> FaceCrop:
        """The stored crop of a face; refuses with IdentityNotFound and FaceNotFound."""
        with self.units.read() as unit:
            identity = existing(unit, identity_id)
            crop = unit.faces.crop(identity_id, face_id)
        if crop is None:
            raise FaceNotFound(_no_such_face(identity, face_id))
        return crop

    def remove_face(
        self, identity_id: int, face_id: int, versions: Collection[str] | None = None
    ) -> None:
        """Remove one face; the person stays.

        Refuses with IdentityNotFound, FaceNotFound and, where the person is at none of the
        `versions`, ChangedMeanwhile.
        """
        with self.units.write() as unit:
            person = _with_faces(unit, identity_id)
            _refuse_changed(person, versions)
            if not unit.faces.remove(identity_id, face_id):
                raise FaceNotFound(_no_such_face(person.identity, face_id))
            unit.commit()


def _with_faces(unit: ReadUnit, identity_id: int) -> IdentityWithFaces:
    return IdentityWithFaces(existing(unit, identity_id), unit.faces.summaries_of(identity_id))


def _refuse_changed(person: IdentityWithFaces, versions: Collection[str] | None) -> None:
    if versions is not None and person.version not in versions:
        raise ChangedMeanwhile(
            "this person was changed since it was read; read it again, and decide again"
        )


def _refuse_taken(holder: Identity | None) -> None:
    if holder is not None:
        raise NameTaken(
            f"the name {holder.name} is taken by the person with id {holder.id}; "
            "choose another name"
        )


def _no_such_face(identity: Identity, face_id: int) -> str:
    return f"{identity.name} has no face with id {face_id}; see the person's faces for their ids"


def _nobody(person: PersonName, names: Sequence[PersonName]) -> str:
    by_key = {name.key: name.value for name in names}
    near = difflib.get_close_matches(person.key, by_key, n=SUGGESTIONS)
    nobody = f"there is nobody named {person.value}"
    if near:
        return f"{nobody}; similar names: {', '.join(by_key[key] for key in near)}"
    return f"{nobody}; `gallery list` shows everybody"
