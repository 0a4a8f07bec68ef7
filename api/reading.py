"""Bodies and queries of requests: each field known, given once and of its type, or refused.

Photos are held in memory only, never in a temporary file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from flask import request
from pydantic import ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from api.bodies import A_PHOTO, Taken, holds_photos, number_fields
from api.problems import Refusal
from api.uploads import (
    MAX_BODY_BYTES,
    MAX_JSON_BYTES,
    MAX_JSON_PHOTO_BYTES,
    form_fields,
    size,
    too_large,
)

T = TypeVar("T", bound=Taken)

MAX_JSON_PARTS = 1000
"""Commas and brackets of a JSON body with photos, of which a real one has a few hundred at most:
28 MiB of nothing but brackets would become gigabytes of Python objects."""

_CODES = {"extra_forbidden": "unknown_field", "missing": "missing_field"}
_FIRST = ("extra_forbidden", "missing")


def read_body(kind: type[T]) -> T:
    """The body of this request: JSON, or a multipart form where it holds photos.

    Refuses another content type (415), a body that cannot be read, and an unknown, missing,
    repeated or mistyped field (400).
    """
    if request.mimetype == "application/json":
        return _valid(kind, _json_object(holds_photos(kind)))
    if request.mimetype == "multipart/form-data" and holds_photos(kind):
        return _valid(kind, _with_numbers(kind, form_fields(kind)))
    forms = "multipart/form-data or " if holds_photos(kind) else ""
    known = ", ".join(kind.model_fields)
    raise Refusal(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        f"Send {forms}application/json with {known}",
    )


def read_query(kind: type[T]) -> T:
    """The query of this request's address."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise _refused("repeated_field", f"{name[:100]} is given more than once", name[:100])
    return _valid(kind, _with_numbers(kind, request.args.to_dict()))


def _valid(kind: type[T], fields: Mapping[str, Any]) -> T:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise _first_of(error, kind) from None  # the input, which may be a photo, is left behind


def _first_of(error: ValidationError, kind: type[Taken]) -> Refusal:
    """The refusal of what is least like what was asked for: an unknown field before a wrong one."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    rank = {name: place for place, name in enumerate(_FIRST)}
    worst = min(errors, key=lambda found: rank.get(found["type"], len(rank)))
    field = ".".join(str(part) for part in worst["loc"])[:100]
    code = _CODES.get(worst["type"], "invalid_value")
    if code == "unknown_field":
        known = ", ".join(sorted(kind.model_fields)) or "none"
        return _refused(code, f"{field!r} is not known; known are {known}", field)
    in_a_list = len(worst["loc"]) > 1  # lists hold photos
    meant = A_PHOTO if in_a_list else kind.model_fields[str(worst["loc"][0])].description
    if code == "missing_field":
        return _refused(code, f"{field} is missing; it must be {meant}", field)
    return _refused(code, f"{field} must be {meant}", field)


def _with_numbers(kind: type[Taken], fields: dict[str, Any]) -> dict[str, Any]:
    """Plain digits become the number they write; anything else stays text, which is refused."""
    for name in number_fields(kind) & fields.keys():
        text = fields[name]
        if isinstance(text, str) and len(text) < 10 and text.isascii() and text.isdigit():
            fields[name] = int(text)
    return fields


def _json_object(with_photos: bool) -> dict[str, Any]:
    most = MAX_JSON_PHOTO_BYTES if with_photos else MAX_JSON_BYTES
    request.max_content_length = most
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        form = f", a form {size(MAX_BODY_BYTES)}" if with_photos else ""
        raise too_large(f"This JSON may have {size(most)}{form}. Send less") from error
    if sum(body.count(mark) for mark in (b",", b"[", b"{")) > MAX_JSON_PARTS:
        raise _refused("malformed_request", "The JSON has more parts than any that is accepted")
    try:
        document = json.loads(
            body.decode(), object_pairs_hook=_once_each, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise _refused("malformed_request", "The body is not JSON that can be read") from error
    if not isinstance(document, dict):
        raise _refused("malformed_request", 'Send a JSON object, as in {"name": "Ada"}')
    return document


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """ValueError where a key is no Unicode text, as "\\ud800" is none."""
    document = dict(pairs)
    "".join(document).encode()
    if len(document) < len(pairs):
        names = [name for name, _ in pairs]
        name = next(name for name in names if names.count(name) > 1)[:100]
        raise _refused("repeated_field", f"{name!r} is given more than once", name)
    return document


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _refused(code: str, detail: str, field: str | None = None) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, code, detail, field=field)
