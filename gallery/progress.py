"""How long work tells how far it is: the roles that a progress bar plays."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Progress = Callable[[int, int], None]
"""Is told how many steps are done, and how many there are."""

Track = Callable[[Iterable[int], int, str], Iterable[int]]
"""Gives the items on and shows how many of a total were taken, under a label."""


def quietly(items: Iterable[int], _total: int, _label: str) -> Iterable[int]:
    """A `Track` that shows nothing."""
    return items
