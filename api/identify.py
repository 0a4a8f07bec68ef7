"""POST /v1/identify: who of the gallery is in this photo?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from api.uploads import photo_form
from gallery.bootstrap import Services
from gallery.services import wire
from gallery.services.identify import MAX_TOP

DEFAULT_TOP = 5


def blueprint(services: Services) -> Blueprint:
    """The nearest people, nearest first."""
    routes = Blueprint("identify", __name__, url_prefix="/v1")

    @routes.post("/identify")
    def identify_photo() -> Response:
        form = photo_form("image", options=("top",))
        top = form.integer("top", DEFAULT_TOP, MAX_TOP)
        identification = services.identify(form.photos[0], top, form.choice)
        return jsonify(wire.identification(identification))

    return routes
