"""GET /: the page where a person compares two photos."""

from __future__ import annotations

from flask import Blueprint, render_template

from api.uploads import MAX_PHOTO_BYTES
from gallery.bootstrap import Services


def blueprint(services: Services) -> Blueprint:
    """The page; it talks to POST /v1/compare."""
    routes = Blueprint("pages", __name__)

    @routes.get("/")
    def page() -> str:
        return render_template(
            "page.html", max_bytes=MAX_PHOTO_BYTES, threshold=services.settings.threshold.value
        )

    return routes
