"""What a refusal looks like at the end of a command: an exit code and one line or one document."""

from __future__ import annotations

import json
import os
import sys
import traceback

import typer

from cli.plain import plain
from gallery.errors import (
    AccessRefused,
    Conflict,
    DataRejected,
    GalleryError,
    InvalidInput,
    NotFound,
    NotReady,
    PhotoRejected,
    SeveralFacesFound,
)

DONE, NOT_MATCHED, WRONG_USAGE, PHOTO_REFUSED, NOT_FOUND, NOT_READY = range(6)
BUG = 70  # EX_SOFTWARE of sysexits.h
NOT_WRITTEN = 74  # EX_IOERR
INTERRUPTED = 130  # 128 + SIGINT
BROKEN_PIPE = 141  # 128 + SIGPIPE

EXIT_CODES: dict[type[GalleryError], int] = {
    InvalidInput: WRONG_USAGE,
    DataRejected: WRONG_USAGE,
    PhotoRejected: PHOTO_REFUSED,
    NotFound: NOT_FOUND,
    Conflict: NOT_FOUND,
    AccessRefused: NOT_READY,  # only a server refuses so, and none of our commands asks one
    NotReady: NOT_READY,
}


def exit_code_of(error: GalleryError) -> int:
    """The exit code of the nearest class in the tree of refusals; a class without one is a bug."""
    return next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), BUG)


def with_the_option(code: str, message: str) -> str:
    """A refusal's message, with the name of the option that it speaks of."""
    return f"{message} (--largest)" if code == SeveralFacesFound.code else message


def tell(code: str, message: str, as_json: bool) -> None:
    """Write a refusal to standard error: a sentence, or `{"error": {"code", "message"}}`."""
    message = with_the_option(code, message)
    document = json.dumps({"error": {"code": code, "message": message}})
    typer.echo(document if as_json else f"Error: {plain(message)}", err=True)


def tell_bug(error: Exception, as_json: bool) -> None:
    """Own up to an exception that nobody planned; the traceback only for those who ask for it."""
    if os.environ.get("GALLERY_DEBUG") == "1":
        traceback.print_exception(error, file=sys.stderr)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    tell("bug", f"this is a bug in gallery ({what}). GALLERY_DEBUG=1 shows where", as_json)
