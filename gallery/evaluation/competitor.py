"""What takes part in the benchmark of the index: how it is built, searched and put away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from importlib import import_module
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

TOP = 5

Search = Callable[[NDArray[np.float32]], int]
"""A probe, float32 (48,), in; the row of the nearest face out. Several threads may call it."""


@dataclass(frozen=True)
class Built:
    """Ready to be searched.

    memory_bytes: what it holds where the growth of this process does not tell; itself None where
    that growth tells, and answering None where nothing does.
    """

    search: Search
    structure: str
    memory_bytes: Callable[[], int | None] | None = None


Build = Callable[[NDArray[np.float32], NDArray[np.int64]], AbstractContextManager[Built]]
"""Vectors (N, 48) and the person of each in; at the end of the block all is stopped and removed."""


@dataclass(frozen=True)
class Competitor:
    """needs: packages that may be missing. most_faces: above it, building takes too long."""

    name: str
    build: Build
    needs: tuple[str, ...] = ()
    most_faces: int | None = None

    def why_not(self, faces: int) -> str | None:
        """The reason to leave it out of a gallery of that size; None to measure it."""
        for package in self.needs:
            try:
                import_module(package)
            except ImportError as error:
                return f"{package} cannot be imported: {error}"
        if self.most_faces is not None and faces > self.most_faces:
            return f"building takes too long above {self.most_faces:,} faces"
        return None


Connection = TypeVar("Connection")


class OneEach(Generic[Connection]):
    """A connection of its own for each thread that asks; all are closed at the end of the block."""

    def __init__(self, connect: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._connect = connect
        self._mine = threading.local()
        self._all = ExitStack()

    def __enter__(self) -> OneEach[Connection]:
        return self

    def __exit__(self, *_: object) -> None:
        self._all.close()

    def get(self) -> Connection:
        """The connection of the thread that asks."""
        try:
            connection: Connection = self._mine.connection
        except AttributeError:
            connection = self._mine.connection = self._all.enter_context(self._connect())
        return connection
