"""/v1/identities/{id}/faces and /verify: the photos that stand for a person."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, url_for

from api.access import current_key, visible
from api.uploads import photo_form
from gallery.bootstrap import Services
from gallery.services import wire
from gallery.services.verify import Verification


def blueprint(services: Services) -> Blueprint:
    """Enroll a face of a person, remove one, and check whether a photo shows that person."""
    routes = Blueprint("faces", __name__, url_prefix="/v1/identities/<row_id:identity_id>")

    @routes.post("/faces")
    def enroll_face(identity_id: int) -> tuple[Response, HTTPStatus, dict[str, str]]:
        form = photo_form("image")
        enrollment = services.enroll(identity_id, form.photos[0], form.choice)
        location = url_for("faces.remove_face", identity_id=identity_id, face_id=enrollment.face.id)
        return jsonify(wire.enrollment(enrollment)), HTTPStatus.CREATED, {"Location": location}

    @routes.delete("/faces/<row_id:face_id>")
    def remove_face(identity_id: int, face_id: int) -> tuple[str, HTTPStatus]:
        services.identities.remove_face(identity_id, face_id)
        return "", HTTPStatus.NO_CONTENT

    @routes.post("/verify")
    def verify_photo(identity_id: int) -> Response:
        form = photo_form("image")

        def ask() -> Verification:
            return services.verify(identity_id, form.photos[0], form.choice)

        watched = current_key() is not None
        verification = services.lockout.watched(identity_id, ask) if watched else ask()
        return jsonify(visible(wire.verification(verification)))

    return routes
