"""How often a key and an address may ask, and an address be wrong about a key.

A batch of n photos counts as the n requests that it stands for.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import re
import sqlite3
import time

from flask import request
from limits import RateLimitItemPerSecond
from limits.strategies import FixedWindowRateLimiter

from api.counters import SharedCounters
from gallery.domain.access import Key, Rate
from gallery.errors import BatchTooLarge, TooManyRequests
from gallery.settings import Settings

IPV6_NETWORK_BITS = 64
"""One customer has at least that many addresses to choose from, so they count as one."""
_WITH_PORT = re.compile(r"(?:\[([^]]+)\]|([^:]+))(?::[0-9]+)?")
_log = logging.getLogger(__name__)


class RateLimits:
    """Counted by all processes together, in windows that begin with their first request."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._counter = FixedWindowRateLimiter(SharedCounters(settings.counters_path))

    def count_address(self) -> None:
        """Count this request for its address. This and the next raise TooManyRequests."""
        self._count(self._settings.address_rate, "requests", "address", address())

    def count_key(self, key: Key) -> None:
        """Count this request for the key that came with it."""
        self._count(self._settings.key_rate, "requests", "key", key.id)

    def count_batch(self, key: Key, requests: int) -> None:
        """Count what a batch stands for beyond the one request that the door has counted.

        All of it or none: a batch that is refused takes nothing from smaller ones. Raises
        BatchTooLarge where no window has room for it, else TooManyRequests.
        """
        rates = (
            (self._settings.key_rate, ("key", key.id)),
            (self._settings.address_rate, ("address", address())),
        )
        _refuse_larger_than(min((rate for rate, _ in rates), key=lambda rate: rate.count), requests)
        try:
            for take in (self._counter.test, self._counter.hit):  # a race is lost at the second
                for rate, names in rates:
                    if not take(_item(rate), *names, cost=requests - 1):
                        raise self._no_room(rate, names, requests)
        except sqlite3.Error as error:
            _uncounted(error)

    def count_wrong_key(self) -> None:
        """Count that this address gave a key that opens nothing."""
        self._count(self._settings.wrong_key_rate, "wrong keys", "wrong", address())

    def refuse_after_wrong_keys(self) -> None:
        """Raise TooManyRequests where this address gave too many wrong keys of late."""
        rate = self._settings.wrong_key_rate
        item, names = _item(rate), ("wrong", address())
        try:
            if not self._counter.test(item, *names):
                raise self._refusal(rate, "wrong keys", item, names)
        except sqlite3.Error as error:
            _uncounted(error)

    def _count(self, rate: Rate, what: str, *names: str) -> None:
        item = _item(rate)
        try:
            if not self._counter.hit(item, *names):
                raise self._refusal(rate, what, item, names)
        except sqlite3.Error as error:
            _uncounted(error)

    def _refusal(
        self, rate: Rate, what: str, item: RateLimitItemPerSecond, names: tuple[str, ...]
    ) -> TooManyRequests:
        wait = _seconds_to(self._counter.get_window_stats(item, *names).reset_time)
        return TooManyRequests(
            f"{rate.count} {what} in {rate.seconds} s are as many as may come "
            f"{'with one key' if names[0] == 'key' else 'from here'}; "
            f"try again in {wait} s",
            wait,
        )

    def _no_room(self, rate: Rate, names: tuple[str, ...], requests: int) -> TooManyRequests:
        window = self._counter.get_window_stats(_item(rate), *names)
        wait = _seconds_to(window.reset_time)
        return TooManyRequests(
            f"this batch counts as {requests} requests, and of {rate.count} in {rate.seconds} s "
            f"{window.remaining} are left; try again in {wait} s, or with fewer photos",
            wait,
        )


def address() -> str:
    """Where this request comes from; of an IPv6 address the network, unless it maps an IPv4 one."""
    try:
        found = ipaddress.ip_address(_without_port(request.remote_addr or "").partition("%")[0])
    except ValueError:
        return "nowhere"  # no client is without an address on a TCP socket
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:  # as a socket for both kinds writes an IPv4 client
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, IPV6_NETWORK_BITS), strict=False))


def _without_port(text: str) -> str:
    """Some proxies write 192.0.2.1:4000 or [2001:db8::1]:443; a bare IPv6 address has no port."""
    found = _WITH_PORT.fullmatch(text)
    return text if found is None else found[1] or found[2]


def _refuse_larger_than(rate: Rate, requests: int) -> None:
    if requests > rate.count:
        raise BatchTooLarge(
            f"this batch counts as {requests} requests, and {rate.count} in {rate.seconds} s are "
            f"as many as may come from here; send at most {rate.count} photos at once"
        )


def _seconds_to(moment: float) -> int:
    return max(1, math.ceil(moment - time.time()))


def _item(rate: Rate) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(rate.count, rate.seconds)


def _uncounted(error: sqlite3.Error) -> None:
    """Better to answer than to be shut by a full disk; what guards a person is not counted here."""
    _log.warning("requests are not counted: %s", error)
