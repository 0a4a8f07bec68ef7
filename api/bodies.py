"""What endpoints take, as types: a body of one is the same whether it came as JSON or as a form.

In JSON a photo is base64, in a form it is a file. The descriptions complete "FIELD must be …".
"""

from __future__ import annotations

import base64
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from gallery.domain.face import FaceChoice
from gallery.domain.identity import MAX_NAME_LENGTH
from gallery.services.identify import MAX_TOP

MAX_BATCH = 100
A_PHOTO = "a photo: a file in a form, base64 in JSON"
BASE64 = {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/*"}
FILE = {"type": "string", "format": "binary"}


class Taken(BaseModel):
    """Fields known by name and of their type; nothing is guessed, nothing unknown passed over."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _photo(value: object) -> bytes:
    """Bytes of a form as they are, text of JSON decoded."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError("no base64")
    return base64.b64decode(value, validate=True)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


Photo = Annotated[bytes, BeforeValidator(_photo), WithJsonSchema(BASE64)]
Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string", "minLength": 1})]
Name = Annotated[
    str,
    PlainValidator(_text),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH}),
]
Choice = Annotated[
    FaceChoice,
    Field(
        strict=False,
        description='"only" (a photo of several people is refused) or "largest" (that face counts, '
        "one near the middle for more)",
    ),
]
Top = Annotated[
    int, Field(ge=1, le=MAX_TOP, description=f"a number from 1 to {MAX_TOP}: how many candidates")
]


Photos = Annotated[
    list[Photo],
    Field(
        min_length=1,
        max_length=MAX_BATCH,
        description=f"1 to {MAX_BATCH} photos: in a form that many files of this name",
    ),
]
CURSOR = "^[1-9][0-9]{0,17}$"
Cursor = Annotated[
    str | None, WithJsonSchema({"type": "string", "pattern": CURSOR, "examples": ["1"]})
]


class ListQuery(Taken):
    """Which part of a list is asked for."""

    limit: int = Field(100, ge=1, le=1000, description="a number from 1 to 1000: how many at most")
    cursor: Cursor = Field(
        None,
        pattern=CURSOR,
        description="the next_cursor of the answer before; leave it out to begin",
    )


class NameBody(Taken):
    """A person's name."""

    name: Name = Field(description=f"text of 1 to {MAX_NAME_LENGTH} characters that can be printed")


class KeyBody(Taken):
    """A key to sign in with."""

    key: Text = Field(description="text, as `gallery keys create` printed it")


class PhotoBody(Taken):
    """One photo."""

    image: Photo = Field(description=A_PHOTO)
    faces: Choice = FaceChoice.ONLY


class IdentifyBody(PhotoBody):
    """One photo, and how many candidates are asked for."""

    top: Top = 5


class CompareBody(Taken):
    """Two photos."""

    image1: Photo = Field(description=A_PHOTO)
    image2: Photo = Field(description=A_PHOTO)
    faces: Choice = FaceChoice.ONLY


class CompareBatchBody(Taken):
    """One photo, and those that it is compared with."""

    image: Photo = Field(description=A_PHOTO)
    photos: Photos
    faces: Choice = FaceChoice.ONLY


class IdentifyBatchBody(Taken):
    """Several photos, and how many candidates are asked for each."""

    photos: Photos
    faces: Choice = FaceChoice.ONLY
    top: Top = 5


def holds_photos(taken: type[Taken]) -> bool:
    """Whether a body of this type may also come as a form."""
    return any(_is_photo(field) for field in taken.model_fields.values())


def photo_fields(taken: type[Taken]) -> frozenset[str]:
    """The fields that are files in a form."""
    return frozenset(name for name, field in taken.model_fields.items() if _is_photo(field))


def several_photos_fields(taken: type[Taken]) -> frozenset[str]:
    """The photo fields that are given several times in a form."""
    return frozenset(
        name for name in photo_fields(taken) if taken.model_fields[name].annotation is not bytes
    )


def number_fields(taken: type[Taken]) -> frozenset[str]:
    """The fields that are whole numbers, which a form and a query write as digits."""
    return frozenset(name for name, field in taken.model_fields.items() if field.annotation is int)


def _is_photo(field: Any) -> bool:
    kind = field.annotation
    if get_origin(kind) is list:
        kind = get_args(get_args(kind)[0])[0]
    return kind is bytes
