"""A browser signs in with a key and gets a token of its own; the key stays out of the browser."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gallery.domain.access import Key, utc_now
from gallery.errors import SessionEnded
from gallery.services.keys import Keys, sha256
from gallery.store.unit_of_work import UnitsOfWork

LASTS = timedelta(hours=12)
TOKEN_BYTES = 32


@dataclass(frozen=True)
class Session:
    """A browser that has just signed in, with the token for its cookie."""

    key: Key
    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Session(key={self.key!r}, expires_at={self.expires_at!r})"


@dataclass(frozen=True)
class Sessions:
    """Sessions live in the database, by the SHA-256 of their token, and never longer than a key."""

    units: UnitsOfWork
    keys: Keys
    clock: Callable[[], datetime] = utc_now

    def begin(self, key_text: str) -> Session:
        """A new token each time; refuses as `Keys.authenticate` does."""
        key = self.keys.authenticate(key_text)
        now = self.clock()
        ends = now + LASTS
        if key.expires_at is not None:
            ends = min(ends, key.expires_at)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self.units.write() as unit:
            unit.sessions.remove_ended(now)
            unit.sessions.add(sha256(token), key.id, ends)
            unit.commit()
        return Session(key, token, ends)

    def key_of(self, token: str) -> Key:
        """The key that this browser signed in with; refuses with SessionEnded, whyever it has."""
        now = self.clock()
        with self.units.read() as unit:
            key = unit.sessions.key_of(sha256(token), now)
        if key is None or not key.usable(now):
            raise SessionEnded("you are signed out, or were in for too long. Sign in again")
        self.keys.note_use(key)
        return key

    def end(self, token: str) -> None:
        """Ending what has ended is no mistake."""
        with self.units.write() as unit:
            unit.sessions.remove(sha256(token))
            unit.commit()
