"""So many requests by a key, so many from an address, so many wrong keys."""

from __future__ import annotations

import io
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.counters import SharedCounters
from api.timed_socket import TooSlow
from gallery.domain.access import Rate, Scope

PEOPLE = "/v1/identities"
START = 1_767_225_600.0


def test_a_key_may_ask_so_often_and_another_still_may(limited, key, problem):
    client = limited(key_rate=Rate(3, 60))
    busy, quiet = key(Scope.ADMIN), key(Scope.ADMIN)
    assert [client.get(PEOPLE, headers=busy).status_code for _ in range(3)] == [200] * 3
    answer = client.get(PEOPLE, headers=busy)
    detail = problem(answer, 429, "too_many_requests")["detail"]
    assert detail.startswith("3 requests in 60 s are as many as may come with one key; ")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert client.get(PEOPLE, headers=quiet).status_code == 200


def test_several_processes_count_together(limited, key):
    one, other = limited(key_rate=Rate(3, 60)), limited(key_rate=Rate(3, 60))
    busy = key(Scope.ADMIN)
    statuses = [client.get(PEOPLE, headers=busy).status_code for client in (one, other) * 2]
    assert statuses == [200, 200, 200, 429]


def test_after_the_promised_wait_the_key_may_ask_again(limited, key, problem):
    client, busy = limited(key_rate=Rate(1, 1)), key(Scope.ADMIN)
    assert client.get(PEOPLE, headers=busy).status_code == 200
    answer = client.get(PEOPLE, headers=busy)
    problem(answer, 429, "too_many_requests")
    time.sleep(int(answer.headers["Retry-After"]))
    assert client.get(PEOPLE, headers=busy).status_code == 200


def from_(address: str) -> dict[str, dict[str, str]]:
    return {"environ_overrides": {"REMOTE_ADDR": address}}


def test_an_address_may_ask_so_often_with_however_many_keys(limited, key):
    client = limited(address_rate=Rate(3, 60))
    keys = [key(Scope.ADMIN) for _ in range(4)]
    statuses = [client.get(PEOPLE, headers=one, **from_("192.0.2.1")).status_code for one in keys]
    assert statuses == [200, 200, 200, 429]
    assert client.get(PEOPLE, headers=keys[0], **from_("192.0.2.2")).status_code == 200


def test_the_addresses_of_one_ipv6_network_count_as_one(limited, key):
    client, headers = limited(address_rate=Rate(2, 60)), key(Scope.ADMIN)
    places = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3", "2001:db8:0:1::1", "fe80::1%eth0"]
    statuses = [client.get(PEOPLE, headers=headers, **from_(one)).status_code for one in places]
    assert statuses == [200, 200, 429, 200, 200]


def test_ipv4_clients_of_a_socket_for_both_kinds_are_told_apart(limited, key):
    client, headers = limited(address_rate=Rate(1, 60)), key(Scope.ADMIN)
    places = ["::ffff:192.0.2.1", "::ffff:192.0.2.2", "192.0.2.2", "::ffff:c000:201"]
    statuses = [client.get(PEOPLE, headers=headers, **from_(one)).status_code for one in places]
    assert statuses == [200, 200, 429, 429]


def test_strangers_are_counted_by_address_before_they_are_refused(limited, key):
    client = limited(address_rate=Rate(2, 60))
    key(Scope.ADMIN)
    statuses = [client.get(PEOPLE).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]


def test_wrong_keys_are_limited_by_address(limited, key):
    client, right = limited(wrong_key_rate=Rate(3, 60)), key(Scope.ADMIN)
    wrong = {"Authorization": "Bearer x"}
    statuses = [
        client.get(PEOPLE, headers=wrong, **from_("192.0.2.1")).status_code for _ in range(4)
    ]
    assert statuses == [401, 401, 401, 429]
    # a neighbour behind the same address, with a right key, is let in all the same
    assert client.get(PEOPLE, headers=right, **from_("192.0.2.1")).status_code == 200
    assert client.get(PEOPLE, headers=wrong, **from_("192.0.2.2")).status_code == 401


