"""/session: the page signs in with a key, once, and has a cookie from then on."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request

from api.access import Door, cookie_name
from api.bodies import KeyBody
from api.reading import read_body
from gallery.bootstrap import Services
from gallery.domain.access import Key, Scope, utc_now
from gallery.errors import KeyUnknown


def blueprint(services: Services, door: Door) -> Blueprint:
    """Who is signed in, sign in, sign out."""
    routes = Blueprint("sign_in", __name__)

    @routes.get("/session")
    def state() -> Response:
        return _state(door, door.who())

    @routes.post("/session")
    def begin() -> Response:
        """A new session, whose token no script can read; one that there was ends.

        Counted before its body is read, so that a body that does not arrive counts as well.
        """
        door.limits.count_address()
        door.limits.refuse_after_wrong_keys()
        text = read_body(KeyBody).key
        try:
            begun = services.sessions.begin(text.strip())
        except KeyUnknown:
            door.limits.count_wrong_key()
            raise
        _end(services)
        response = _state(door, begun.key)
        response.set_cookie(
            cookie_name(),
            begun.token,
            max_age=max(0, int((begun.expires_at - utc_now()).total_seconds())),
            path="/",
            secure=request.is_secure,
            httponly=True,
            samesite="Strict",
        )
        return response

    @routes.delete("/session")
    def end() -> Response:
        """Signing out twice is no mistake."""
        _end(services)
        response = Response(status=HTTPStatus.NO_CONTENT)
        response.delete_cookie(
            cookie_name(), path="/", secure=request.is_secure, httponly=True, samesite="Strict"
        )
        return response

    return routes


def _end(services: Services) -> None:
    token = request.cookies.get(cookie_name())
    if token is not None:
        services.sessions.end(token)


def _state(door: Door, key: Key | None) -> Response:
    """scopes: all that may be done, so that of admin's key names each."""
    needed = door.keys_needed()
    if key is not None:
        scopes = [scope.value for scope in Scope if key.allows(scope)]
    else:
        scopes = [] if needed else [scope.value for scope in Scope]
    return jsonify(
        {
            "signed_in": key is not None,
            "keys_needed": needed,
            "scopes": scopes,
            "scores": not needed if key is None else key.sees_scores,
            "identity_id": None if key is None else key.identity_id,
            "name": None if key is None else key.name,
        }
    )
