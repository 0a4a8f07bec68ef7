"""Work on many things with several threads, and get the results in the order of the things."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

AHEAD = 4
"""How many results a thread may be ahead of the one that is waited for: bounds the memory."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    items: Iterable[_Item], work: Callable[[_Item], _Result], threads: int
) -> Generator[_Result]:
    """The results in order; an exception, or its `close`, ends it: what has not begun is not done.

    Decoding, detecting and embedding run outside of Python's lock, so threads are enough.
    """
    waiting: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="gallery") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= AHEAD * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
