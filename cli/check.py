"""check: do database, index snapshot and crops agree?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import AsJson
from cli.session import services_of

if TYPE_CHECKING:
    from gallery.services.health import Finding, Health

SAMPLE = 10_000
PROBLEMS = 1


def check(
    context: typer.Context,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Mend what can be mended from the database: missing log entries, damaged vectors "
            "(from their crops) and the index snapshot. Nobody is ever removed.",
        ),
    ] = False,
    every: Annotated[
        bool,
        typer.Option(
            "--all", help=f"Embed every crop anew and compare; otherwise {SAMPLE:,} at random."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare database, index snapshot and crops, and say what differs.

    Exit code 0: everything agrees, or was repaired. 1: something is wrong.
    """
    from cli.output import print_json, progress
    from gallery.services import wire

    with services_of(context) as services, progress("checking") as step:
        ask = services.check.repair if repair else services.check
        health = ask(step, None if every else SAMPLE)
    if as_json:
        print_json(wire.health(health))
    else:
        _show(health)
    if not health.good:
        raise typer.Exit(PROBLEMS)


def say_wrong(findings: Sequence[Finding]) -> None:
    """A line each: what is wrong, and what to do."""
    from cli.output import say

    for finding in findings:
        say(f"Wrong: {finding.message}. To do: {finding.remedy}.")


def _show(health: Health) -> None:
    from cli.output import cell, print_table, say, table
    from gallery.services.health import Part

    looked_at = {
        Part.DATABASE: f"structure, references, {health.people:,} people",
        Part.CHANGE_LOG: f"{health.changes:,} changes, revision {health.revision}",
        Part.FACES: f"{health.faces:,} faces, {health.crops_compared:,} embedded anew",
        Part.SNAPSHOT: _snapshot(health),
    }
    rows = table("Part", "Looked at", "Verdict")
    for part, what in looked_at.items():
        wrong = sum(finding.trouble.part is part for finding in health.findings)
        verdict = cell(f"{wrong} wrong", "bold red") if wrong else cell("good", "bold green")
        rows.add_row(cell(part), cell(what), verdict)
    print_table(rows)
    for finding in health.repaired:
        say(f"Repaired: {finding.message}.")
    say_wrong(health.findings)
    if health.good:
        say("Database, index snapshot and crops agree.")


def _snapshot(health: Health) -> str:
    snapshot = health.snapshot
    if not snapshot.present:
        return "none; the index is built from the database"
    if not snapshot.structure:
        return snapshot.path
    return f"{snapshot.structure}, {snapshot.faces:,} faces, revision {snapshot.revision}"
