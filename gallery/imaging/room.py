"""How many pixels may be in memory at once, whatever the number of threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Room:
    """Photos wait in turn until there is room for them; one larger than the room goes in alone."""

    def __init__(self, most: int) -> None:
        self._most, self._taken = most, 0
        self._turn, self._freed = threading.Lock(), threading.Condition()

    @contextmanager
    def taken(self, amount: int) -> Iterator[None]:
        """Inside, `amount` of the room is taken."""
        with self._turn, self._freed:  # whoever waits is the next: no small ones go before
            self._freed.wait_for(lambda: self._taken == 0 or self._taken + amount <= self._most)
            self._taken += amount
        try:
            yield
        finally:
            with self._freed:
                self._taken -= amount
                self._freed.notify_all()