def test_after_wrong_keys_nobody_signs_in_from_there_for_a_while(limited, services, problem):
    client = limited(wrong_key_rate=Rate(3, 60))
    text = services.keys.create([Scope.ADMIN]).text

    def sign_in(given: str, address: str) -> int:
        return client.post("/session", json={"key": given}, **from_(address)).status_code

    assert [sign_in("x", "192.0.2.1") for _ in range(3)] == [401] * 3
    answer = client.post("/session", json={"key": text}, **from_("192.0.2.1"))
    assert "3 wrong keys in 60 s" in problem(answer, 429, "too_many_requests")["detail"]
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Set-Cookie" not in answer.headers
    assert sign_in(text, "192.0.2.2") == 200


class NeverArrives(io.RawIOBase):
    """A body of a client that is cut off."""

    reads = 0

    def readinto(self, _: object) -> int:
        self.reads += 1
        raise TooSlow(20)


def test_signing_in_is_counted_and_refused_before_the_body_is_read(limited, services):
    services.keys.create([Scope.ADMIN])
    client = limited(address_rate=Rate(4, 60), wrong_key_rate=Rate(2, 60))
    body = NeverArrives()

    def dribble(address: str) -> int:
        sent = {"wsgi.input": body, "wsgi.input_terminated": True, "REMOTE_ADDR": address}
        answer = client.post("/session", content_type="application/json", environ_overrides=sent)
        return answer.status_code

    assert [dribble("192.0.2.1") for _ in range(5)] == [408] * 4 + [429]
    assert body.reads == 4
    for _ in range(2):
        client.post("/session", json={"key": "x"}, **from_("192.0.2.2"))
    assert dribble("192.0.2.2") == 429
    assert body.reads == 4


def test_a_key_that_has_ended_is_no_guess(limited, key, services):
    client, headers = limited(wrong_key_rate=Rate(1, 60)), key(Scope.ADMIN)
    services.keys.revoke(services.keys.list()[0].id)
    statuses = [client.get(PEOPLE, headers=headers).status_code for _ in range(3)]
    assert statuses == [401] * 3


def test_nothing_is_counted_while_no_key_is_needed(limited):
    client = limited(key_rate=Rate(1, 60), address_rate=Rate(1, 60))
    assert [client.get(PEOPLE).status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize(("proxies", "expected"), [(0, [200, 429]), (1, [200, 200])])
def test_a_client_s_own_word_on_its_address_counts_only_from_behind_a_proxy(
    limited, key, proxies, expected
):
    client = limited(address_rate=Rate(1, 60), proxies=proxies)
    headers = key(Scope.ADMIN)
    statuses = [
        client.get(PEOPLE, headers={**headers, "X-Forwarded-For": f"198.51.100.{n}"}).status_code
        for n in (1, 2)
    ]
    assert statuses == expected


def test_behind_a_proxy_only_the_proxy_s_own_word_counts(limited, key):
    client, headers = limited(address_rate=Rate(1, 60), proxies=1), key(Scope.ADMIN)
    told = [f"203.0.113.{n}, 198.51.100.1" for n in (1, 2)]  # the first was made up by the client
    statuses = [
        client.get(PEOPLE, headers={**headers, "X-Forwarded-For": one}).status_code for one in told
    ]
    assert statuses == [200, 429]


def test_the_port_that_a_proxy_writes_behind_an_address_tells_no_clients_apart(limited, key):
    client, headers = limited(address_rate=Rate(1, 60), proxies=1), key(Scope.ADMIN)
    told = {
        "203.0.113.1:40001": 200,
        "203.0.113.1:40002": 429,
        "203.0.113.1": 429,
        "203.0.113.2:40001": 200,
        "[2001:db8::1]:443": 200,
        "[2001:db8::2]": 429,
        "2001:db8::3": 429,
        "[2001:db8:0:1::1]:443": 200,
        "[::ffff:203.0.113.2]:443": 429,
        "[fe80::1%eth0]:443": 200,
        "nonsense:80": 200,
        "[]:80": 429,  # what is no address is one place
    }
    for one, status in told.items():
        answer = client.get(PEOPLE, headers={**headers, "X-Forwarded-For": one})
        assert answer.status_code == status, one


def test_behind_a_proxy_with_tls_the_cookie_is_secure(limited, services):
    client = limited(proxies=1)
    text = services.keys.create([Scope.ADMIN]).text
    answer = client.post("/session", json={"key": text}, headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["Set-Cookie"].startswith("__Host-gallery=")
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.fixture
def counters(tmp_path) -> Callable[[], SharedCounters]:
    """Opens the same counters again."""
    opened = []

    def make() -> SharedCounters:
        opened.append(SharedCounters(tmp_path / "counters"))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


COUNT = """
import sys
from pathlib import Path
from api.counters import SharedCounters
counters = SharedCounters(Path(sys.argv[1]))
for _ in range(200):
    counters.incr("name", 60)
counters.close()
"""


def test_counts_of_processes_at_once_all_count(counters, tmp_path, in_another_process):
    counters().check()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: in_another_process(COUNT, str(tmp_path / "counters")), range(3)))
    assert counters().get("name") == 600


