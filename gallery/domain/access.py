"""Who may do what: scopes, the key that holds them, and how often something may happen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from gallery.errors import InvalidValue

MAX_DAYS = 3650
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"([1-9][0-9]{0,8})([smhdw])", re.ASCII)
_RATE = re.compile(r"([1-9][0-9]{0,8})/([0-9]{1,9}[smhdw])", re.ASCII)


class Scope(StrEnum):
    """What a key may do.

    verify: compare two photos, and check a photo against a person. identify: ask who a photo
    shows. enroll: create people, add faces, see people and crops. admin: everything.
    """

    VERIFY = "verify"
    IDENTIFY = "identify"
    ENROLL = "enroll"
    ADMIN = "admin"


@dataclass(frozen=True)
class Key:
    """A key as it is kept: everything but its secret. `id` is the part of it that is no secret.

    identity_id: the one person that it is bound to; identity_name is None when that person is
    gone, and the key is dead then. scores: whether it is told distances whatever its scopes.
    Refuses with InvalidValue: no scope at all, or a bound key that would see other people.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    scores: bool = False
    identity_id: int | None = None
    identity_name: str | None = None

    def __post_init__(self) -> None:
        if not self.scopes:
            raise InvalidValue(f"a key needs a scope; choose of {', '.join(Scope)}")
        wide = self.scopes & {Scope.IDENTIFY, Scope.ADMIN}
        if self.identity_id is not None and wide:
            raise InvalidValue(
                f"a key of one person cannot have the scope {min(wide)}, which is about everybody; "
                f"choose of {Scope.VERIFY}, {Scope.ENROLL}"
            )

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes

    @property
    def sees_scores(self) -> bool:
        """A score tells an attacker which change of a photo came nearer; a bare verdict does not.

        Whoever may do more than verify has other ways to learn it, so nothing is hidden there.
        """
        return self.scores or self.scopes != {Scope.VERIFY}

    def reaches(self, identity_id: int | None) -> bool:
        """Whether it may ask at an address of that person; None is an address of nobody's own."""
        return self.identity_id is None or self.identity_id == identity_id

    @property
    def orphaned(self) -> bool:
        """The person that it was bound to has been removed."""
        return self.identity_id is not None and self.identity_name is None

    def expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def usable(self, now: datetime) -> bool:
        return self.revoked_at is None and not self.expired(now) and not self.orphaned


@dataclass(frozen=True)
class IssuedKey:
    """A new key; its text, which nothing can show a second time."""

    key: Key
    text: str

    def __repr__(self) -> str:
        return f"IssuedKey(key={self.key!r})"


@dataclass(frozen=True)
class Rate:
    """`count` times in `seconds`."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Rate:
        """As in "600/1m" or "10/15m"; the units are s, m, h, d and w."""
        found = _RATE.fullmatch(text.strip())
        if found is None:
            raise InvalidValue(f"{text!r} is no rate; write it as 600/1m, which is 600 in a minute")
        return cls(int(found[1]), int(parse_duration(found[2]).total_seconds()))


def parse_duration(text: str) -> timedelta:
    """As in "90d" or "12h", up to ten years; the units are s, m, h, d and w."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise InvalidValue(f"{text!r} is no length of time; write it as 90d, 12h or 30m")
    amount = int(found[1])
    if amount > timedelta(days=MAX_DAYS) / timedelta(**{_UNITS[found[2]]: 1}):
        raise InvalidValue(f"{text} is too long; at most {MAX_DAYS}d")
    return timedelta(**{_UNITS[found[2]]: amount})


def utc_now() -> datetime:
    return datetime.now(UTC)
