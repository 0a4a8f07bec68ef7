"""reembed: move the stored faces to the model in use."""

from __future__ import annotations

import typer

from cli.options import AsJson
from cli.session import services_of


def reembed(context: typer.Context, as_json: AsJson = False) -> None:
    """Compute the faces of another model anew with the model in use.

    The stored crops are enough for it; no photo is needed. Interrupted, it can be run again.
    """
    from cli.output import print_json, progress, say

    with services_of(context) as services, progress("computing") as step:
        count = services.maintenance.reembed(step)
        model_id = services.maintenance.status().model_id
    if as_json:
        print_json({"reembedded": count, "model_id": model_id})
    else:
        faces = "1 face was" if count == 1 else f"{count} faces were"
        say(f"{faces} computed anew; all are of model {model_id} now.")
