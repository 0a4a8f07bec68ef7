"""What an endpoint takes and answers, said once above its view.

`@contract` reads the body and the query, so that the view is given values of those types;
`api.openapi` writes the same words into the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from api.bodies import Taken
from api.reading import read_body, read_query

View = Callable[..., ResponseReturnValue]
_MARK = "gallery_contract"


@dataclass(frozen=True)
class Header:
    """A header of a request or of an answer."""

    name: str
    description: str
    schema: dict[str, Any]
    example: str | None = None


LOCATION = Header("Location", "Where it is", {"type": "string", "pattern": "^/v1/"})
ETAG = Header(
    "ETag", "The version of this person", {"type": "string", "pattern": '^"[0-9a-f]{32}"$'}
)
IF_MATCH = Header(
    "If-Match",
    "The ETag of the person as you read it; when the person was changed since, nothing is done "
    "(412). Without it the last writer wins",
    {"type": "string"},
    example="*",
)

CROP_ETAG = Header("ETag", "The version of this crop", ETAG.schema)
IF_NONE_MATCH = Header(
    "If-None-Match",
    "The ETag of what you have; while it is still that, the answer is 304 without a body",
    {"type": "string"},
    example='"00000000000000000000000000000000"',
)


@dataclass(frozen=True)
class Contract:
    """answer: the JSON, another media type, or None where the body is empty.

    takes: of these headers If-None-Match is heeded here, the others by the view.

    or_less: what a caller gets who may not see all of the answer.
    refuses: what the endpoint refuses beyond what its address, body and query imply.
    """

    status: HTTPStatus
    answer: type[BaseModel] | str | None
    or_less: type[BaseModel] | None
    body: type[Taken] | None
    query: type[Taken] | None
    takes: tuple[Header, ...]
    gives: tuple[Header, ...]
    refuses: frozenset[HTTPStatus]


def contract(
    answer: type[BaseModel] | str | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    or_less: type[BaseModel] | None = None,
    body: type[Taken] | None = None,
    query: type[Taken] | None = None,
    takes: Iterable[Header] = (),
    gives: Iterable[Header] = (),
    refuses: Iterable[HTTPStatus] = (),
) -> Callable[[View], View]:
    """Mark a view; it is called with `body` and `query` where they are given here."""
    said = Contract(
        status, answer, or_less, body, query, tuple(takes), tuple(gives), frozenset(refuses)
    )

    def mark(view: View) -> View:
        @wraps(view)
        def answered(**arguments: Any) -> ResponseReturnValue:
            if query is not None:
                arguments["query"] = read_query(query)
            if body is not None:
                arguments["body"] = read_body(body)
            answer = view(**arguments)
            return _unless_known(answer) if IF_NONE_MATCH in said.takes else answer

        setattr(answered, _MARK, said)
        return answered

    return mark


def _unless_known(answered: ResponseReturnValue) -> Response:
    """Not modified (304, no body) where the client named the ETag of the answer.

    Werkzeug is shown this header alone: with If-Match it would answer a question with a bare 412.
    """
    answer = current_app.make_response(answered)
    known = request.headers.get("If-None-Match", "")
    answer.make_conditional({"REQUEST_METHOD": request.method, "HTTP_IF_NONE_MATCH": known})
    if answer.status_code == HTTPStatus.NOT_MODIFIED:
        answer.set_data(b"")
    return answer


def contract_of(view: object) -> Contract | None:
    """What a view promises; None for the pages and the static files."""
    found: Contract | None = getattr(view, _MARK, None)
    return found
