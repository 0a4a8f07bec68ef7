"""Bodies of requests: forms with photos, and JSON; each field known, present once and of its type.

Photos are held in memory only, never in a temporary file.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import IO

from flask import Request, request
from werkzeug.datastructures import FileStorage
from werkzeug.formparser import FormDataParser

from api.problems import Refusal
from gallery.domain.face import FaceChoice
from gallery.imaging.decode import PhotoLimits

MAX_PHOTO_BYTES = PhotoLimits().max_bytes
MAX_JSON_BYTES = 64 * 1024
MAX_BODY_BYTES = 2 * (MAX_PHOTO_BYTES + 1024 * 1024)  # two photos, each with room to be refused
MAX_PARTS = 20


class InMemoryRequest(Request):
    """A request whose files stay in memory, and whose broken forms are refused, not emptied."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()

    def make_form_data_parser(self) -> FormDataParser:
        parser = super().make_form_data_parser()
        parser.silent = False
        return parser


@dataclass(frozen=True)
class PhotoForm:
    """The fields of a form, known to be allowed and given once at most."""

    photos: tuple[bytes, ...]
    choice: FaceChoice
    texts: dict[str, str]

    def integer(self, field: str, default: int, most: int) -> int:
        """A whole number from 1 to `most` in plain digits."""
        text = self.texts.get(field)
        if text is None:
            return default
        plain = text.isascii() and text.isdigit() and len(text) <= len(str(most))
        if not (plain and 1 <= int(text) <= most):
            raise _refused("invalid_value", f"{field} must be a number from 1 to {most}", field)
        return int(text)


def photo_form(*photos: str, options: Collection[str] = ()) -> PhotoForm:
    """The multipart form of this request: these photos, all of them, and these options or `faces`.

    Refuses another content type (415), a form that cannot be read, and an unknown, missing,
    repeated or mistyped field (400).
    """
    if request.mimetype != "multipart/form-data":
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            f"Send multipart/form-data with the photo in {' and '.join(photos)}",
        )
    try:
        texts, files = request.form, request.files
    except ValueError as error:
        raise _refused("malformed_request", "The multipart form cannot be read") from error
    texts_allowed = {*options, "faces"}
    fields: list[tuple[str, Sequence[object]]] = [*texts.lists(), *files.lists()]
    for field, values in fields:
        if not field:
            raise _refused("malformed_request", "A part of the form has no name")
        if field not in photos and field not in texts_allowed:
            allowed = ", ".join(sorted({*photos, *texts_allowed}))
            shown = field[:100]
            raise _refused("unknown_field", f"{shown!r} is not known; known are {allowed}", shown)
        if len(values) > 1 or (field in texts and field in files):
            raise _refused("repeated_field", f"{field} is given more than once", field)
    for field in photos:
        if field in texts:
            raise _refused("invalid_value", f"{field} must be a file, not text", field)
        if field not in files:
            raise _refused("missing_field", f"{field} is missing; send the photo in it", field)
    for field in texts_allowed & set(files):
        raise _refused("invalid_value", f"{field} must be text, not a file", field)
    return PhotoForm(
        photos=tuple(_content(files[field]) for field in photos),
        choice=_choice(texts.get("faces", FaceChoice.ONLY)),
        texts=texts.to_dict(),
    )


def json_text(field: str) -> str:
    """The one text in a JSON object of one key, as in {"name": "Ada"}."""
    if request.mimetype != "application/json":
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            f'Send application/json, as in {{"{field}": "…"}}',
        )
    request.max_content_length = MAX_JSON_BYTES
    try:
        document = json.loads(request.get_data().decode(), object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError) as error:
        raise _refused("malformed_request", "The body is not JSON that can be read") from error
    if not isinstance(document, dict):
        raise _refused("malformed_request", f'Send a JSON object, as in {{"{field}": "…"}}')
    for key in document:
        if key != field:
            raise _refused("unknown_field", f"{key[:100]!r} is not known; send {field}", key[:100])
    if field not in document:
        raise _refused("missing_field", f"{field} is missing", field)
    text = document[field]
    if not isinstance(text, str):
        raise _refused("invalid_value", f"{field} must be text", field)
    return text


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; which of two values is meant is not for us to guess."""
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a key is repeated")
    return document


def _content(file: FileStorage) -> bytes:
    """Without a second copy of it in memory, as `read` would make."""
    return file.stream.getvalue() if isinstance(file.stream, BytesIO) else file.read()


def _choice(text: str) -> FaceChoice:
    if text not in tuple(FaceChoice):
        allowed = " or ".join(f'"{choice}"' for choice in FaceChoice)
        raise _refused("invalid_value", f"faces must be {allowed}", "faces")
    return FaceChoice(text)


def _refused(code: str, detail: str, field: str | None = None) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, code, detail, field=field)
