"""Who asks, and may they? One table says which scope each route needs."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from flask import Flask, g, request

from api.problems import Refusal
from api.rate_limits import RateLimits
from gallery.bootstrap import Services
from gallery.domain.access import Key, Scope
from gallery.errors import (
    KeyNeeded,
    KeyUnknown,
    NotAuthenticated,
    OtherPerson,
    ScopeMissing,
    SessionEnded,
)

ANYBODY = None

NEEDS: Mapping[str, Scope | None] = MappingProxyType(
    {
        "static": ANYBODY,
        "pages.page": ANYBODY,
        "health.alive": ANYBODY,
        "health.ready": ANYBODY,
        "sign_in.state": ANYBODY,
        "sign_in.begin": ANYBODY,
        "sign_in.end": ANYBODY,
        "docs.openapi": ANYBODY,
        "docs.page": ANYBODY,
        "compare.compare_photos": Scope.VERIFY,
        "compare.compare_batch": Scope.VERIFY,
        "faces.verify_photo": Scope.VERIFY,
        "identify.identify_photo": Scope.IDENTIFY,
        "identify.identify_batch": Scope.IDENTIFY,
        "inspect.inspect_photo": Scope.ENROLL,
        "identities.create": Scope.ENROLL,
        "identities.index": Scope.ENROLL,
        "identities.show": Scope.ENROLL,
        "faces.enroll_face": Scope.ENROLL,
        "faces.show_face": Scope.ENROLL,
        "faces.show_crop": Scope.ENROLL,
        "metrics.show": Scope.ADMIN,
        "identities.rename": Scope.ADMIN,
        "identities.remove": Scope.ADMIN,
        "faces.remove_face": Scope.ADMIN,
    }
)
"""Endpoint to scope. What is not here needs admin; a test says that everything is here."""

ABOUT_NOBODY = frozenset({"inspect.inspect_photo"})
"""Endpoints that tell and store nothing of anybody: a key of one person may use them too."""

SHOWN_WITHOUT_SCORES = ("matched", "threshold", "model_id")


class Door:
    """Lets requests in by a key, by the session of a browser, or, while there is no key, as such.

    always: keys are needed even where none exists, as others can reach this server.
    """

    def __init__(self, services: Services, always: bool) -> None:
        self.limits = RateLimits(services.settings)
        self._services = services
        self._always = always

    def install(self, app: Flask) -> None:
        """Ask at each route that is not for anybody."""
        app.before_request(self._admit)

    def admit_batch(self, photos: int) -> None:
        """Let a batch in that does the work of so many requests; `_admit` has counted one."""
        key = current_key()
        if key is not None:
            self.limits.count_batch(key, photos)

    def keys_needed(self) -> bool:
        return self._always or self._services.keys.needed()

    def who(self) -> Key | None:
        """Whose request this is; None where it comes with no key and with no session that lasts.

        A key in the header goes before a session. Refuses a wrong key with NotAuthenticated.
        """
        header = request.headers.get("Authorization")
        if header is not None:
            return self._bearer(header)
        try:
            return self._signed_in()
        except SessionEnded:
            return None

    def _admit(self) -> None:
        scope = scope_needed()
        if scope is ANYBODY:
            return
        key = self.who()
        if key is None and not self.keys_needed():
            return
        self.limits.count_address()
        if key is None:
            raise _nobody()
        self.limits.count_key(key)
        _refuse_unless_allowed(key, scope)
        g.key = key

    def _bearer(self, header: str) -> Key:
        scheme, _, text = header.partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise KeyUnknown("send the key as `Authorization: Bearer KEY`")
            return self._services.keys.authenticate(text.strip(" "))
        except KeyUnknown:
            self.limits.count_wrong_key()
            raise
        except NotAuthenticated:  # no guess: the key of somebody who has not heard of its end
            self.limits.count_address()
            raise

    def _signed_in(self) -> Key | None:
        token = request.cookies.get(cookie_name())
        if token is None:
            return None
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            _refuse_silent_origin()
        return self._services.sessions.key_of(token)


def scope_needed() -> Scope | None:
    """What this request's route needs; ANYBODY also where there is no route (404, 405)."""
    if request.endpoint is None:
        return ANYBODY
    return NEEDS.get(request.endpoint, Scope.ADMIN)


def current_key() -> Key | None:
    """The key that let this request in; None where no key is needed."""
    key: Key | None = g.get("key")
    return key


def visible(decision: dict[str, Any]) -> dict[str, Any]:
    """What of a verdict this request's key may see: all of it, or nothing that tells how near.

    Also hidden are the nearest stored face, whose change shows a climber the way, the person's
    name, and what was seen in the photo.
    """
    key = current_key()
    if key is None or key.sees_scores:
        return decision
    return {name: decision[name] for name in SHOWN_WITHOUT_SCORES}


def cookie_name() -> str:
    """With the prefix that browsers let no other host set, where the connection is encrypted."""
    return "__Host-gallery" if request.is_secure else "gallery"


def _nobody() -> NotAuthenticated:
    if cookie_name() in request.cookies:
        return SessionEnded("you are signed out, or were in for too long. Sign in again")
    return KeyNeeded(
        "this needs a key: send it as `Authorization: Bearer KEY`, or sign in on the page. "
        "The operator makes one: gallery keys create --scope verify"
    )


def _refuse_unless_allowed(key: Key, scope: Scope) -> None:
    if not key.allows(scope):
        raise ScopeMissing(
            f"this needs a key with the scope {scope}; this one has {', '.join(sorted(key.scopes))}"
        )
    if request.endpoint in ABOUT_NOBODY:
        return
    if not key.reaches((request.view_args or {}).get("identity_id")):
        raise OtherPerson(
            f"this key is for the person with id {key.identity_id} only, at "
            f"/v1/identities/{key.identity_id}"
        )


def _refuse_silent_origin() -> None:
    """Every browser says where a change comes from; a cookie without that word is not heeded."""
    if not {"Origin", "Sec-Fetch-Site"} & {name for name, _ in request.headers}:
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            "cross_site",
            "A session is for the gallery's own page. A program sends a key in Authorization",
        )
