"""/v1/identities: the people of the gallery."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, jsonify, url_for
from flask.typing import ResponseReturnValue

from api.bodies import NameBody
from api.contract import LOCATION, contract
from gallery import answers
from gallery.bootstrap import Services
from gallery.services import wire


def blueprint(services: Services) -> Blueprint:
    """Create, list, show and remove people."""
    routes = Blueprint("identities", __name__, url_prefix="/v1/identities")

    @routes.post("")
    @contract(
        answers.Identity,
        HTTPStatus.CREATED,
        body=NameBody,
        gives=(LOCATION,),
        refuses=(HTTPStatus.CONFLICT,),
    )
    def create(body: NameBody) -> ResponseReturnValue:
        """Create a person, without faces yet.

        Names are unique, whatever their case; spaces are tidied.
        """
        identity = services.identities.create(body.name)
        location = url_for("identities.show", identity_id=identity.id)
        return jsonify(wire.identity(identity)), HTTPStatus.CREATED, {"Location": location}

    @routes.get("")
    @contract(answers.IdentityList)
    def index() -> ResponseReturnValue:
        """List the people."""
        return jsonify({"identities": [wire.identity(one) for one in services.identities.list()]})

    @routes.get("/<row_id:identity_id>")
    @contract(answers.IdentityWithFaces)
    def show(identity_id: int) -> ResponseReturnValue:
        """Show a person and the person's faces."""
        identity = services.identities.get(identity_id)
        faces = [wire.face(face) for face in services.identities.faces(identity_id)]
        return jsonify({**wire.identity(identity), "faces": faces})

    @routes.delete("/<row_id:identity_id>")
    @contract(status=HTTPStatus.NO_CONTENT)
    def remove(identity_id: int) -> ResponseReturnValue:
        """Remove a person and all of the person's faces.

        Once answered, no process matches the person any more. This cannot be undone.
        """
        services.identities.remove(identity_id)
        return "", HTTPStatus.NO_CONTENT

    return routes
