"""The Flask application over the services: routes, guards, refusals, request log."""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask

from api import (
    compare,
    compression,
    crops,
    faces,
    guards,
    health,
    identify,
    identities,
    inspect,
    pages,
    problems,
    request_log,
)
from api.routing import RowId
from api.uploads import MAX_BODY_BYTES, MAX_PARTS, InMemoryRequest
from gallery.bootstrap import Services


def create_app(services: Services, hosts: Collection[str] | None = None) -> Flask:
    """The application; `hosts` are the names it answers to, None for any.

    Give `hosts` where the server listens on a loopback address only: a web site whose name is made
    to point there (DNS rebinding) is then refused, for it comes with its own name.
    """
    app = Flask(__name__)
    app.request_class = InMemoryRequest
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_PARTS=MAX_PARTS,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.converters["row_id"] = RowId
    request_log.install(app)
    guards.install(app, hosts)
    problems.install(app)
    compression.install(app)
    for blueprint in (
        compare.blueprint(services),
        identities.blueprint(services),
        faces.blueprint(services),
        crops.blueprint(services),
        inspect.blueprint(services),
        identify.blueprint(services),
        health.blueprint(services),
        pages.blueprint(services),
    ):
        app.register_blueprint(blueprint)
    return app
