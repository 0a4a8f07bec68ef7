"""GET /openapi.json: the contract for programs. GET /docs: the same for people."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template

from api.openapi import document


def blueprint() -> Blueprint:
    """The document, written when first asked for; its page needs no script and nobody else."""
    routes = Blueprint("docs", __name__)
    app_document = cache(document)

    def written() -> dict[str, Any]:
        return app_document(current_app._get_current_object())  # type: ignore[attr-defined]

    @routes.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(written())

    @routes.get("/docs")
    def page() -> str:
        return render_template("docs.html", spec=written())

    return routes
