"""One line a request: what was asked, how it ended, how long it took; never by whom or of whom.

Each request has an id, its client's own (`X-Request-ID`) where that is sane, else a new one. The
answer carries it and so does every line that is logged meanwhile.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from dataclasses import dataclass

from flask import Flask, Response, g, has_request_context, request

from api.metrics import Metrics

HEADER = "X-Request-ID"
NO_ID = "-"

_SANE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{7,63}")
"""8 to 64 characters that break no log and no header."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_log = logging.getLogger(__name__)


class RequestId(logging.Filter):
    """Gives every log record the id of the request at hand, `-` where there is none."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "request_id"):
            record.request_id = g.get("request_id", NO_ID) if has_request_context() else NO_ID
        return True


def new_id() -> str:
    """32 random hexadecimal digits."""
    return uuid.uuid4().hex


def install(app: Flask, metrics: Metrics) -> None:
    """Log and measure each request by its route template: a path may hold what a person typed."""

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()
        theirs = request.headers.get(HEADER, "")
        g.request_id = theirs if _SANE_ID.fullmatch(theirs) else new_id()

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers[HEADER] = g.request_id
        refused = response.status_code >= 400 and "problem" in g
        tell(
            metrics,
            Answered(
                method=request.method if request.method in _METHODS else "other",
                route=request.url_rule.rule if request.url_rule else "none",
                status=response.status_code,
                seconds=time.perf_counter() - g.started,
                bytes_in=request.content_length or 0,
                bytes_out=response.content_length or 0,
                code=g.problem if refused else None,
            ),
            g.request_id,
        )
        return response


@dataclass(frozen=True, kw_only=True)
class Answered:
    """How one request ended; `code` is that of the problem document, where there was one."""

    method: str = "other"
    route: str = "none"
    status: int
    seconds: float = 0.0
    bytes_in: int = 0
    bytes_out: int
    code: str | None


def tell(metrics: Metrics, answered: Answered, request_id: str) -> None:
    """Log and count a request."""
    metrics.request(answered.method, answered.route, answered.status, answered.seconds)
    _log.info(
        "method=%s route=%s status=%d ms=%.1f in=%d out=%d%s",
        answered.method,
        answered.route,
        answered.status,
        1000 * answered.seconds,
        answered.bytes_in,
        answered.bytes_out,
        "" if answered.code is None else f" code={answered.code}",
        extra={"request_id": request_id},
    )
