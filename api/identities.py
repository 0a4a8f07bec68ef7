"""/v1/identities: the people of the gallery.

An ETag is the version of a person with the faces; If-Match keeps a change from undoing another,
If-None-Match an answer from telling what the client knows.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from api.bodies import ListQuery, NameBody
from api.contract import ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, contract
from api.once import idempotency_key, once
from gallery import answers
from gallery.bootstrap import Services
from gallery.domain.identity import IdentityWithFaces
from gallery.services import wire


def blueprint(services: Services) -> Blueprint:
    """Create, list, show and remove people."""
    routes = Blueprint("identities", __name__, url_prefix="/v1/identities")

    @routes.post("")
    @contract(
        answers.Identity,
        HTTPStatus.CREATED,
        body=NameBody,
        takes=(idempotency_key("6f1c2a9e-3b1d-4e55-9a52-0c1f5a1d7b11"),),
        gives=(LOCATION, ETAG),
        refuses=(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    )
    def create(body: NameBody) -> ResponseReturnValue:
        """Create a person, without faces yet.

        Names are unique, whatever their case; spaces are tidied.
        """
        identity = services.identities.create(body.name, once(body.name))
        location = url_for("identities.show", identity_id=identity.id)
        answer = jsonify(wire.identity(identity))
        answer.set_etag(services.identities.show(identity.id).version)
        return answer, HTTPStatus.CREATED, {"Location": location}

    @routes.get("")
    @contract(answers.IdentityPage, query=ListQuery)
    def index(query: ListQuery) -> ResponseReturnValue:
        """List the people, oldest first, a page at a time.

        Go on with `next_cursor` until an answer has none. Somebody removed meanwhile does not
        disturb the walk, and somebody added meanwhile is met at its end.
        """
        page = services.identities.page(int(query.cursor or 0), query.limit)
        return jsonify(wire.identity_page(page))

    @routes.get("/<row_id:identity_id>")
    @contract(answers.IdentityWithFaces, takes=(IF_NONE_MATCH,), gives=(ETAG,))
    def show(identity_id: int) -> ResponseReturnValue:
        """Show a person and the person's faces."""
        return _shown(services.identities.show(identity_id))

    @routes.patch("/<row_id:identity_id>")
    @contract(
        answers.IdentityWithFaces,
        body=NameBody,
        takes=(IF_MATCH,),
        gives=(ETAG,),
        refuses=(HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED),
    )
    def rename(identity_id: int, body: NameBody) -> ResponseReturnValue:
        """Give a person another name; the faces stay."""
        services.identities.rename(identity_id, body.name, versions_named())
        return _shown(services.identities.show(identity_id))

    @routes.delete("/<row_id:identity_id>")
    @contract(
        status=HTTPStatus.NO_CONTENT,
        takes=(IF_MATCH,),
        refuses=(HTTPStatus.PRECONDITION_FAILED,),
    )
    def remove(identity_id: int) -> ResponseReturnValue:
        """Remove a person and all of the person's faces.

        Once answered, no process matches the person any more. This cannot be undone.
        """
        services.identities.remove(identity_id, versions_named())
        return "", HTTPStatus.NO_CONTENT

    return routes


def _shown(person: IdentityWithFaces) -> Response:
    answer = jsonify(wire.identity_with_faces(person))
    answer.set_etag(person.version)
    return answer


def versions_named() -> frozenset[str] | None:
    """Those that If-Match names, of which one must be the person's; None where any will do."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    return frozenset(request.if_match.as_set())
