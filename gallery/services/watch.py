"""What the services tell of their work while they do it: times of stages, refusals, the index.

Whoever opens the services may give a `Watch`; the services know nothing of what it does with it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

from gallery.errors import PhotoRejected


class Stage(StrEnum):
    """Where the time of a question goes; `search` is the index, caught up and searched."""

    DECODE = "decode"
    DETECT = "detect"
    EMBED = "embed"
    SEARCH = "search"


class Watch(Protocol):
    """Told by whichever thread does the work: safe for several, quick, and raises nothing."""

    def stage(self, stage: Stage, seconds: float) -> None:
        """A stage has ended, well or not."""

    def rejected(self, code: str) -> None:
        """A photo was refused; `code` is that of its PhotoRejected."""

    def index_at(self, revision: int) -> None:
        """The index of this process now holds the database up to this revision."""


class Unwatched:
    """Nobody looks."""

    def stage(self, stage: Stage, seconds: float) -> None:
        pass

    def rejected(self, code: str) -> None:
        pass

    def index_at(self, revision: int) -> None:
        pass


UNWATCHED: Watch = Unwatched()


@contextmanager
def timed(watch: Watch, stage: Stage) -> Iterator[None]:
    """Tell how long what is inside took."""
    began = time.perf_counter()
    try:
        yield
    finally:
        watch.stage(stage, time.perf_counter() - began)


@contextmanager
def refusals_told(watch: Watch) -> Iterator[None]:
    """Tell of a photo refused inside; the refusal goes on its way."""
    try:
        yield
    except PhotoRejected as refusal:
        watch.rejected(refusal.code)
        raise
