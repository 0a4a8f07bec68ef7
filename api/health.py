"""GET /healthz: the process answers. GET /readyz: it can answer questions of the gallery."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from api.access import Door
from api.contract import contract
from gallery import answers
from gallery.bootstrap import Services


def blueprint(services: Services, door: Door) -> Blueprint:
    """Liveness and readiness; what is not ready is told as a 503 problem.

    Ready: the model is loaded and is the one that its card describes, the database is open and
    migrated, and this process's index holds all of it. `index_lag` tells how many changes it was
    behind when it was asked; it has applied them since, as it does before each search.
    """
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    @contract(answers.Alive)
    def alive() -> ResponseReturnValue:
        """Does the process answer?"""
        return jsonify({"status": "ok"})

    @routes.get("/readyz")
    @contract(answers.Ready, or_less=answers.ReadyAlone)
    def ready() -> ResponseReturnValue:
        """Can the process answer questions of the gallery?

        The model is loaded, the database is open and migrated, the index holds all of it;
        `index_lag` is how many changes it was behind when asked. Where keys are needed, who comes
        without one is told the status alone: the numbers tell when the gallery changes.
        """
        told_all = door.who() is not None or not door.keys_needed()
        held = services.identify.index.revision
        services.identify.index.caught_up()
        if not told_all:
            return jsonify({"status": "ready"})
        status = services.maintenance.status()
        return jsonify(
            {
                "status": "ready",
                "model_id": status.model_id,
                "database_revision": status.database_revision,
                "index_revision": status.index_revision,
                "index_lag": max(0, status.index_revision - held),
            }
        )

    return routes
