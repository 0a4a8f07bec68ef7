"""One hostile upload, and what a right answer to it may be."""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image


class Answer(StrEnum):
    """From the strictest to the loosest."""

    MATCH = "it is read, and it is Ada"
    READ = "it is read, and its face is found"
    REFUSED = "it is refused for what it is: 400, 413, 415 or 422"
    ANY = "it is read or refused"


@dataclass(frozen=True)
class Upload:
    """A photo as it is sent; `codes` are the refusals allowed, where only those are."""

    name: str
    photo: bytes
    answer: Answer = Answer.ANY
    codes: frozenset[str] = frozenset()
    filename: str = "photo.jpg"
    content_type: str = "image/jpeg"


def refused(name: str, photo: bytes, *codes: str) -> Upload:
    """An upload that must be refused, with one of these codes where any are given."""
    return Upload(name, photo, Answer.REFUSED, frozenset(codes))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The image as a file of that format."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
