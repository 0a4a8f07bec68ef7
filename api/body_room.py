"""How many bytes of request bodies may be in memory at once in a process."""

from __future__ import annotations

from contextlib import ExitStack

from flask import Flask, g, request

from api.access import ANYBODY, scope_needed
from gallery.imaging.room import Room

ROOM_BYTES = 96 * 1024 * 1024
SMALL_BYTES = 1024 * 1024
"""Bodies up to this never wait: all threads together hold less of them than one large photo."""


def install(app: Flask) -> None:
    """Large bodies wait, unread, until there is room for them; the place is kept to the end.

    A body of unknown length (chunked) counts as the largest there may be. One that says it is
    larger than that is refused unread and needs no room. Nor does one that anybody may send: a
    route without a scope reads a small one or none, and strangers are to hold no room.
    """
    room = Room(ROOM_BYTES)

    @app.before_request
    def enter() -> None:
        most = app.config["MAX_CONTENT_LENGTH"]
        chunked = "Transfer-Encoding" in request.headers
        length = most if chunked else request.content_length or 0
        if SMALL_BYTES < length <= most and scope_needed() is not ANYBODY:
            g.body_room = ExitStack()
            g.body_room.enter_context(room.taken(length))

    @app.teardown_request
    def leave(_: BaseException | None) -> None:
        if "body_room" in g:
            g.pop("body_room").close()
