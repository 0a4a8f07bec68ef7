"""What a check of the gallery found, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

SHOWN = 10


class Part(StrEnum):
    """Where something is wrong."""

    DATABASE = "database"
    CHANGE_LOG = "change log"
    FACES = "faces"
    SNAPSHOT = "index snapshot"


class Trouble(StrEnum):
    """What is wrong; stable and public."""

    DATABASE_DAMAGED = "database_damaged"
    FACE_WITHOUT_PERSON = "face_without_person"
    FACE_NOT_LOGGED = "face_not_logged"
    FACE_LOGGED_AS_REMOVED = "face_logged_as_removed"
    FACE_GONE_UNLOGGED = "face_gone_unlogged"
    ID_USED_AGAIN = "id_used_again"
    ID_COUNTER_BEHIND = "id_counter_behind"
    VECTOR_DAMAGED = "vector_damaged"
    VECTOR_NOT_OF_CROP = "vector_not_of_crop"
    CROP_DAMAGED = "crop_damaged"
    FACE_OF_ANOTHER_MODEL = "face_of_another_model"
    SNAPSHOT_UNUSABLE = "snapshot_unusable"
    SNAPSHOT_AHEAD = "snapshot_ahead"
    SNAPSHOT_DIFFERS = "snapshot_differs"

    @property
    def part(self) -> Part:
        return _ABOUT[self][0]

    @property
    def repairable(self) -> bool:
        """Whether `gallery check --repair` mends it."""
        return _ABOUT[self][2] == _REPAIR


_REPAIR = "run `gallery check --repair`"
_RESTORE = "restore the database from a backup"
_ENROLL_ANEW = (
    "remove these faces (`gallery remove-face NAME FACE_ID`) and enroll their photos again"
)
_ABOUT: dict[Trouble, tuple[Part, str, str]] = {
    Trouble.DATABASE_DAMAGED: (Part.DATABASE, "the database file is damaged", _RESTORE),
    Trouble.FACE_WITHOUT_PERSON: (Part.DATABASE, "stored for nobody", _RESTORE),
    Trouble.FACE_NOT_LOGGED: (Part.CHANGE_LOG, "stored, but never logged as added", _REPAIR),
    Trouble.FACE_LOGGED_AS_REMOVED: (
        Part.CHANGE_LOG,
        "logged as removed, but still stored",
        _ENROLL_ANEW,
    ),
    Trouble.FACE_GONE_UNLOGGED: (Part.CHANGE_LOG, "gone, but never logged as removed", _REPAIR),
    Trouble.ID_USED_AGAIN: (Part.CHANGE_LOG, "stored under an id of the past", _ENROLL_ANEW),
    Trouble.ID_COUNTER_BEHIND: (Part.CHANGE_LOG, "an id of the past could be given again", _REPAIR),
    Trouble.VECTOR_DAMAGED: (Part.FACES, "with a damaged vector", _REPAIR),
    Trouble.VECTOR_NOT_OF_CROP: (Part.FACES, "whose vector is not that of the crop", _REPAIR),
    Trouble.CROP_DAMAGED: (Part.FACES, "with a damaged crop", _ENROLL_ANEW),
    Trouble.FACE_OF_ANOTHER_MODEL: (Part.FACES, "of another model", "run `gallery reembed`"),
    Trouble.SNAPSHOT_UNUSABLE: (Part.SNAPSHOT, "cannot be used", _REPAIR),
    Trouble.SNAPSHOT_AHEAD: (Part.SNAPSHOT, "later than the database", _REPAIR),
    Trouble.SNAPSHOT_DIFFERS: (Part.SNAPSHOT, "differs from the database", _REPAIR),
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; face_ids are the faces concerned, where it is about faces.

    names: whose faces they are, by face id; a face that is gone, or nobody's, has none.
    """

    trouble: Trouble
    message: str
    face_ids: tuple[int, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)

    @property
    def remedy(self) -> str:
        return _ABOUT[self.trouble][2]


def about(trouble: Trouble, detail: str) -> Finding:
    """A finding that is not about single faces."""
    return Finding(trouble, f"{_ABOUT[trouble][1]}: {detail}")


def about_faces(
    trouble: Trouble, face_ids: Sequence[int], names: Mapping[int, str] | None = None
) -> tuple[Finding, ...]:
    """One finding that names the faces, the first ten of them; none without faces."""
    if not face_ids:
        return ()
    names = {face_id: names[face_id] for face_id in face_ids if face_id in names} if names else {}
    named = ", ".join(
        f"{face_id} ({names[face_id]})" if face_id in names else str(face_id)
        for face_id in face_ids[:SHOWN]
    )
    more = f" and {len(face_ids) - SHOWN} more" if len(face_ids) > SHOWN else ""
    faces = "1 face" if len(face_ids) == 1 else f"{len(face_ids)} faces"
    message = f"{faces} {_ABOUT[trouble][1]}: {named}{more}"
    return (Finding(trouble, message, tuple(face_ids), names),)


@dataclass(frozen=True)
class SnapshotState:
    """The snapshot on disk; present is False where none is, which is no fault."""

    path: str
    present: bool
    revision: int = 0
    faces: int = 0
    structure: str = ""


@dataclass(frozen=True)
class Health:
    """What was looked at and what is wrong; repaired: what was wrong and is no more.

    crops_compared: how many of the faces were embedded anew from their crops.
    """

    model_id: str
    revision: int
    people: int
    faces: int
    changes: int
    crops_compared: int
    snapshot: SnapshotState
    findings: tuple[Finding, ...]
    repaired: tuple[Finding, ...] = ()

    @property
    def good(self) -> bool:
        return not self.findings
