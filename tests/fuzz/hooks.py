"""What schemathesis cannot guess from the schemas: photos of faces, and who is in the gallery."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from typing import Any

import schemathesis

PEOPLE = 40
"""Enrolled before the fuzzing, each with one face; person and face have the same id."""

PHOTOS = [
    path.read_bytes() for path in sorted((Path(__file__).parents[2] / "api/examples").glob("*.jpg"))
]


@schemathesis.hook
def map_body(_: Any, body: Any) -> Any:
    """In half of the bodies, photos instead of what was drawn where photos belong."""
    if not isinstance(body, dict) or zlib.crc32(repr(body).encode("utf-8", "replace")) % 2:
        return body
    return {field: _with_photo(field, value) for field, value in body.items()}


@schemathesis.hook
def map_path_parameters(ctx: Any, path_parameters: Any) -> Any:
    """People who exist, most of the time; only the second half of them is ever removed."""
    if not path_parameters:
        return path_parameters
    identity = path_parameters.get("identity_id")
    if not isinstance(identity, int) or not 1 <= identity < 10**18 or identity % 8 == 0:
        return path_parameters
    half = PEOPLE // 2
    known = 1 + identity % half + (half if ctx.operation.method.upper() == "DELETE" else 0)
    return dict.fromkeys(path_parameters, known)


def _with_photo(field: str, value: Any) -> Any:
    if field.startswith("photos") and isinstance(value, list):
        return [_with_photo("image", one) for one in value]
    if not field.startswith("image"):
        return value
    photo = PHOTOS[zlib.crc32(repr(value).encode("utf-8", "replace")) % len(PHOTOS)]
    if isinstance(value, str):
        return base64.b64encode(photo).decode()
    return photo if isinstance(value, bytes) else value
