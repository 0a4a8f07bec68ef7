"""People of the gallery and the faces that stand for them."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from gallery.domain.embedding import Embedding
from gallery.domain.face import FaceCrop
from gallery.domain.quality import Quality
from gallery.errors import InvalidName

MAX_NAME_LENGTH = 200
MAX_MARKS = 6
"""On one letter of a name: more than any script writes, fewer than reach into other lines."""

JOINERS = "\u200c\u200d"
"""Persian and Indic scripts join or part letters by them, as some do emoji; they are no letters."""

_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")  # letters and symbols, says Unicode


@dataclass(frozen=True)
class PersonName:
    """A name as people write it: NFC, single spaces, 1 to 200 characters, all printable.

    `parse` is for what is typed. A name that is stored was taken by the rules of its time.
    """

    value: str

    @classmethod
    def parse(cls, text: str) -> PersonName:
        """Tidy spaces and Unicode form; refuse what is empty, too long or cannot be shown."""
        name = " ".join(unicodedata.normalize("NFC", text).split())
        if not name:
            raise InvalidName("the name is empty; give 1 to 200 characters")
        if len(name) > MAX_NAME_LENGTH:
            raise InvalidName(f"the name has {len(name)} characters; at most {MAX_NAME_LENGTH}")
        if unprintable := next(
            (one for one in _without_joiners(name) if not one.isprintable()), ""
        ):
            raise InvalidName(
                f"the name holds U+{ord(unprintable):04X}, which cannot be printed; leave it out"
            )
        if not any(_seen(character) for character in name):
            raise InvalidName("the name holds no character that can be seen")
        marks = _most_marks(name)
        if marks > MAX_MARKS:
            raise InvalidName(f"the name has {marks} marks on one letter; at most {MAX_MARKS}")
        return cls(name)

    @property
    def key(self) -> str:
        """What makes two names the same person's: case does not count."""
        return unicodedata.normalize("NFKC", _without_joiners(self.value)).casefold()


def _without_joiners(name: str) -> str:
    return "".join(one for one in name if one not in JOINERS)


def _seen(character: str) -> bool:
    blank = character.isspace() or character in _BLANK or character in JOINERS
    return not (blank or _is_mark(character))


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _most_marks(name: str) -> int:
    """The length of the longest run of combining marks."""
    runs = (len(list(run)) for are_marks, run in groupby(name, _is_mark) if are_marks)
    return max(runs, default=0)


@dataclass(frozen=True)
class Identity:
    """A person of the gallery. Ids are never used again, also after a removal."""

    id: int
    name: str
    created_at: datetime
    face_count: int


@dataclass(frozen=True)
class IdentityPage:
    """Some people, oldest first; next_after: the id to go on after, None where nobody follows."""

    identities: tuple[Identity, ...]
    next_after: int | None


@dataclass(frozen=True, eq=False)
class NewFace:
    """A face about to be stored; the photo itself is not kept, only its SHA-256."""

    embedding: Embedding
    crop: FaceCrop
    quality: Quality
    detector: str
    photo_sha256: str


@dataclass(frozen=True)
class FaceSummary:
    """What is told about a stored face."""

    id: int
    identity_id: int
    model_id: str
    detector: str
    quality: Quality
    photo_sha256: str
    created_at: datetime


@dataclass(frozen=True)
class IdentityWithFaces:
    """A person and the person's faces at one moment, oldest first."""

    identity: Identity
    faces: tuple[FaceSummary, ...]

    @property
    def version(self) -> str:
        """The same for the same name and faces, another after every change of them: 32 digits."""
        said = [self.identity.id, self.identity.name, *((f.id, f.model_id) for f in self.faces)]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:32]
