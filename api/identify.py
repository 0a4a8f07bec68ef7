"""POST /v1/identify and /v1/identify/batch: who of the gallery is in these photos?"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from api.access import Door
from api.batch import each_or_problem
from api.bodies import IdentifyBatchBody, IdentifyBody
from api.contract import contract
from gallery import answers
from gallery.bootstrap import Services
from gallery.services import wire


def blueprint(services: Services, door: Door) -> Blueprint:
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

    @routes.post("/identify/batch")
    @contract(answers.Identifications, body=IdentifyBatchBody)
    def identify_batch(body: IdentifyBatchBody) -> ResponseReturnValue:
        """Who is in each of up to 100 photos?

        A result or a problem for each of `photos`, in their order. The request may have 42 MiB in
        all, 28 MiB as JSON. A batch counts as many requests as it has `photos`, and is done whole
        or refused whole (429).
        """
        door.admit_batch(len(body.photos))
        results = services.identify.each(body.photos, body.top, body.faces)
        return jsonify({"results": each_or_problem(results, wire.identification)})

    return routes
