"""Photos named on the command line, read one at a time and never more than a photo may have."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from gallery.errors import InvalidValue, PathNotFound, PhotoTooLarge
from gallery.services.which_photo import which_photo

STANDARD_INPUT = "-"
_PIECE = 1024 * 1024
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
    with which_photo(file_name(given(path))):
        return _read_standard_input() if path == STANDARD_INPUT else _read_file(path)


def _read_file(path: str) -> bytes:
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


def file_name(path: str) -> str:
    """What a refusal calls the photo at that path."""
    return "standard input" if path == STANDARD_INPUT else path


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
        raise _too_large()
    with os.fdopen(file, "rb", closefd=False) as opened:
        return _within_limit(opened.read(_limit() + 1))


def _read_standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise InvalidValue("no photo comes in on standard input; use as in: gallery … - < photo")
    photo = bytearray()
    while len(photo) <= _limit() and (piece := os.read(sys.stdin.fileno(), _PIECE)):
        photo += piece  # piece by piece, so that Ctrl-C is heeded between two
    return _within_limit(bytes(photo))


def _within_limit(photo: bytes) -> bytes:
    if len(photo) > _limit():
        raise _too_large()
    return photo


def _too_large() -> PhotoTooLarge:
    limit = _limit() // (1024 * 1024)
    return PhotoTooLarge(f"the file is larger than {limit} MB. Save it smaller, or as JPEG")


def _limit() -> int:
    from gallery.imaging.decode import PhotoLimits

    return PhotoLimits().max_bytes
