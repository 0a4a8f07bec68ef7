"""Memory of large photos goes back to the system when they are done with."""

from __future__ import annotations

import contextlib
import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_MAPPED_FROM_BYTES = 4 * 1024 * 1024
_KEPT_BYTES = 8 * 1024 * 1024


def spend_little_memory(heaps: int) -> None:
    """Tell glibc to map blocks of 4 MiB or more on their own, and to keep 8 MiB free in each heap.

    Left alone, it moves that border up to 32 MB at the first large block that is freed, and keeps
    such blocks in the heap of each thread: 1.9 GB after eight threads had seen large photos. Were
    the border lower or less kept, each small photo would pay 2.5 ms for pages given back and taken
    again. heaps: how many all threads share; with one each, what one has used is cold for the next.
    Where there is no glibc nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _MAPPED_FROM_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        libc.mallopt(_M_ARENA_MAX, heaps)
