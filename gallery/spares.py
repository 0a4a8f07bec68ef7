"""What only one thread at a time may use, such as an interpreter of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Spare = TypeVar("Spare")


class Spares(Generic[Spare]):
    """Made when none is free, so there are as many as were ever used at the same time.

    The one that was used last is lent first: its memory is still in the processor's cache. One for
    each thread would be as safe, but eight threads that take turns would keep eight of them, cold.
    """

    def __init__(self, make: Callable[[], Spare]) -> None:
        self._make = make
        self._free: list[Spare] = []

    @contextmanager
    def lent(self) -> Iterator[Spare]:
        """One that nobody else has until the end of the block."""
        try:
            spare = self._free.pop()  # like append, whole: no other thread comes between
        except IndexError:
            spare = self._make()
        try:
            yield spare
        finally:
            self._free.append(spare)
