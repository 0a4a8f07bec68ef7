"""/v1/identities/{id}/faces and /verify: the photos that stand for a person."""

from __future__ import annotations

import hashlib
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, url_for
from flask.typing import ResponseReturnValue

from api.access import current_key, visible
from api.bodies import PhotoBody
from api.contract import CROP_ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, contract
from api.identities import versions_named
from api.once import idempotency_key, once
from gallery import answers
from gallery.bootstrap import Services
from gallery.services import wire
from gallery.services.verify import Verification


def blueprint(services: Services) -> Blueprint:
    """Enroll, show and remove a person's faces, and check whether a photo shows the person."""
    routes = Blueprint("faces", __name__, url_prefix="/v1/identities/<row_id:identity_id>")

    @routes.post("/faces")
    @contract(
        answers.Enrollment,
        HTTPStatus.CREATED,
        body=PhotoBody,
        takes=(idempotency_key("0b2d7c54-90a1-4d3f-8a6e-5f0e9c1b2a33"),),
        gives=(LOCATION,),
        refuses=(HTTPStatus.CONFLICT,),
    )
    def enroll_face(identity_id: int, body: PhotoBody) -> ResponseReturnValue:
        """Enroll a photo of a person.

        The photo itself is not kept: a point in 48 dimensions, a crop of 47 x 62 pixels and the
        photo's SHA-256 are.
        """
        enrollment = services.enroll(
            identity_id, body.image, body.faces, once(body.image, body.faces)
        )
        location = url_for("faces.show_face", identity_id=identity_id, face_id=enrollment.face.id)
        return jsonify(wire.enrollment(enrollment)), HTTPStatus.CREATED, {"Location": location}

    @routes.get("/faces/<row_id:face_id>")
    @contract(answers.Face)
    def show_face(identity_id: int, face_id: int) -> ResponseReturnValue:
        """Show a face of a person."""
        return jsonify(wire.face(services.identities.face(identity_id, face_id)))

    @routes.get("/faces/<row_id:face_id>/crop")
    @contract("image/png", takes=(IF_NONE_MATCH,), gives=(CROP_ETAG,))
    def show_crop(identity_id: int, face_id: int) -> ResponseReturnValue:
        """The crop of a face, as the network reads it.

        A gray PNG of 47 x 62 pixels.
        """
        image = wire.png(services.identities.crop(identity_id, face_id))
        answer = Response(image, mimetype="image/png")
        answer.set_etag(hashlib.sha256(image).hexdigest()[:32])
        return answer

    @routes.delete("/faces/<row_id:face_id>")
    @contract(
        status=HTTPStatus.NO_CONTENT,
        takes=(IF_MATCH,),
        refuses=(HTTPStatus.PRECONDITION_FAILED,),
    )
    def remove_face(identity_id: int, face_id: int) -> ResponseReturnValue:
        """Remove a face of a person; the person stays.

        Once answered, no process finds the face any more.
        """
        services.identities.remove_face(identity_id, face_id, versions_named())
        return "", HTTPStatus.NO_CONTENT

    @routes.post("/verify")
    @contract(
        answers.Verification,
        or_less=answers.Verdict,
        body=PhotoBody,
        refuses=(HTTPStatus.CONFLICT,),
    )
    def verify_photo(identity_id: int, body: PhotoBody) -> ResponseReturnValue:
        """Is this photo that person? (1:1)

        The nearest of the person's faces decides.
        """

        def ask() -> Verification:
            return services.verify(identity_id, body.image, body.faces)

        watched = current_key() is not None
        verification = services.lockout.watched(identity_id, ask) if watched else ask()
        return jsonify(visible(wire.verification(verification)))

    return routes
