"""OpenCV's own threads, where the program brings its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2


@contextmanager
def one_thread_a_call() -> Iterator[None]:
    """Inside, OpenCV works on each picture with the thread that asks, in the whole process."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
