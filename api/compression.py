"""The texts of the page go out compressed. They hold no secret that a length could give away."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

TEXTS = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})


def install(app: Flask) -> None:
    """Whole texts only, and only for who takes gzip; the ETag turns weak, so that 304 goes on."""

    @app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in TEXTS or response.status_code not in (200, 304):
            return response
        response.vary.add("Accept-Encoding")
        if request.accept_encodings.quality("gzip") > 0:
            if response.status_code == 200:
                response.direct_passthrough = False
                response.set_data(gzip.compress(response.get_data(), mtime=0))
                response.content_encoding = "gzip"
            etag, _ = response.get_etag()
            if etag is not None:
                response.set_etag(etag, weak=True)
        return response
