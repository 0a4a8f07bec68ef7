"""Photos named on the command line, read one at a time and never more than a photo may have."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gallery.errors import (
    Conflict,
    InvalidValue,
    PathNotFound,
    PhotoRejected,
    PhotoTooLarge,
    SeveralFacesFound,
)

STANDARD_INPUT = "-"
_PIECE = 1024 * 1024
_WHICH = re.compile(r"(?:photo (\d+)|this photo|first photo|(second) photo)\b(: )?")
_SAME_AS = re.compile(r"^( is the same photo as )photo (\d+)")
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif"}
    | {".heic", ".heif", ".avif"}
)
"""What is taken for a photo in a folder; the last three are not read, but refused in words."""


def read_photo(path: str) -> bytes:
    """The bytes of a file, or of standard input for "-".

    InvalidValue for an empty path, PathNotFound for what is not a regular file that may be read;
    PhotoTooLarge above the limit.
    """
    if given(path) == STANDARD_INPUT:
        return _read_standard_input()
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        file = os.open(path, flags)  # does not wait for the other end of a pipe
    except OSError as error:
        raise PathNotFound(f"{path} cannot be read: {error.strerror}") from error
    try:
        return _read_regular(file, path)
    except OSError as error:
        raise PathNotFound(f"{path} cannot be read: {error.strerror}") from error
    finally:
        os.close(file)


def read_photos(*paths: str) -> tuple[bytes, ...]:
    """The bytes of several files; standard input may be one of them."""
    _refuse_twice_from_standard_input(paths)
    return tuple(read_photo(path) for path in paths)


def expand(paths: Sequence[str]) -> tuple[str, ...]:
    """Files as they are, and for a folder the images in it by name; sub-folders are not searched.

    Refuses a folder without images, and standard input named twice.
    """
    _refuse_twice_from_standard_input(paths)
    return tuple(photo for path in paths for photo in _photos_at(path))


def given(path: str) -> str:
    """The path; an empty one, as of a variable that is not set, is not the current folder."""
    if not path:
        raise InvalidValue("the path is empty; give a photo or a folder")
    return path


@contextmanager
def naming_files(*paths: str) -> Iterator[None]:
    """Inside, a refusal of one of these photos names its file, and the option that helps."""
    try:
        yield
    except (PhotoRejected, Conflict) as refusal:
        message = with_the_option(refusal.code, _naming_the_file(refusal.message, paths))
        raise type(refusal)(message) from refusal


def with_the_option(code: str, message: str) -> str:
    """A refusal's message, with the name of the option that it speaks of."""
    return f"{message} (--largest)" if code == SeveralFacesFound.code else message


def _naming_the_file(message: str, paths: Sequence[str]) -> str:
    """With the name of the file in the place of "photo 2", "second photo" or "this photo"."""
    names = ["standard input" if path == STANDARD_INPUT else path for path in paths]
    found = _WHICH.match(message)
    if found is None:
        return message if message.startswith(f"{names[0]} ") else f"{names[0]}: {message}"
    name = names[1] if found[2] else names[int(found[1] or 1) - 1]
    rest = _SAME_AS.sub(lambda same: same[1] + names[int(same[2]) - 1], message[found.end() :])
    return rest if rest.startswith(f"{name} ") else f"{name}{found[3] or ''}{rest}"


def _refuse_twice_from_standard_input(paths: Sequence[str]) -> None:
    if paths.count(STANDARD_INPUT) > 1:
        raise InvalidValue("standard input (-) can be read only once; give a file for the other")


def _photos_at(path: str) -> list[str]:
    if given(path) == STANDARD_INPUT:
        return [path]
    try:
        if not Path(path).is_dir():
            return [path]
        found = sorted(
            str(file)
            for file in Path(path).iterdir()
            if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
        )
    except OSError as error:
        raise PathNotFound(f"{path} cannot be read: {error.strerror}") from error
    if not found:
        raise PathNotFound(f"the folder {path} holds no photo; give one that does, or files")
    return found


def _read_regular(file: int, path: str) -> bytes:
    status = os.fstat(file)
    if stat.S_ISDIR(status.st_mode):
        raise PathNotFound(f"{path} is a folder; give a photo in it")
    if not stat.S_ISREG(status.st_mode):
        raise PathNotFound(f"{path} is not a regular file; use - to read standard input")
    if status.st_size > _limit():
        raise _too_large(path)
    with os.fdopen(file, "rb", closefd=False) as opened:
        return _within_limit(path, opened.read(_limit() + 1))


def _read_standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise InvalidValue("no photo comes in on standard input; use as in: gallery … - < photo")
    photo = bytearray()
    while len(photo) <= _limit() and (piece := os.read(sys.stdin.fileno(), _PIECE)):
        photo += piece  # piece by piece, so that Ctrl-C is heeded between two
    return _within_limit("standard input", bytes(photo))


def _within_limit(path: str, photo: bytes) -> bytes:
    if len(photo) > _limit():
        raise _too_large(path)
    return photo


def _too_large(path: str) -> PhotoTooLarge:
    limit = _limit() // (1024 * 1024)
    return PhotoTooLarge(f"{path} is larger than {limit} MB. Save it smaller, or as JPEG")


def _limit() -> int:
    from gallery.imaging.decode import PhotoLimits

    return PhotoLimits().max_bytes
