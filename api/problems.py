"""Refusals as RFC 9457 problem documents: one table from class to status code.

{"type": "about:blank", "title": the status in words, "status": 422, "code": "no_face",
"detail": what was found, what is allowed and what to do, "field": the form field or JSON key that
caused it (where one did), "instance": the name of a failure of ours in the log}. `code` is stable.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from http import HTTPStatus

from flask import Flask, Response, g, json
from gunicorn.http.errors import (  # type: ignore[import-untyped]
    ChunkMissingTerminator,
    InvalidChunkExtension,
    InvalidChunkSize,
    InvalidHeader,
    LimitRequestHeaders,
    NoMoreData,
)
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gallery import errors
from gallery.errors import GalleryError

STATUS: dict[type[GalleryError], HTTPStatus] = {
    errors.PhotoRejected: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.EmptyPhoto: HTTPStatus.BAD_REQUEST,
    errors.UnreadablePhoto: HTTPStatus.BAD_REQUEST,
    errors.TruncatedPhoto: HTTPStatus.BAD_REQUEST,
    errors.UnsupportedPhoto: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.PhotoTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooManyPixels: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.InvalidInput: HTTPStatus.BAD_REQUEST,
    errors.BatchTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.AccessRefused: HTTPStatus.FORBIDDEN,
    errors.NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    errors.TooOften: HTTPStatus.TOO_MANY_REQUESTS,
    errors.KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ChangedMeanwhile: HTTPStatus.PRECONDITION_FAILED,
    errors.NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NothingEnrolled: HTTPStatus.CONFLICT,
}

CHALLENGES: dict[type[GalleryError], str] = {  # RFC 6750, section 3
    errors.NotAuthenticated: 'Bearer realm="gallery", error="invalid_token"',
    errors.KeyNeeded: 'Bearer realm="gallery"',
    errors.ScopeMissing: 'Bearer realm="gallery", error="insufficient_scope"',
}

RETRY_AFTER_SECONDS: dict[type[GalleryError], int] = {
    errors.DatabaseUnavailable: 5,  # what time alone may mend; a wrong model needs a person
}

FRAMEWORK_CODES = {
    HTTPStatus.BAD_REQUEST: ("malformed_request", "The request cannot be read. Send it again"),
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing at this address"),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "method_not_allowed",
        "This address does not take that method; the Allow header names those it takes",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "body_too_large",
        "The request is larger than any that is accepted. Send less",
    ),
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: (
        "requested_range_not_satisfiable",
        "The file has no such part; leave the Range header out",
    ),
}

FIELDS: dict[type[GalleryError], str] = {
    errors.PhotoRejected: "image",
    errors.PhotoAlreadyEnrolled: "image",
    errors.InvalidName: "name",
    errors.NameTaken: "name",
}
"""The field that causes such a refusal, where the endpoint does not name another photo."""

MIME_TYPE = "application/problem+json"
BROKEN_BODIES = (
    ChunkMissingTerminator,
    InvalidChunkExtension,
    InvalidChunkSize,
    InvalidHeader,  # of a trailer
    LimitRequestHeaders,  # of trailers
    NoMoreData,
)
"""What gunicorn raises amid reading a chunked body that is malformed or ends early."""

OTHER_CODES = {
    HTTPStatus.BAD_REQUEST: (
        "malformed_request",
        "unknown_field",
        "missing_field",
        "repeated_field",
    ),
    HTTPStatus.FORBIDDEN: ("cross_site", "host_not_allowed"),
    HTTPStatus.NOT_FOUND: ("not_found",),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed",),
    HTTPStatus.REQUEST_TIMEOUT: ("request_too_slow",),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("body_too_large",),
    HTTPStatus.REQUEST_URI_TOO_LONG: ("address_too_long",),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("unsupported_media_type",),
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: ("requested_range_not_satisfiable",),
    HTTPStatus.EXPECTATION_FAILED: ("expectation_failed",),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: ("headers_too_large",),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("internal_error",),
}
"""Codes of refusals that only HTTP knows."""

OFFLINE = (
    errors.PathNotFound,
    errors.KeyNotFound,
    errors.KeyMissing,
    errors.AddressUnavailable,
    errors.SnapshotUnusable,
    errors.ExtraNotInstalled,
)
"""Refusals that no request meets."""

_log = logging.getLogger(__name__)


class Refusal(Exception):
    """A refusal that only HTTP knows: of a field, a header or a body."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        instance: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.field, self.instance = field, instance

    @property
    def text(self) -> str:
        """The problem document as JSON."""
        return _text(self.status, self.code, self.detail, self.field, self.instance)


