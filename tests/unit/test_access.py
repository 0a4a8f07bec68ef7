"""Scopes, keys, rates and lengths of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gallery.domain.access import IssuedKey, Key, Rate, Scope, parse_duration
from gallery.errors import InvalidValue

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def key(*scopes: Scope, **more: object) -> Key:
    return Key(id="k", name="k", scopes=frozenset(scopes), created_at=NOW, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("held", list(Scope))
def test_a_scope_opens_itself_only_and_admin_opens_all(held: Scope) -> None:
    for asked in Scope:
        assert key(held).allows(asked) is (held is asked or held is Scope.ADMIN)


def test_a_key_may_hold_several_scopes() -> None:
    both = key(Scope.VERIFY, Scope.ENROLL)
    assert both.allows(Scope.VERIFY)
    assert both.allows(Scope.ENROLL)
    assert not both.allows(Scope.IDENTIFY)
    assert not both.allows(Scope.ADMIN)


def test_a_key_without_a_scope_cannot_be() -> None:
    with pytest.raises(InvalidValue, match="verify, identify, enroll, admin"):
        key()


@pytest.mark.parametrize("wide", [Scope.IDENTIFY, Scope.ADMIN])
def test_a_key_of_one_person_cannot_look_at_everybody(wide: Scope) -> None:
    with pytest.raises(InvalidValue, match=wide):
        key(Scope.VERIFY, wide, identity_id=1)


def test_a_key_of_one_person_reaches_that_person_and_nothing_else() -> None:
    bound = key(Scope.VERIFY, identity_id=1, identity_name="Ada")
    assert bound.reaches(1)
    assert not bound.reaches(2)
    assert not bound.reaches(None)
    assert key(Scope.VERIFY).reaches(None)


def test_a_key_that_may_only_verify_sees_no_scores_unless_it_was_made_so() -> None:
    assert not key(Scope.VERIFY).sees_scores
    assert key(Scope.VERIFY, scores=True).sees_scores
    assert key(Scope.VERIFY, Scope.IDENTIFY).sees_scores
    assert key(Scope.ADMIN).sees_scores


def test_a_key_ends_at_its_very_moment() -> None:
    dated = key(Scope.VERIFY, expires_at=NOW)
    assert dated.usable(NOW - timedelta(microseconds=1))
    assert not dated.usable(NOW)
    assert not key(Scope.VERIFY, revoked_at=NOW).usable(NOW)
    assert not key(Scope.VERIFY, identity_id=1, identity_name=None).usable(NOW)


def test_a_key_that_is_printed_by_mistake_hides_its_secret() -> None:
    assert "secret" not in repr(IssuedKey(key(Scope.VERIFY), "gallery_k_secret"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90d", timedelta(days=90)),
        ("12h", timedelta(hours=12)),
        (" 30m ", timedelta(minutes=30)),
        ("2w", timedelta(weeks=2)),
        ("1s", timedelta(seconds=1)),
        ("3650d", timedelta(days=3650)),
    ],
)
def test_lengths_of_time(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "0d", "-1d", "1.5h", "90", "d", "90 days", "1y", "٣d", "3651d", "999999999w", "9" * 99],
)
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_duration(text)


def test_rates() -> None:
    assert Rate.parse("600/1m") == Rate(600, 60)
    assert Rate.parse("10/15m") == Rate(10, 900)


@pytest.mark.parametrize(
    "text", ["", "600", "0/1m", "600/0m", "600/m", "-1/1m", "600/minute", "a/b"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        Rate.parse(text)
