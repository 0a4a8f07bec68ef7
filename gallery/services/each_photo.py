"""Ask the same of several photos; a refused one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from gallery.errors import PhotoRejected

T = TypeVar("T")


def each_photo(photos: Sequence[bytes], ask: Callable[[bytes], T]) -> tuple[T | PhotoRejected, ...]:
    """An answer or a refusal for each photo, in order; any other refusal ends it.

    One after another in the caller's thread: other requests have their turns meanwhile.
    """
    return tuple(_answer(photo, ask) for photo in photos)


def _answer(photo: bytes, ask: Callable[[bytes], T]) -> T | PhotoRejected:
    try:
        return ask(photo)
    except PhotoRejected as refusal:
        return refusal
