"""POST /v1/compare: do two photos show the same person?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from api.access import visible
from api.problems import rejected
from api.uploads import photo_form
from gallery.bootstrap import Services
from gallery.errors import PhotoRejected
from gallery.services import wire

FIELDS = ("image1", "image2")


def blueprint(services: Services) -> Blueprint:
    """The comparison of two photos; a refused one is named in `field`."""
    routes = Blueprint("compare", __name__, url_prefix="/v1")

    @routes.post("/compare")
    def compare_photos() -> Response:
        form = photo_form(*FIELDS)
        first, second = form.photos
        try:
            comparison = services.compare(first, second, form.choice)
        except PhotoRejected as error:
            return rejected(error, field=_field(error))
        return jsonify(visible(wire.comparison(comparison, wire.probe_with_crop)))

    return routes


def _field(error: PhotoRejected) -> str | None:
    for field, prefix in zip(FIELDS, ("first photo: ", "second photo: "), strict=True):
        if error.message.startswith(prefix):
            return field
    return None
