"""benchmark enroll: photos a second, from file to committed row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.bulk import people_in
from cli.options import AsJson
from cli.session import services_of

if TYPE_CHECKING:
    from gallery.evaluation.enroll_benchmark import EnrollSpeed


def benchmark_enroll(
    context: typer.Context,
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="Photos: a sub-folder for each person.")
    ],
    limit: Annotated[int, typer.Option(min=1, help="At most so many of the photos.")] = 2000,
    threads: Annotated[int | None, typer.Option(min=1, help="Otherwise one for each core.")] = None,
    faces: Annotated[
        list[int] | None,
        typer.Option(min=0, help="Faces the gallery holds before; give it again for more runs."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how fast photos are enrolled, and what their stages alone would allow.

    The photos go into a gallery of their own, which is thrown away.
    """
    from dataclasses import asdict

    from cli.output import print_json, progress
    from gallery.evaluation.enroll_benchmark import benchmark
    from gallery.services.in_order import cores

    photos = people_in(folder).photos
    photos = photos[:: max(1, len(photos) // limit)][:limit]
    with services_of(context) as services, progress("enrolling") as step:
        speeds = [
            benchmark(
                services.recognise, services.units_at, photos, threads or cores(), before, step
            )
            for before in faces or [0]
        ]
    if as_json:
        print_json({"runs": [asdict(speed) for speed in speeds]})
    else:
        _show(speeds)


def _show(speeds: list[EnrollSpeed]) -> None:
    from cli.output import cell, number, print_table, table

    rows = table(
        ">Faces before", ">Photos", ">Refused", ">Threads", ">Photos/s", ">Allowed", ">Of it"
    )
    for speed in speeds:
        rows.add_row(
            cell(f"{speed.faces_before:,}"),
            cell(f"{speed.photos:,}"),
            cell(f"{speed.refused:,}"),
            cell(speed.threads),
            number(speed.photos_per_second, 1),
            number(speed.allowed_per_second, 1),
            cell(f"{speed.reached:.0%}"),
        )
    print_table(rows)
    stages = table("Stage", ">ms a photo", ">Share")
    for stage in speeds[0].stages:
        stages.add_row(cell(stage.name), number(stage.milliseconds, 3), cell(f"{stage.share:.1%}"))
    print_table(stages)
