"""The Flask application over the services: routes, guards, refusals, request log."""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from api import (
    body_room,
    compare,
    compression,
    docs,
    faces,
    guards,
    health,
    identify,
    identities,
    inspect,
    metrics,
    pages,
    problems,
    request_log,
    sign_in,
)
from api.access import Door
from api.metrics import Metrics
from api.routing import RowId
from api.uploads import MAX_BODY_BYTES, MAX_PARTS, InMemoryRequest
from gallery.bootstrap import Services


def create_app(
    services: Services,
    hosts: Collection[str] | None = None,
    measured: Metrics | None = None,
    *,
    keys_always: bool = False,
) -> Flask:
    """The application; `hosts` are the names it answers to, None for any.

    measured: what the services tell their measurements to, so that /metrics shows them too.
    keys_always: give it where others can reach the server. Without it a gallery that has never had
    a key asks nobody for one.

    Give `hosts` where the server listens on a loopback address only: a web site whose name is made
    to point there (DNS rebinding) is then refused, for it comes with its own name.
    """
    app = Flask(__name__)
    app.request_class = InMemoryRequest
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_PARTS=MAX_PARTS,
    )
    proxies = services.settings.proxies
    if proxies:  # a method of the app, which is how Flask says it
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)  # type: ignore[method-assign]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.converters["row_id"] = RowId
    app.url_map.merge_slashes = False  # //v1 is no other way to write /v1
    measured = measured or Metrics()
    request_log.install(app, measured)
    guards.install(app, hosts)
    door = Door(services, keys_always)
    door.install(app)
    body_room.install(app)  # after the door: who is not let in holds no room
    problems.install(app)
    compression.install(app)
    for blueprint in (
        compare.blueprint(services, door),
        identities.blueprint(services),
        faces.blueprint(services),
        inspect.blueprint(services),
        identify.blueprint(services, door),
        health.blueprint(services, door),
        metrics.blueprint(services, measured),
        pages.blueprint(services),
        sign_in.blueprint(services, door),
        docs.blueprint(),
    ):
        app.register_blueprint(blueprint)
    return app