def install(app: Flask) -> None:
    """Answer every error of the application, and of Flask itself, as a problem document."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(GalleryError, rejected)
    app.register_error_handler(HTTPException, _framework)
    for broken in BROKEN_BODIES:
        app.register_error_handler(broken, _unreadable_body)
    app.register_error_handler(Exception, _failed)


def problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    field: str | None = None,
    instance: str | None = None,
) -> Response:
    """A problem document as a response; the log of the request tells its code."""
    g.problem = code
    text = _text(status, code, detail, field, instance)
    return Response(text, status=status, mimetype=MIME_TYPE)


def _text(
    status: HTTPStatus, code: str, detail: str, field: str | None, instance: str | None
) -> str:
    return json.dumps(problem_document(status, code, detail, field=field, instance=instance))


def problem_document(
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    field: str | None = None,
    instance: str | None = None,
) -> dict[str, str | int]:
    """A problem document."""
    document: dict[str, str | int] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
    }
    if field is not None:
        document["field"] = field
    if instance is not None:
        document["instance"] = instance
    return document


def rejected(error: GalleryError) -> Response:
    """The problem document of a refusal by the services."""
    kinds, status = type(error).__mro__, status_of(error)
    if status is None:
        return _failed(error)
    if error.operator is not None:
        _log.error("refused code=%s %s", error.code, error.message)
    response = problem(status, error.code, error.public, field=_field(error))
    challenge = next((CHALLENGES[kind] for kind in kinds if kind in CHALLENGES), None)
    if challenge is not None:
        response.headers["WWW-Authenticate"] = challenge
    if isinstance(error, errors.TooOften):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    elif type(error) in RETRY_AFTER_SECONDS:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS[type(error)])
    return response


def status_of(error: GalleryError) -> HTTPStatus | None:
    """The status of a refusal; None for one that no request can cause."""
    return None if isinstance(error, OFFLINE) else _status(type(error))


def _status(kind: type[GalleryError]) -> HTTPStatus | None:
    return next((STATUS[one] for one in kind.__mro__ if one in STATUS), None)


def codes(status: HTTPStatus) -> tuple[str, ...]:
    """Every code that a refusal of this status can have."""
    met = [kind for kind in _leaves(GalleryError) if _status(kind) is status]
    found = [kind.code for kind in met if kind not in OFFLINE]
    return (*OTHER_CODES.get(status, ()), *dict.fromkeys(found))


def _leaves(kind: type[GalleryError]) -> Iterator[type[GalleryError]]:
    below = kind.__subclasses__()
    if not below or kind is errors.DatabaseUnavailable:
        yield kind
    for one in below:
        yield from _leaves(one)


def _field(error: GalleryError) -> str | None:
    if isinstance(error, errors.PhotoRejected) and error.photo is not None:
        return error.photo
    return next((FIELDS[kind] for kind in type(error).__mro__ if kind in FIELDS), None)


def refused(error: Refusal) -> Response:
    """The problem document of a refusal by the API itself."""
    return problem(
        error.status, error.code, error.detail, field=error.field, instance=error.instance
    )


def _unreadable_body(_: Exception) -> Response:
    code, detail = FRAMEWORK_CODES[HTTPStatus.BAD_REQUEST]
    return problem(HTTPStatus.BAD_REQUEST, code, detail)


def _framework(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    status = HTTPStatus(error.code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _failed(error)
    code, detail = FRAMEWORK_CODES.get(
        status, (status.phrase.lower().replace(" ", "_"), f"{status.phrase}: {status.description}")
    )
    response = problem(status, code, detail)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _failed(error: Exception) -> Response:
    return refused(failure(error))


def failure(error: BaseException) -> Refusal:
    """Our fault: the whole story to the log, none of it to the client but its name there."""
    instance = uuid.uuid4().urn
    _log.error("request failed %s", instance, exc_info=error)
    return Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "The server failed. Its log tells why, under the name given as instance",
        instance=instance,
    )
