"""What must be stored, by the acknowledgements alone; and what is, read without our own code."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Wrong(AssertionError):
    """The gallery is not what was acknowledged."""


@dataclass
class Gallery:
    """people: names by id. faces: (person's id, photo's SHA-256, vector's bytes) by id."""

    people: dict[int, str] = field(default_factory=dict)
    faces: dict[int, tuple[int, str, bytes]] = field(default_factory=dict)

    def copy(self) -> Gallery:
        return Gallery(dict(self.people), dict(self.faces))


def read(database: Path) -> Gallery:
    """What a copy of the files holds: the original is left as the kill left it, WAL and all."""
    with tempfile.TemporaryDirectory() as folder:
        for file in (database, database.with_name(f"{database.name}-wal")):
            if file.exists():
                shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder) / database.name)) as copy:
            if not copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'face'").fetchone():
                return Gallery()
            faces = copy.execute("SELECT id, identity_id, photo_sha256, embedding FROM face")
            return Gallery(
                dict(copy.execute("SELECT id, name FROM identity").fetchall()),
                {row[0]: (row[1], row[2], row[3]) for row in faces},
            )


@dataclass
class Ledger:
    """Applies acknowledged operations; each kill may leave one more that happened or did not."""

    vectors: Sequence[bytes]
    expected: Gallery = field(default_factory=Gallery)
    highest_face: int = 0
    highest_person: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def settle(self, entries: Sequence[bytes], actual: Gallery) -> None:
        """Account for one life of the worker: its journal, and what the kill left behind."""
        begun: Mapping[str, Any] | None = None
        for line in entries:
            entry = json.loads(line)
            if "begin" in entry:
                begun = entry
            elif "done" in entry:
                if begun is None:
                    raise Wrong("an acknowledgement without an operation")
                self._acknowledged(begun, entry)
                begun = None
        if begun is not None and begun["begin"] == "snapshot":
            self._count("snapshot in flight")
            begun = None
        if begun is None:
            self._same(self.expected, actual)
        elif actual == self.expected:
            self._count("in flight, did not happen")
        else:
            self._happened(begun, actual)
            self._count("in flight, happened")

    def _acknowledged(self, begun: Mapping[str, Any], done: Mapping[str, Any]) -> None:
        if done.get("refused"):
            self._count("refused")
            return
        self._count(begun["begin"])
        self._apply(begun, done.get("identity_id"), done.get("face_ids", []))

    def _happened(self, begun: Mapping[str, Any], actual: Gallery) -> None:
        """The operation in flight, whole; its new ids are those that nobody knows yet."""
        face_ids = sorted(set(actual.faces) - set(self.expected.faces))
        identity_id = None
        if begun["begin"] == "enroll":
            if len(face_ids) != len(begun["faces"]):
                raise Wrong(f"{len(face_ids)} new faces of an enrollment of {len(begun['faces'])}")
            identity_id = actual.faces[face_ids[0]][0]
        self._apply(begun, identity_id, face_ids)
        self._same(self.expected, actual)

    def _apply(
        self, begun: Mapping[str, Any], identity_id: int | None, face_ids: Sequence[int]
    ) -> None:
        if begun["begin"] == "enroll":
            assert identity_id is not None
            self._enrolled(identity_id, begun["name"])
            for face_id, (sha, which) in zip(face_ids, begun["faces"], strict=True):
                if face_id <= self.highest_face:
                    raise Wrong(f"face id {face_id} was given again")
                self.highest_face = face_id
                self.expected.faces[face_id] = (identity_id, sha, self.vectors[which])
        elif begun["begin"] == "remove":
            del self.expected.people[begun["identity_id"]]
            self.expected.faces = {
                face_id: face
                for face_id, face in self.expected.faces.items()
                if face[0] != begun["identity_id"]
            }
        elif begun["begin"] == "remove_face":
            del self.expected.faces[begun["face_id"]]

    def _enrolled(self, identity_id: int, name: str) -> None:
        if self.expected.people.get(identity_id) == name:
            return
        if name in self.expected.people.values() or identity_id <= self.highest_person:
            raise Wrong(f"{name} got the id {identity_id}, which is not new")
        self.highest_person = identity_id
        self.expected.people[identity_id] = name

    def _same(self, expected: Gallery, actual: Gallery) -> None:
        for what in ("people", "faces"):
            mine, theirs = getattr(expected, what), getattr(actual, what)
            lost = sorted(set(mine) - set(theirs))
            extra = sorted(set(theirs) - set(mine))
            changed = sorted(key for key in set(mine) & set(theirs) if mine[key] != theirs[key])
            if lost or extra or changed:
                raise Wrong(f"{what}: lost {lost}, never acknowledged {extra}, changed {changed}")

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
