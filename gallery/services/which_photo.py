"""Say which of several photos was refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gallery.errors import PhotoRejected


@contextmanager
def which_photo(name: str) -> Iterator[None]:
    """Inside, a refused photo's message begins with its name: "photo 2: no face was found"."""
    try:
        yield
    except PhotoRejected as rejection:
        raise type(rejection)(f"{name}: {rejection.message}") from rejection
