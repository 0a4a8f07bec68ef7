"""People of the gallery and the faces that stand for them."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from gallery.domain.embedding import Embedding
from gallery.domain.face import FaceCrop
from gallery.domain.quality import Quality
from gallery.errors import InvalidName

MAX_NAME_LENGTH = 200


@dataclass(frozen=True)
class PersonName:
    """A name as people write it: NFC, single spaces, 1 to 200 characters, all printable."""

    value: str

    @classmethod
    def parse(cls, text: str) -> PersonName:
        """Tidy spaces and Unicode form; refuse what is empty, too long or not printable."""
        name = " ".join(unicodedata.normalize("NFC", text).split())
        if not name:
            raise InvalidName("the name is empty; give 1 to 200 characters")
        if len(name) > MAX_NAME_LENGTH:
            raise InvalidName(f"the name has {len(name)} characters; at most {MAX_NAME_LENGTH}")
        if not name.isprintable():
            raise InvalidName("the name holds a character that cannot be printed")
        return cls(name)

    @property
    def key(self) -> str:
        """What makes two names the same person's: case does not count."""
        return unicodedata.normalize("NFKC", self.value).casefold()


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
