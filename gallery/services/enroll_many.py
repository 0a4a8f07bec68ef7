"""Store the faces of many people at once: recognised by several threads, committed in batches."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from gallery.domain.face import FaceChoice
from gallery.domain.identity import NewFace, PersonName
from gallery.errors import GalleryError, InvalidName, NotFound, PhotoRejected
from gallery.imaging.threads import one_thread_a_call
from gallery.progress import Progress
from gallery.services.in_order import cores, in_order
from gallery.services.one_model import refuse_other_models
from gallery.services.recognise import Probe, Recognise, Seen
from gallery.store.unit_of_work import ReadUnit, UnitsOfWork

BATCH = 256
"""Faces of one transaction: its 4 ms on the disk are shared, and a kill costs a second of work."""

CHUNK = 8
"""Photos that a thread takes at a time; their faces are embedded together."""


@dataclass(frozen=True)
class BulkPhoto:
    """A photo to enroll. label: how it is called in the report; read: gives its bytes."""

    person: str
    label: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class RefusedPhoto:
    """A photo that was passed over, and why."""

    label: str
    code: str
    message: str


@dataclass(frozen=True)
class BulkReport:
    """already: photos that the person held before; people: how many got a face."""

    photos: int
    enrolled: int
    already: int
    refused: tuple[RefusedPhoto, ...]
    people: int


@dataclass
class _Tally:
    enrolled: int = 0
    already: int = 0
    refused: list[RefusedPhoto] = field(default_factory=list)
    people: set[int] = field(default_factory=set)


@dataclass(frozen=True, eq=False)
class _Found:
    person: PersonName
    probe: Probe


@dataclass(frozen=True)
class EnrollMany:
    """Enroll photos of many people; what is refused is told at the end and stops nothing."""

    units: UnitsOfWork
    recognise: Recognise
    threads: int = field(default_factory=cores)

    def __call__(
        self,
        photos: Sequence[BulkPhoto],
        progress: Progress,
        choice: FaceChoice = FaceChoice.ONLY,
    ) -> BulkReport:
        """Each batch is committed by itself, so an interrupted import goes on where it stopped.

        People are created with their first usable photo. A photo that its person holds already
        is not even decoded. Refuses only with DatabaseUnavailable and what else is NotReady.
        """
        tally = _Tally()
        batch: list[_Found] = []
        photos_of = lru_cache(maxsize=64)(self._photos_of)

        def find(chunk: Sequence[BulkPhoto]) -> list[_Found | RefusedPhoto | None]:
            return self._find(chunk, photos_of, choice)

        try:
            chunks = [photos[start : start + CHUNK] for start in range(0, len(photos), CHUNK)]
            with one_thread_a_call():
                results = chain.from_iterable(in_order(chunks, find, self.threads))
                for done, found in enumerate(results, start=1):
                    if isinstance(found, _Found):
                        batch.append(found)
                    elif found is None:
                        tally.already += 1
                    else:
                        tally.refused.append(found)
                    if len(batch) == BATCH:
                        self._store(batch, tally)
                    progress(done, len(photos))
        except KeyboardInterrupt:
            self._store(batch, tally)
            raise
        self._store(batch, tally)
        return BulkReport(
            len(photos), tally.enrolled, tally.already, tuple(tally.refused), len(tally.people)
        )

    def _find(
        self,
        photos: Sequence[BulkPhoto],
        photos_of: Callable[[PersonName], frozenset[str]],
        choice: FaceChoice,
    ) -> list[_Found | RefusedPhoto | None]:
        """What is to be stored of each, what was refused, and None for what is stored already."""
        results: list[_Found | RefusedPhoto | None] = [None] * len(photos)
        seen: dict[int, tuple[PersonName, Seen]] = {}
        for place, photo in enumerate(photos):
            try:
                person = PersonName.parse(photo.person)
                data = photo.read()
                if hashlib.sha256(data).hexdigest() not in photos_of(person):
                    seen[place] = person, self.recognise.see(data, choice)
            except (InvalidName, PhotoRejected, NotFound) as refusal:
                results[place] = _refused(photo, refusal)
        made = self.recognise.embedder.embed([one.crop for _, one in seen.values()])
        for (place, (person, one)), embedding in zip(seen.items(), made, strict=True):
            results[place] = _Found(person, one.embedded(embedding))
        return results

    def _photos_of(self, person: PersonName) -> frozenset[str]:
        with self.units.read() as unit:
            return _held(unit, person)

    def _store(self, batch: list[_Found], tally: _Tally) -> None:
        """One transaction; what somebody else has enrolled meanwhile is not stored twice."""
        if not batch:
            return
        with self.units.write() as unit:
            refuse_other_models(unit, self.recognise.embedder.model_id)
            people = {found.person.key: found.person for found in batch}
            held = {key: set(_held(unit, person)) for key, person in people.items()}
            ids: dict[str, int] = {}
            new: list[tuple[int, NewFace]] = []
            for found in batch:
                face, key = new_face(found.probe), found.person.key
                if face.photo_sha256 in held[key]:
                    continue
                held[key].add(face.photo_sha256)
                if key not in ids:
                    stored = unit.identities.by_name(found.person)
                    ids[key] = (stored or unit.identities.add(found.person)).id
                new.append((ids[key], face))
            unit.faces.add_many(new)
            unit.commit()
        tally.enrolled += len(new)
        tally.already += len(batch) - len(new)
        tally.people.update(ids.values())
        batch.clear()


def new_face(probe: Probe) -> NewFace:
    """What is stored of a probe."""
    return NewFace(
        embedding=probe.embedding,
        crop=probe.crop,
        quality=probe.quality,
        detector=probe.detector,
        photo_sha256=probe.photo_sha256,
    )


def _held(unit: ReadUnit, person: PersonName) -> frozenset[str]:
    identity = unit.identities.by_name(person)
    return frozenset() if identity is None else unit.faces.photos_of(identity.id)


def _refused(photo: BulkPhoto, refusal: GalleryError) -> RefusedPhoto:
    return RefusedPhoto(photo.label, refusal.code, refusal.public)
