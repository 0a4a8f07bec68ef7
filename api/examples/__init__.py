"""Requests of the OpenAPI document that can be sent as they stand; a test sends each of them.

The photos are two of one sample person and one of another (data/README.md), made small.
"""

from __future__ import annotations

import base64
from importlib.resources import files
from typing import Any

from api.bodies import (
    CompareBatchBody,
    CompareBody,
    IdentifyBatchBody,
    IdentifyBody,
    NameBody,
    PhotoBody,
    Taken,
)

PHOTOS = ("one-1.jpg", "one-2.jpg", "other.jpg")


def bodies(kind: type[Taken]) -> dict[str, dict[str, Any]]:
    """JSON bodies of a type, by what they show."""
    first, second, other = (
        base64.b64encode(files(__name__).joinpath(name).read_bytes()).decode() for name in PHOTOS
    )
    known: dict[type[Taken], dict[str, dict[str, Any]]] = {
        NameBody: {"a person": {"name": "Ada Lovelace"}},
        PhotoBody: {"a photo": {"image": first}},
        IdentifyBody: {"the three nearest": {"image": second, "top": 3}},
        CompareBody: {
            "one person twice": {"image1": first, "image2": second},
            "two people": {"image1": first, "image2": other, "faces": "largest"},
        },
        CompareBatchBody: {"one with two": {"image": first, "photos": [second, other]}},
        IdentifyBatchBody: {"two photos": {"photos": [second, other], "top": 1}},
    }
    return known[kind]
