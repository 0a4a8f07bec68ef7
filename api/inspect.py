"""POST /v1/inspect: what would be enrolled of a photo, and how good it is; nothing is stored."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from api.bodies import PhotoBody
from api.contract import contract
from gallery import answers
from gallery.bootstrap import Services
from gallery.services import wire


def blueprint(services: Services) -> Blueprint:
    """The face chosen in a photo; what enrolling it would refuse is refused here as well."""
    routes = Blueprint("inspect", __name__, url_prefix="/v1")

    @routes.post("/inspect")
    @contract(answers.Inspection, body=PhotoBody)
    def inspect_photo(body: PhotoBody) -> ResponseReturnValue:
        """How good is this photo for enrolling?

        Nothing is stored; what enrolling would refuse is refused here as well.
        """
        return jsonify(wire.inspection(services.recognise.see(body.image, body.faces)))

    return routes
