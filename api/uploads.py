"""Multipart forms with photos, and how large a request may be."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import IO, Any

from flask import Request, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from api.bodies import MAX_BATCH, Taken, photo_fields, several_photos_fields
from api.problems import Refusal
from gallery.imaging.decode import PhotoLimits

MAX_PHOTO_BYTES = PhotoLimits().max_bytes
MAX_JSON_BYTES = 64 * 1024
MAX_JSON_PHOTO_BYTES = 28 * 1024 * 1024  # one photo of any size that is read, in base64
MAX_BODY_BYTES = 2 * (MAX_PHOTO_BYTES + 1024 * 1024)  # two photos, each with room to be refused
MAX_PARTS = 20
MAX_TEXT_BYTES = 512 * 1024  # of one field, far more than any that is accepted has


class InMemoryRequest(Request):
    """A request whose files stay in memory; a broken body, or half of one, is refused."""

    def __init__(self, environ: dict[str, Any], *arguments: Any, **options: Any) -> None:
        if environ.get("CONTENT_LENGTH"):  # fewer bytes are then refused, which gunicorn lets pass
            environ.pop("wsgi.input_terminated", None)
        super().__init__(environ, *arguments, **options)

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


def form_fields(kind: type[Taken]) -> dict[str, Any]:
    """The fields of this request's form: bytes of the photos, text of the rest.

    Refuses a form that cannot be read, a field that is repeated, a photo that is text and text
    that is a file (400), and a form that is too large (413).
    """
    photos, several = photo_fields(kind), several_photos_fields(kind)
    most_parts = MAX_PARTS + MAX_BATCH if several else MAX_PARTS
    request.max_form_parts = most_parts
    request.max_form_memory_size = MAX_TEXT_BYTES
    try:
        texts, files = request.form, request.files
    except RequestEntityTooLarge as error:
        raise too_large(_limit_of_form(most_parts)) from error
    except ValueError as error:
        raise _refused("malformed_request", "The multipart form cannot be read") from error
    if not all((*texts, *files)):
        raise _refused("malformed_request", "A part of the form has no name")
    for field in kind.model_fields.keys() - several:
        if len(texts.getlist(field)) + len(files.getlist(field)) > 1:
            raise _refused("repeated_field", f"{field} is given more than once", field)
    for field in photos & set(texts):
        raise _refused("invalid_value", f"{field} must be a file, not text", field)
    for field in set(files) & (set(kind.model_fields) - photos):
        raise _refused("invalid_value", f"{field} must be text, not a file", field)
    return {
        **texts.to_dict(),
        **{field: _content(files[field]) for field in set(files) - several},
        **{
            field: [_content(file) for file in files.getlist(field)]
            for field in set(files) & several
        },
    }


def _limit_of_form(most_parts: int) -> str:
    """Which limit a form is over; Werkzeug does not tell parts from text."""
    if (request.content_length or request.stream.tell()) >= MAX_BODY_BYTES:
        return f"A form may have {size(MAX_BODY_BYTES)}, a photo {size(MAX_PHOTO_BYTES)}. Send less"
    most_text = size(MAX_TEXT_BYTES)
    return f"The form has more than {most_parts} parts, or one with more than {most_text} of text"


def too_large(detail: str) -> Refusal:
    """Of a body that is over a limit, which `detail` names."""
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", detail)


def size(count: int) -> str:
    """So many bytes, as people read it."""
    mebibytes, rest = divmod(count, 1024 * 1024)
    return f"{count // 1024} KiB" if rest else f"{mebibytes} MiB"


def _content(file: FileStorage) -> bytes:
    """Without a second copy of it in memory, as `read` would make."""
    return file.stream.getvalue() if isinstance(file.stream, BytesIO) else file.read()


def _refused(code: str, detail: str, field: str | None = None) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, code, detail, field=field)
