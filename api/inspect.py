"""POST /v1/inspect: what would be enrolled of a photo, and how good it is; nothing is stored."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from api.uploads import photo_form
from gallery.bootstrap import Services
from gallery.services import wire


def blueprint(services: Services) -> Blueprint:
    """The face chosen in a photo; what enrolling it would refuse is refused here as well."""
    routes = Blueprint("inspect", __name__, url_prefix="/v1")

    @routes.post("/inspect")
    def inspect_photo() -> Response:
        form = photo_form("image")
        seen = services.recognise.see(form.photos[0], form.choice)
        return jsonify(wire.inspection(seen))

    return routes
