"""/v1/identities: the people of the gallery."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, url_for

from api.uploads import json_text
from gallery.bootstrap import Services
from gallery.services import wire


def blueprint(services: Services) -> Blueprint:
    """Create, list, show and remove people."""
    routes = Blueprint("identities", __name__, url_prefix="/v1/identities")

    @routes.post("")
    def create() -> tuple[Response, HTTPStatus, dict[str, str]]:
        identity = services.identities.create(json_text("name"))
        location = url_for("identities.show", identity_id=identity.id)
        return jsonify(wire.identity(identity)), HTTPStatus.CREATED, {"Location": location}

    @routes.get("")
    def index() -> Response:
        return jsonify({"identities": [wire.identity(one) for one in services.identities.list()]})

    @routes.get("/<row_id:identity_id>")
    def show(identity_id: int) -> Response:
        identity = services.identities.get(identity_id)
        faces = [wire.face(face) for face in services.identities.faces(identity_id)]
        return jsonify({**wire.identity(identity), "faces": faces})

    @routes.delete("/<row_id:identity_id>")
    def remove(identity_id: int) -> tuple[str, HTTPStatus]:
        services.identities.remove(identity_id)
        return "", HTTPStatus.NO_CONTENT

    return routes
