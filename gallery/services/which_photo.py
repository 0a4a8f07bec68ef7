"""Say which of several photos was refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gallery.errors import PhotoRejected


@contextmanager
def which_photo(name: str) -> Iterator[None]:
    """Inside, a refused photo is given its name, unless it has one already."""
    try:
        yield
    except PhotoRejected as refusal:
        refusal.photo = refusal.photo or name
        raise
