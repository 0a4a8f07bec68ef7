"""The header Idempotency-Key: a request that is sent again takes effect once."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import request

from api.access import current_key
from api.contract import Header
from api.problems import Refusal
from gallery.domain.once import Once

KEY = "^[!-~]{1,255}$"
NAME = "Idempotency-Key"


def idempotency_key(example: str) -> Header:
    """The header, as the document tells of it."""
    return Header(
        NAME,
        "A text of your own for this request, as a UUID. Sent again within 24 hours, the request "
        "stores nothing more and is answered with what it stored; another request with the same "
        "key is refused (422, idempotency_key_reused)",
        {"type": "string", "pattern": KEY},
        example,
    )


def once(*asked: str | bytes) -> Once | None:
    """Of this request, which asks for `asked`; None without the header."""
    key = request.headers.get(NAME)
    if key is None:
        return None
    if not re.fullmatch(KEY, key):
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            "invalid_value",
            "Idempotency-Key must be 1 to 255 letters, digits or signs without spaces",
            field=NAME,
        )
    asker = current_key()
    return Once.of(asker.id if asker else "", key, request.method, request.path, *asked)
