"""One line a request: what was asked, how it ended, how long it took; never by whom or of whom."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request

_log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Log each request by its route template: a path may hold what a person typed."""

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        _log.info(
            "method=%s route=%s status=%d ms=%.1f",
            request.method if request.method in _METHODS else "other",
            request.url_rule.rule if request.url_rule else "none",
            response.status_code,
            1000 * (time.perf_counter() - g.started),
        )
        return response


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
