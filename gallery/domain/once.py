"""A request that is to take effect once, however often it is sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

REMEMBERED_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Once:
    """key: of the caller and the key that the caller chose. asked: of what the request asks.

    Both are SHA-256 in hex, so that what is stored tells neither a key nor a name.
    """

    key: str
    asked: str

    @classmethod
    def of(cls, caller: str, key: str, *asked: str | bytes) -> Once:
        return cls(_digest(caller, key), _digest(*asked))


@dataclass(frozen=True)
class Done:
    """What a request stored the first time: a person, or a face of that person."""

    asked: str
    identity_id: int
    face_id: int | None


def _digest(*parts: str | bytes) -> str:
    """Of the parts each by itself, so that no two lists of parts look alike."""
    whole = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        whole.update(hashlib.sha256(data).digest())
    return whole.hexdigest()
