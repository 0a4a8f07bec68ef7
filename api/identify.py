"""POST /v1/identify: who of the gallery is in this photo?"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from api.bodies import IdentifyBody
from api.contract import contract
from gallery import answers
from gallery.bootstrap import Services
from gallery.services import wire


def blueprint(services: Services) -> Blueprint:
    """The nearest people, nearest first."""
    routes = Blueprint("identify", __name__, url_prefix="/v1")

    @routes.post("/identify")
    @contract(answers.Identification, body=IdentifyBody)
    def identify_photo(body: IdentifyBody) -> ResponseReturnValue:
        """Who is this? (1:N)

        The nearest people, nearest first; `identified` tells whether the nearest one matches.
        """
        identification = services.identify(body.image, body.top, body.faces)
        return jsonify(wire.identification(identification))

    return routes
