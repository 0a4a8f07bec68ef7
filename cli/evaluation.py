"""evaluate: the whole program on a public benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.options import AsJson
from cli.session import opened, services_of, session_of

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
        Path, typer.Option(metavar="DIR", help="Where report.json and roc.png go.")
    ] = Path("evaluation"),
    record: Annotated[
        bool, typer.Option("--record", help="Write the figures into the model's card as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Labeled Faces in the Wild: accuracy in ten folds, ROC, and the rates at the threshold.

    Needs the extra packages: pip install 'face-gallery[train]'. Takes some minutes.
    """
    from cli.output import print_json, say, track
    from gallery.evaluation import report as reports
    from gallery.evaluation.verification import evaluate_lfw

    settings = session_of(context).settings()
    with services_of(context) as services:
        report = evaluate_lfw(folder, services.recognise, view, track, settings.threshold)
    reports.write(report, output)
    if record:
        from gallery.embedder.model_card import default_model_folder, lfw_figures, record_figures

        name = lfw_figures(view, settings.detector)
        figures = reports.for_the_card(reports.document(report))
        record_figures(default_model_folder(settings.model_id), name, figures)
    if as_json:
        print_json(reports.document(report))
        return
    _print(reports.summary(report))
    say(f"Written to {output}: report.json and roc.png")


@app.command()
def identification(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Labeled Faces in the Wild, with images/.")
    ],
    people: Annotated[
        int, typer.Option(min=1, help="How many people are enrolled; as many strangers are asked.")
    ] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Which people and photos are drawn.")] = 0,
    output: Annotated[
        Path, typer.Option(metavar="DIR", help="Where identification.json goes.")
    ] = Path("evaluation"),
    as_json: AsJson = False,
) -> None:
    """Enroll people with two photos each, then verify and identify others of them and strangers.

    Runs on a gallery of its own in a temporary folder.
    """
    import tempfile
    from dataclasses import asdict, replace

    from cli.output import print_json, say, track
    from gallery.evaluation import identification_report as reports
    from gallery.evaluation.identification import evaluate_identification
    from gallery.settings import url_of

    with tempfile.TemporaryDirectory() as place:
        database_url = url_of(Path(place) / "gallery.db")
        settings = replace(session_of(context).settings(), database_url=database_url)
        with opened(settings) as services:
            report = evaluate_identification(folder, services, people, seed, track)
    reports.write(report, output)
    if as_json:
        print_json(asdict(report))
        return
    for line in reports.transcript(report):
        say(line)
    _print(reports.summary(report))
    say(f"Written to {output}: identification.json")


def _print(figures: Sequence[tuple[str, str]]) -> None:
    from cli.output import cell, print_table, table

    rows = table("Figure", ">Value")
    for name, figure in figures:
        rows.add_row(cell(name), cell(figure))
    print_table(rows)
