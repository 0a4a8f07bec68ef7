"""reembed: move the stored faces to the model in use."""

from __future__ import annotations

import typer

from cli.check import PROBLEMS, say_wrong
from cli.options import AsJson
from cli.session import services_of


def reembed(context: typer.Context, as_json: AsJson = False) -> None:
    """Compute the faces of another model anew with the model in use.

    The stored crops are enough for it; no photo is needed. Interrupted, it can be run again. Exit
    code 1: some crops are damaged, and their faces were left as they were.
    """
    from cli.output import print_json, progress, say
    from gallery.services import wire

    with services_of(context) as services, progress("computing") as step:
        done = services.maintenance.reembed(step)
        model_id = services.maintenance.status().model_id
    if as_json:
        print_json(wire.reembedded(done, model_id))
    else:
        say(f"{done.faces} face{' was' if done.faces == 1 else 's were'} computed anew.")
        say_wrong(done.findings)
        if not done.findings:
            say(f"All are of model {model_id} now.")
    if done.findings:
        raise typer.Exit(PROBLEMS)
