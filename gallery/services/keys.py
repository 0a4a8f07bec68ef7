"""Keys: made, listed, revoked, and asked for at the door.

A key reads gallery_ID_SECRET. The prefix lets secret scanners find one that leaked, ID finds its
row, SECRET has 256 random bits. What is stored is the SHA-256 of the secret: slow hashes protect
what people can remember, and nobody guesses 256 bits, however fast each guess is.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import string
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gallery.domain.access import IssuedKey, Key, Scope, utc_now
from gallery.domain.identity import PersonName
from gallery.errors import (
    DatabaseUnavailable,
    KeyExpired,
    KeyNotFound,
    KeyRevoked,
    KeyUnknown,
)
from gallery.services.identities import existing
from gallery.store.unit_of_work import UnitsOfWork

PREFIX = "gallery"
ID_ALPHABET, SECRET_ALPHABET = (
    string.ascii_lowercase + string.digits,
    string.ascii_letters + string.digits,
)
ID_LENGTH = 12
SECRET_LENGTH = 43
"""Of 62 letters and digits: 43 x 5.95 = 256 bits."""
LAST_USE_IS_NOTED_EVERY = timedelta(minutes=1)

_ID = re.compile(rf"[a-z0-9]{{{ID_LENGTH}}}")
_KEY = re.compile(rf"{PREFIX}_({_ID.pattern})_([A-Za-z0-9]{{{SECRET_LENGTH}}})", re.ASCII)
_NO_HASH = "0" * 64
_UNKNOWN = "this key is not known here. Check it, or make one: gallery keys create --scope verify"
_NO_SUCH_ID = "there is no key with that id; see `gallery keys list`"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Keys:
    """The keys of a gallery. What a key may do is asked of the database each time, so that a
    revocation holds at once in every process; remembered is only when a use was last noted."""

    units: UnitsOfWork
    clock: Callable[[], datetime] = utc_now
    _noted: dict[str, datetime] = field(default_factory=dict, compare=False, repr=False)

    def create(
        self,
        scopes: Collection[Scope],
        *,
        name: str | None = None,
        identity_id: int | None = None,
        valid_for: timedelta | None = None,
        scores: bool = False,
    ) -> IssuedKey:
        """The one moment at which the key's text can be seen.

        Refuses with InvalidValue, InvalidName and IdentityNotFound.
        """
        now = self.clock()
        key_id, secret = _random(ID_ALPHABET, ID_LENGTH), _random(SECRET_ALPHABET, SECRET_LENGTH)
        with self.units.write() as unit:
            person = None if identity_id is None else existing(unit, identity_id)
            key = Key(
                id=key_id,
                name=key_id if name is None else PersonName.parse(name).value,
                scopes=frozenset(scopes),
                created_at=now,
                expires_at=None if valid_for is None else now + valid_for,
                scores=scores,
                identity_id=identity_id,
                identity_name=None if person is None else person.name,
            )
            unit.keys.add(key, sha256(secret))
            unit.commit()
        return IssuedKey(key, f"{PREFIX}_{key_id}_{secret}")

    def list(self) -> tuple[Key, ...]:
        """Oldest first, those that no longer open anything too."""
        with self.units.read() as unit:
            return unit.keys.all()

    def needed(self) -> bool:
        """Whether there has ever been a key; when the last one is revoked, the door stays shut."""
        with self.units.read() as unit:
            return unit.keys.any()

    def any_usable(self) -> bool:
        """Whether anybody could come in with a key now."""
        now = self.clock()
        return any(key.usable(now) for key in self.list())

    def revoke(self, key_id: str) -> Key:
        """From now on it opens nothing, and who signed in with it is signed out.

        Refuses with KeyNotFound; a key that is revoked already stays as it is.
        """
        if _ID.fullmatch(key_id) is None:  # what is no text at all cannot be asked of the database
            raise KeyNotFound(_NO_SUCH_ID)
        with self.units.write() as unit:
            unit.keys.revoke(key_id, self.clock())
            key = unit.keys.get(key_id)
            unit.commit()
        if key is None:
            raise KeyNotFound(_NO_SUCH_ID)
        return key

    def authenticate(self, text: str) -> Key:
        """The key of that text. Refuses with KeyUnknown, KeyRevoked and KeyExpired."""
        found = _KEY.fullmatch(text)
        if found is None:
            raise KeyUnknown(_UNKNOWN)
        with self.units.read() as unit:
            stored = unit.keys.with_secret(found[1])
        key, expected = stored or (None, _NO_HASH)
        right = hmac.compare_digest(sha256(found[2]), expected)
        if key is None or not right:
            raise KeyUnknown(_UNKNOWN)
        _refuse_unusable(key, self.clock())
        self.note_use(key)
        return key

    def note_use(self, key: Key) -> None:
        """Remember the use, once a minute; a busy database is no reason to refuse."""
        now = self.clock()
        before = now - LAST_USE_IS_NOTED_EVERY
        last = self._noted.get(key.id) or key.last_used_at
        if last is not None and last > before:
            return
        self._noted[key.id] = now  # whatever comes of it: one request waits for the lock, not all
        try:
            with self.units.write() as unit:
                unit.keys.used(key.id, now, unless_since=before)
                unit.commit()
        except DatabaseUnavailable as reason:
            _log.warning("the use of key %s was not noted: %s", key.id, reason.message)


def _refuse_unusable(key: Key, now: datetime) -> None:
    """Raise KeyRevoked or KeyExpired; only said to who holds the secret."""
    if key.revoked_at is not None:
        raise KeyRevoked("this key was revoked. Ask for another")
    if key.expired(now):
        raise KeyExpired(
            f"this key expired at {key.expires_at:%Y-%m-%d %H:%M} UTC. Ask for another"
        )
    if key.orphaned:
        raise KeyRevoked("the person whom this key was for has been removed. Ask for another")


def sha256(secret: str) -> str:
    """In hexadecimal."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
