"""evaluate: the whole program on a public benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import AsJson
from cli.session import services_of, session_of

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def evaluate() -> None:
    """Measure the whole program, from photo to distance, on a benchmark."""


@app.command()
def lfw(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="Labeled Faces in the Wild: images/, pairs.txt and pairsDevTest.txt.",
        ),
    ],
    view: Annotated[
        int, typer.Option(min=1, max=2, help="1 for development, 2 for the final figure.")
    ] = 2,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to write report.json and roc.png."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Labeled Faces in the Wild: accuracy in ten folds, ROC, and the rates at the threshold.

    Needs the extra packages: pip install 'face-gallery[train]'. Takes some minutes.
    """
    from cli.output import cell, print_json, print_table, say, table, track
    from gallery.evaluation import report as reports
    from gallery.evaluation.verification import evaluate_lfw

    threshold = session_of(context).settings().threshold
    with services_of(context) as services:
        report = evaluate_lfw(folder, services.recognise, view, track, threshold)
    if output is not None:
        reports.write(report, output)
    if as_json:
        print_json(reports.document(report))
        return
    rows = table("Figure", ">Value")
    for name, figure in reports.summary(report):
        rows.add_row(cell(name), cell(figure))
    print_table(rows)
    if output is not None:
        say(f"Written to {output}: report.json and roc.png")
