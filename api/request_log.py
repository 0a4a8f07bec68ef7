"""One line a request: what was asked, how it ended, how long it took; never by whom or of whom.

Each request has an id, its client's own (`X-Request-ID`) where that is sane, else a new one. The
answer carries it and so does every line that is logged meanwhile.
"""

from __future__ import annotations

import logging
import re
import time
import uuid

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
        seconds = time.perf_counter() - g.started
        method = request.method if request.method in _METHODS else "other"
        route = request.url_rule.rule if request.url_rule else "none"
        metrics.request(method, route, response.status_code, seconds)
        _log.info(
            "method=%s route=%s status=%d ms=%.1f in=%d out=%d%s",
            method,
            route,
            response.status_code,
            1000 * seconds,
            request.content_length or 0,
            response.content_length or 0,
            f" code={g.problem}" if response.status_code >= 400 and "problem" in g else "",
        )
        return response
