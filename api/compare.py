"""POST /v1/compare: do two photos show the same person?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from api.bodies import CompareBody
from api.contract import contract
from api.problems import rejected
from gallery import answers
from gallery.bootstrap import Services
from gallery.errors import PhotoRejected
from gallery.services import wire

FIELDS = ("image1", "image2")


def blueprint(services: Services) -> Blueprint:
    """The comparison of two photos; a refused one is named in `field`."""
    routes = Blueprint("compare", __name__, url_prefix="/v1")

    @routes.post("/compare")
    @contract(answers.Comparison, body=CompareBody)
    def compare_photos(body: CompareBody) -> ResponseReturnValue:
        """Do two photos show the same person?

        Nothing is stored. A refused photo is named in `field`.
        """
        try:
            comparison = services.compare(body.image1, body.image2, body.faces)
        except PhotoRejected as error:
            return _refused_one(error)
        return jsonify(wire.comparison(comparison, wire.probe_with_crop))

    return routes


def _refused_one(error: PhotoRejected) -> Response:
    for field, prefix in zip(FIELDS, ("first photo: ", "second photo: "), strict=True):
        if error.message.startswith(prefix):
            return rejected(error, field=field)
    return rejected(error)
