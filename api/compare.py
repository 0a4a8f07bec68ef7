"""POST /v1/compare and /v1/compare/batch: do photos show the same person?"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from api.access import Door, visible
from api.batch import each_or_problem
from api.bodies import CompareBatchBody, CompareBody
from api.contract import contract
from gallery import answers
from gallery.bootstrap import Services
from gallery.services import wire
from gallery.services.compare import Comparison


def blueprint(services: Services, door: Door) -> Blueprint:
    """The comparison of two photos; a refused one is named in `field`."""
    routes = Blueprint("compare", __name__, url_prefix="/v1")

    @routes.post("/compare")
    @contract(answers.Comparison, or_less=answers.Verdict, body=CompareBody)
    def compare_photos(body: CompareBody) -> ResponseReturnValue:
        """Do two photos show the same person?

        Nothing is stored. A refused photo is named in `field`.
        """
        comparison = services.compare(body.image1, body.image2, body.faces, ("image1", "image2"))
        return jsonify(visible(wire.comparison(comparison, wire.probe_with_crop)))

    @routes.post("/compare/batch")
    @contract(answers.Comparisons, body=CompareBatchBody)
    def compare_batch(body: CompareBatchBody) -> ResponseReturnValue:
        """Which of up to 100 photos show the same person as this one?

        A result or a problem for each of `photos`, in their order; nothing is stored. The request
        may have 42 MiB in all, 28 MiB as JSON. A refused `image` refuses the whole. A batch counts
        as many requests as it has `photos`, and is done whole or refused whole (429).
        """
        door.admit_batch(len(body.photos))
        compared = services.compare.with_each(body.image, body.photos, body.faces)
        return jsonify({"results": each_or_problem(compared, _visible)})

    return routes


def _visible(compared: Comparison) -> wire.Wire:
    return visible(wire.compared_photo(compared))
