"""The process that is killed: it enrolls, removes and snapshots until somebody stops it.

Before each operation a line "begin" goes into the journal, and a line "done" after the service has
returned: that is the acknowledgement. Lines are written with one write() each, so a kill leaves
them whole; the journal is not synced, as a kill (unlike a loss of power) leaves the page cache.
"""

from __future__ import annotations

import json
import os
import pickle
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from gallery.bootstrap import Services
from gallery.domain.identity import NewFace, PersonName
from gallery.errors import PhotoAlreadyEnrolled
from gallery.index.exact import ExactIndex
from gallery.services.catch_up import catch_up
from gallery.settings import Settings

NAMES = 40
FULL = 400
"""Faces; above this removals are likelier than enrollments."""


def prepare(url: str, photos: list[Path], pool: Path) -> None:
    """Recognise the photos once: enrolled faces are real, their crops and vectors agree."""
    recognise = Services(Settings(url)).recognise
    faces = []
    for photo in photos:
        probe = recognise(photo.read_bytes())
        face = NewFace(
            probe.embedding, probe.crop, probe.quality, probe.detector, probe.photo_sha256
        )
        faces.append((str(photo), face))
    pool.write_bytes(pickle.dumps(faces))


class Worker:
    """Operations on a gallery, journalled."""

    def __init__(self, url: str, pool: Path, journal: Path, seed: int) -> None:
        self.services = Services(Settings(url))
        self.pool: list[tuple[str, NewFace]] = pickle.loads(pool.read_bytes())  # noqa: S301
        self.journal = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.random = random.Random(seed)  # noqa: S311
        self.seed = seed
        self.made = 0

    def run(self) -> None:
        """Until killed."""
        self.compare_index_with_database()
        self.say(ready=True)
        operations = (
            [self.enroll_directly] * 12
            + [self.enroll_photo]
            + [self.remove_face] * 3
            + [self.remove_person] * 2
            + [self.snapshot] * 2
            + [self.compare_index_with_database]
        )
        while True:
            self.made += 1
            operation = self.random.choice(operations)
            if self.made % 8 == 0 and self.count() > FULL:
                operation = self.remove_person
            operation()

    def enroll_directly(self) -> None:
        """One transaction of 1 to 6 faces, through the unit of work."""
        name = f"person {self.random.randrange(NAMES)}"
        faces = []
        for number in range(self.random.choice((1, 1, 1, 2, 6))):
            which = self.random.randrange(len(self.pool))
            faces.append((f"{self.seed:032x}{self.made:024x}{number:08x}", which))
        self.say(begin="enroll", name=name, faces=faces)
        person = PersonName.parse(name)
        with self.services._units.write() as unit:
            identity = unit.identities.by_name(person) or unit.identities.add(person)
            ids = [
                unit.faces.add(identity.id, replace(self.pool[which][1], photo_sha256=sha)).id
                for sha, which in faces
            ]
            unit.commit()
        self.say(done=True, identity_id=identity.id, face_ids=ids)

    def enroll_photo(self) -> None:
        """The whole way from a photo, by the service."""
        name = f"person {self.random.randrange(NAMES)}"
        which = self.random.randrange(len(self.pool))
        path, face = self.pool[which]
        self.say(begin="enroll", name=name, faces=[(face.photo_sha256, which)])
        try:
            (enrolled,) = self.services.enroll.by_name(name, [Path(path).read_bytes()])
        except PhotoAlreadyEnrolled:
            self.say(done=True, refused=True)
            return
        self.say(done=True, identity_id=enrolled.identity.id, face_ids=[enrolled.face.id])

    def remove_person(self) -> None:
        people = self.services.identities.list()
        if not people:
            return
        identity_id = self.random.choice(people).id
        self.say(begin="remove", identity_id=identity_id)
        self.services.identities.remove(identity_id)
        self.say(done=True)

    def remove_face(self) -> None:
        people = [person for person in self.services.identities.list() if person.face_count]
        if not people:
            return
        identity_id = self.random.choice(people).id
        face_id = self.random.choice(self.services.identities.faces(identity_id)).id
        self.say(begin="remove_face", identity_id=identity_id, face_id=face_id)
        self.services.identities.remove_face(identity_id, face_id)
        self.say(done=True)

    def snapshot(self) -> None:
        self.say(begin="snapshot")
        self.services.maintenance.snapshot()
        self.say(done=True)

    def compare_index_with_database(self) -> None:
        """The index (read from a snapshot at the start, if one can be used) against the truth."""
        index = self.services._live_index.caught_up()
        truth = ExactIndex()
        with self.services._units.read() as unit:
            catch_up(unit, truth, self.services._embedder.model_id)
        for _, face in self.random.sample(self.pool, 3):
            vector = face.embedding.vector
            if tuple(index.search(vector, NAMES)) != tuple(truth.search(vector, NAMES)):
                raise AssertionError("the index answers other than the database")

    def count(self) -> int:
        return sum(person.face_count for person in self.services.identities.list())

    def say(self, **entry: Any) -> None:
        os.write(self.journal, json.dumps(entry).encode() + b"\n")
