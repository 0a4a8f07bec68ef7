"""GET /v1/identities/{id}/faces/{face_id}/crop: the stored crop of a face as PNG."""

from __future__ import annotations

from flask import Blueprint, Response

from gallery.bootstrap import Services
from gallery.services import wire


def blueprint(services: Services) -> Blueprint:
    """What the network read when the face was enrolled: 47 x 62 gray."""
    routes = Blueprint(
        "crops", __name__, url_prefix="/v1/identities/<row_id:identity_id>/faces/<row_id:face_id>"
    )

    @routes.get("/crop")
    def show_crop(identity_id: int, face_id: int) -> Response:
        crop = services.identities.crop(identity_id, face_id)
        return Response(wire.png(crop), mimetype="image/png")

    return routes
