"""Keys and sessions in a real database: made once, known by a hash, ended at once."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gallery.bootstrap import Services
from gallery.domain.access import Scope
from gallery.errors import (
    IdentityNotFound,
    InvalidName,
    InvalidValue,
    KeyExpired,
    KeyNotFound,
    KeyRevoked,
    KeyUnknown,
    SessionEnded,
)
from gallery.services.keys import Keys
from gallery.services.sessions import LASTS, Sessions
from gallery.settings import Settings
from gallery.store.unit_of_work import UnitsOfWork

REVOKE = """
import sys
from gallery.bootstrap import Services
from gallery.settings import Settings
services = Services(Settings(sys.argv[1]))
services.keys.revoke(sys.argv[2])
services.close()
"""


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(units: UnitsOfWork, clock: Clock) -> Keys:
    return Keys(units, clock)


@pytest.fixture
def sessions(units: UnitsOfWork, keys: Keys, clock: Clock) -> Sessions:
    return Sessions(units, keys, clock)


def test_a_key_has_a_known_prefix_an_id_and_256_bits(keys: Keys) -> None:
    issued = keys.create([Scope.VERIFY])
    assert re.fullmatch(r"gallery_[a-z0-9]{12}_[A-Za-z0-9]{43}", issued.text)
    assert issued.text.split("_")[1] == issued.key.id
    assert keys.authenticate(issued.text).id == issued.key.id
    assert keys.create([Scope.VERIFY]).text != issued.text


def test_the_secret_is_nowhere_in_the_database(
    keys: Keys, sessions: Sessions, database_url: str
) -> None:
    issued = keys.create([Scope.ADMIN], name="the admin's")
    token = sessions.begin(issued.text).token
    connection = sqlite3.connect(database_url.removeprefix("sqlite:///"))
    dump = "\n".join(connection.iterdump())
    connection.close()
    assert "the admin''s" in dump
    assert issued.text.split("_")[2] not in dump
    assert token not in dump


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda text: text[:-1],
        lambda text: text + "a",
        lambda text: text.upper(),
        lambda text: " " + text,
        lambda text: text + "\n",
        lambda text: text.replace("gallery", "Gallery"),
        lambda text: "gallery_" + "a" * 12 + text[20:],
        lambda text: "",
        lambda text: "x" * 100_000,
        lambda text: text[:-1] + "é",
        lambda text: text[:-1] + "\x00",
        lambda text: text[:-1] + "\ud800",
        lambda text: "gallery_' OR 1=1 --_" + text[21:],
    ],
)
def test_what_is_not_exactly_the_key_is_unknown(keys: Keys, spoil: Callable[[str], str]) -> None:
    issued = keys.create([Scope.VERIFY])
    with pytest.raises(KeyUnknown, match="gallery keys create"):
        keys.authenticate(spoil(issued.text))


def test_the_secret_of_one_key_does_not_open_another(keys: Keys) -> None:
    one, other = keys.create([Scope.VERIFY]), keys.create([Scope.ADMIN])
    mixed = "_".join(["gallery", other.key.id, one.text.split("_")[2]])
    with pytest.raises(KeyUnknown):
        keys.authenticate(mixed)


def test_a_key_expires_and_says_so_to_its_holder_only(keys: Keys, clock: Clock) -> None:
    issued = keys.create([Scope.VERIFY], valid_for=timedelta(hours=12))
    clock.pass_by(timedelta(hours=12) - timedelta(seconds=1))
    keys.authenticate(issued.text)
    assert keys.any_usable()
    clock.pass_by(timedelta(seconds=1))
    with pytest.raises(KeyExpired, match="2026-01-01 12:00 UTC"):
        keys.authenticate(issued.text)
    with pytest.raises(KeyUnknown):
        keys.authenticate(issued.text[:-1] + ("a" if issued.text[-1] != "a" else "b"))
    assert not keys.any_usable()
    assert keys.needed()


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(keys: Keys, clock: Clock) -> None:
    issued = keys.create([Scope.VERIFY])
    keys.revoke(issued.key.id)
    with pytest.raises(KeyRevoked):
        keys.authenticate(issued.text)
    first = keys.list()[0].revoked_at
    clock.pass_by(timedelta(days=1))
    assert keys.revoke(issued.key.id).revoked_at == first
    assert keys.needed()


@pytest.mark.parametrize("key_id", ["nonsense", "a" * 12, "", "\udcff", "a" * 11 + "\n"])
def test_a_key_that_is_not_there_cannot_be_revoked(keys: Keys, key_id: str) -> None:
    with pytest.raises(KeyNotFound, match="gallery keys list"):
        keys.revoke(key_id)


def test_a_revocation_by_another_process_holds_at_once(
    services: Services,
    database_url: str,
    in_another_process: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    issued = services.keys.create([Scope.VERIFY])
    token = services.sessions.begin(issued.text).token
    services.keys.authenticate(issued.text)
    services.sessions.key_of(token)
    in_another_process(REVOKE, database_url, issued.key.id)
    with pytest.raises(KeyRevoked):
        services.keys.authenticate(issued.text)
    with pytest.raises(SessionEnded):
        services.sessions.key_of(token)


def test_the_last_use_is_written_once_a_minute(keys: Keys, clock: Clock, database_url: str) -> None:
    issued = keys.create([Scope.VERIFY])
    assert keys.list()[0].last_used_at is None
    keys.authenticate(issued.text)
    first = clock.now
    assert keys.list()[0].last_used_at == first
    path = database_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        before = connection.execute("PRAGMA data_version").fetchone()
        for _ in range(20):
            clock.pass_by(timedelta(seconds=2))
            keys.authenticate(issued.text)
        assert connection.execute("PRAGMA data_version").fetchone() == before
    connection.close()
    assert keys.list()[0].last_used_at == first
    clock.pass_by(timedelta(seconds=20))
    keys.authenticate(issued.text)
    assert keys.list()[0].last_used_at == clock.now


def test_a_key_opens_while_the_database_cannot_be_written(
    keys: Keys, clock: Clock, database_url: str
) -> None:
    issued = keys.create([Scope.VERIFY])
    path = database_url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert keys.authenticate(issued.text).last_used_at is None
    started = time.monotonic()
    assert keys.authenticate(issued.text).last_used_at is None
    assert time.monotonic() - started < 2  # only the first of a minute waits for the lock
    other.execute("ROLLBACK")
    other.close()


def test_a_key_of_a_person(keys: Keys, services: Services) -> None:
    ada = services.identities.create("Ada")
    issued = keys.create([Scope.VERIFY, Scope.ENROLL], identity_id=ada.id)
    key = keys.authenticate(issued.text)
    assert (key.identity_id, key.identity_name) == (ada.id, "Ada")
    services.identities.rename(ada.id, "Ada Lovelace")
    assert keys.authenticate(issued.text).identity_name == "Ada Lovelace"


def test_the_key_of_a_person_who_was_removed_opens_nothing(keys: Keys, services: Services) -> None:
    ada = services.identities.create("Ada")
    issued = keys.create([Scope.VERIFY], identity_id=ada.id)
    services.identities.remove(ada.id)
    services.identities.create("Ada")
    with pytest.raises(KeyRevoked, match="removed"):
        keys.authenticate(issued.text)
    assert keys.needed()
    assert not keys.any_usable()


def test_keys_that_make_no_sense_are_not_made(keys: Keys, services: Services) -> None:
    with pytest.raises(IdentityNotFound):
        keys.create([Scope.VERIFY], identity_id=99)
    with pytest.raises(InvalidValue):
        keys.create([])
    with pytest.raises(InvalidName):
        keys.create([Scope.VERIFY], name="a\x00b")
    ada = services.identities.create("Ada")
    with pytest.raises(InvalidValue, match="identify"):
        keys.create([Scope.IDENTIFY], identity_id=ada.id)
    assert keys.list() == ()
    assert not keys.needed()


def test_a_session_ends_after_half_a_day(keys: Keys, sessions: Sessions, clock: Clock) -> None:
    begun = sessions.begin(keys.create([Scope.ADMIN]).text)
    assert begun.expires_at == clock.now + LASTS
    clock.pass_by(LASTS - timedelta(seconds=1))
    assert sessions.key_of(begun.token).id == begun.key.id
    clock.pass_by(timedelta(seconds=1))
    with pytest.raises(SessionEnded):
        sessions.key_of(begun.token)


def test_a_session_never_outlives_its_key(keys: Keys, sessions: Sessions, clock: Clock) -> None:
    issued = keys.create([Scope.ADMIN], valid_for=timedelta(hours=1))
    begun = sessions.begin(issued.text)
    assert begun.expires_at == issued.key.expires_at
    clock.pass_by(timedelta(hours=1))
    with pytest.raises(SessionEnded):
        sessions.key_of(begun.token)


def test_a_session_ends_when_the_key_s_person_is_removed(
    keys: Keys, sessions: Sessions, services: Services
) -> None:
    ada = services.identities.create("Ada")
    begun = sessions.begin(keys.create([Scope.VERIFY], identity_id=ada.id).text)
    services.identities.remove(ada.id)
    with pytest.raises(SessionEnded):
        sessions.key_of(begun.token)


def test_signing_out_ends_this_session_and_no_other(keys: Keys, sessions: Sessions) -> None:
    issued = keys.create([Scope.ADMIN])
    one, other = sessions.begin(issued.text), sessions.begin(issued.text)
    assert one.token != other.token
    sessions.end(one.token)
    sessions.end(one.token)
    with pytest.raises(SessionEnded):
        sessions.key_of(one.token)
    assert sessions.key_of(other.token).id == issued.key.id


@pytest.mark.parametrize("token", ["", "x" * 100_000, "\ud800", "' OR 1=1 --"])
def test_a_token_that_nobody_was_given_is_no_session(sessions: Sessions, token: str) -> None:
    with pytest.raises(SessionEnded):
        sessions.key_of(token)


def test_nobody_signs_in_with_a_key_that_opens_nothing(keys: Keys, sessions: Sessions) -> None:
    issued = keys.create([Scope.ADMIN])
    keys.revoke(issued.key.id)
    with pytest.raises(KeyRevoked):
        sessions.begin(issued.text)


def test_sessions_that_ended_are_forgotten(
    keys: Keys, sessions: Sessions, clock: Clock, database_url: str
) -> None:
    issued = keys.create([Scope.ADMIN])
    for _ in range(3):
        sessions.begin(issued.text)
    clock.pass_by(LASTS)
    sessions.begin(issued.text)
    connection = sqlite3.connect(database_url.removeprefix("sqlite:///"))
    assert connection.execute("SELECT count(*) FROM session").fetchone() == (1,)
    connection.close()


def test_a_gallery_starts_without_keys(services: Services, database_url: str) -> None:
    assert services.keys.list() == ()
    assert not services.keys.needed()
    assert not services.keys.any_usable()
    assert Settings(database_url).lockout.count == 10