def test_counters_that_are_opened_for_the_first_time_at_once_all_count(tmp_path):
    for attempt in range(20):
        path = tmp_path / str(attempt)
        together = threading.Barrier(6)

        def count(_: int, path=path, together=together) -> int:
            counters = SharedCounters(path)
            together.wait()
            counted = counters.incr("name", 60)
            counters.close()
            return counted

        with ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(count, range(6))) == [1, 2, 3, 4, 5, 6]


def test_a_window_ends_and_is_forgotten(counters, tmp_path):
    one = counters()
    assert [one.incr("short", 1), one.incr("short", 1)] == [1, 2]
    assert 0 < one.get_expiry("short") - time.time() <= 1
    time.sleep(1.05)
    assert one.get("short") == 0
    assert one.incr("short", 1) == 1
    one.incr("gone", 1)
    time.sleep(1.05)
    assert counters().incr("other", 60) == 1
    with sqlite3.connect(tmp_path / "counters") as connection:
        assert connection.execute("SELECT name FROM time_window").fetchall() == [("other",)]
    connection.close()


class At:
    """A clock that is set by hand."""

    now = START

    def __call__(self) -> float:
        return self.now


def test_a_window_that_a_clock_ahead_has_begun_ends_when_the_clock_is_set_right(tmp_path):
    at = At()
    at.now = START + 365 * 86_400
    one = SharedCounters(tmp_path / "counters", at)
    for name in ("again", "looked at", "forgotten"):
        assert [one.incr(name, 60), one.incr(name, 60)] == [1, 2]
    at.now = START
    assert (one.get("looked at"), one.get_expiry("looked at")) == (0, START)
    assert one.incr("again", 60) == 1
    assert (one.get("again"), one.get_expiry("again")) == (1, START + 60)
    one.close()
    other = SharedCounters(tmp_path / "counters", at)
    assert other.incr("again", 60) == 2
    with sqlite3.connect(tmp_path / "counters") as connection:
        assert connection.execute("SELECT name FROM time_window").fetchall() == [("again",)]
    connection.close()
    other.close()


def test_a_window_outlasts_a_small_step_back_of_the_clock(tmp_path):
    at = At()
    one = SharedCounters(tmp_path / "counters", at)
    assert one.incr("a", 60) == 1
    for step, counted in ((1, 2), (60, 3), (61, 1), (2, 2)):
        at.now = START - step
        assert one.incr("a", 60) == counted
        assert one.get("a") == counted
    one.close()


def test_one_counter_and_all_counters_are_cleared(counters):
    one = counters()
    one.incr("a", 60)
    one.incr("b", 60)
    one.clear("a")
    assert (one.get("a"), one.get("b")) == (0, 1)
    assert one.reset() == 1
    assert one.get("b") == 0


def test_the_counters_are_nobody_else_s_to_read(counters, tmp_path):
    counters().incr("a", 60)
    assert (tmp_path / "counters").stat().st_mode & 0o777 == 0o600


def test_damaged_counters_begin_anew(counters, tmp_path):
    (tmp_path / "counters").write_bytes(b"no database, but long enough to look at " * 100)
    assert counters().incr("a", 60) == 1


def test_a_server_that_cannot_count_still_answers(limited, key, services, caplog):
    services.settings.counters_path.mkdir()
    client, headers = limited(key_rate=Rate(1, 60)), key(Scope.ADMIN)
    assert [client.get(PEOPLE, headers=headers).status_code for _ in range(3)] == [200] * 3
    assert client.post("/session", json={"key": "x"}).status_code == 401
    assert "not counted" in caplog.text
