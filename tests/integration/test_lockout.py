"""A person can be tried so many times and no more, by all keys and processes together."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from gallery.bootstrap import Services
from gallery.domain.access import Rate
from gallery.errors import DatabaseUnavailable, LockedOut
from gallery.services.lockout import Lockout
from gallery.store import engine as engine_module
from gallery.store.unit_of_work import UnitsOfWork

LIMIT = Rate(3, 900)
START = datetime(2026, 1, 1, tzinfo=UTC)


class At:
    """A clock of seconds since the start."""

    seconds = 0.0

    def __call__(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


@pytest.fixture
def at() -> At:
    return At()


@pytest.fixture
def lockout(units: UnitsOfWork, at: At) -> Lockout:
    return Lockout(units, LIMIT, at)


@pytest.fixture
def ada(services: Services) -> int:
    return services.identities.create("Ada").id


def test_after_so_many_failures_a_person_is_locked_out(lockout: Lockout, at: At, ada: int) -> None:
    for at.seconds in (0, 10, 20):
        lockout.refuse_locked(ada)
        lockout.failed(ada)
    at.seconds = 30
    with pytest.raises(LockedOut, match=r"3 verifications .* try again in 870 s") as refused:
        lockout.refuse_locked(ada)
    assert refused.value.retry_after_seconds == 870
    with pytest.raises(LockedOut):
        lockout.failed(ada)


def test_a_lock_out_is_logged_for_the_operator_without_a_name(
    lockout: Lockout, ada: int, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        assert "locked out" not in caplog.text
        lockout.failed(ada)
    assert f"locked out identity_id={ada} after 3 failures in 900 s" in caplog.text
    assert "Ada" not in caplog.text


def test_another_person_is_not(lockout: Lockout, ada: int, services: Services) -> None:
    bob = services.identities.create("Bob").id
    for _ in range(3):
        lockout.failed(ada)
    lockout.refuse_locked(bob)
    lockout.failed(bob)


def test_the_promised_wait_is_enough_and_not_a_second_too_long(
    lockout: Lockout, at: At, ada: int
) -> None:
    for at.seconds in (0.5, 10, 20):
        lockout.failed(ada)
    at.seconds = 30
    with pytest.raises(LockedOut) as refused:
        lockout.refuse_locked(ada)
    at.seconds += refused.value.retry_after_seconds - 1
    with pytest.raises(LockedOut):
        lockout.refuse_locked(ada)
    at.seconds += 1
    lockout.refuse_locked(ada)
    lockout.failed(ada)
    with pytest.raises(LockedOut):
        lockout.refuse_locked(ada)


def test_no_stretch_of_the_window_s_length_holds_more_failures_than_may(
    lockout: Lockout, at: At, ada: int
) -> None:
    told = []
    for second in range(0, 4000, 7):
        at.seconds = second
        try:
            lockout.failed(ada)
        except LockedOut:
            continue
        told.append(second)
    assert len(told) > 9
    for last in told:
        assert sum(last - LIMIT.seconds < moment <= last for moment in told) <= LIMIT.count


def test_many_questions_at_once_learn_no_more_than_so_many_verdicts(
    units: UnitsOfWork, ada: int
) -> None:
    lockout = Lockout(units, LIMIT)

    def ask(_: int) -> bool:
        lockout.refuse_locked(ada)
        lockout.failed(ada)
        return True

    def told(number: int) -> bool:
        try:
            return ask(number)
        except LockedOut:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(told, range(40))) == LIMIT.count


def test_old_failures_are_forgotten(lockout: Lockout, at: At, ada: int, units: UnitsOfWork) -> None:
    lockout.failed(ada)
    at.seconds = LIMIT.seconds
    lockout.failed(ada)
    with units.read() as unit:
        assert unit.failures.count() == 1


def test_failures_that_a_clock_ahead_has_stamped_lock_nobody_out_once_it_is_right(
    lockout: Lockout, at: At, ada: int, units: UnitsOfWork
) -> None:
    at.seconds = 365 * 86_400
    for _ in range(LIMIT.count):
        lockout.failed(ada)
    at.seconds = 0
    lockout.refuse_locked(ada)
    lockout.failed(ada)
    with units.read() as unit:
        assert unit.failures.count() == 1


def test_a_clock_that_is_set_back_a_little_forgets_no_failure(
    lockout: Lockout, at: At, ada: int
) -> None:
    at.seconds = LIMIT.seconds
    lockout.failed(ada)
    for at.seconds in (LIMIT.seconds - 1, 0):
        lockout.failed(ada)
    with pytest.raises(LockedOut, match="try again in 900 s"):
        lockout.failed(ada)
    with pytest.raises(LockedOut):
        lockout.matched(ada)


def test_a_match_counts_nothing(lockout: Lockout, ada: int, units: UnitsOfWork) -> None:
    for _ in range(LIMIT.count + 1):
        lockout.matched(ada)
    with units.read() as unit:
        assert unit.failures.count() == 0


def test_a_match_does_not_wipe_failures_out_and_is_not_told_of_a_person_locked_out(
    lockout: Lockout, ada: int
) -> None:
    for _ in range(LIMIT.count):
        lockout.matched(ada)
        lockout.failed(ada)
    with pytest.raises(LockedOut):
        lockout.matched(ada)


def test_where_a_failure_cannot_be_counted_a_match_is_not_told_either(
    database_url: str, services: Services, photo: Callable[[int, int], bytes], monkeypatch
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_SECONDS", 0.1)
    [enrolled] = services.enroll.by_name("Ada", [photo(0, 0)])
    ada = enrolled.identity.id

    def matched(person: int) -> bool:
        asked = services.lockout.watched(ada, lambda: services.verify(ada, photo(person, 1)))
        return asked.decision.matched

    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for person in (1, 0, 1, 0):
        with pytest.raises(DatabaseUnavailable, match="busy"):
            matched(person)
    other.execute("ROLLBACK")
    other.close()
    assert (matched(1), matched(0)) == (False, True)


def test_a_removed_person_takes_the_failures_along(
    lockout: Lockout, ada: int, services: Services, units: UnitsOfWork
) -> None:
    lockout.failed(ada)
    services.identities.remove(ada)
    lockout.failed(ada)  # the photo was looked at while the person was removed
    lockout.matched(ada)
    with units.read() as unit:
        assert unit.failures.count() == 0
