"""models: what is shipped, and the card of each model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import AsJson

if TYPE_CHECKING:
    from gallery.embedder.model_card import ModelCard

app = typer.Typer(add_completion=False)


@app.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: AsJson = False) -> None:
    """List the models that came with the program, or show the card of one."""
    if context.invoked_subcommand is not None:
        return
    from cli.output import cell, print_json, print_table, say, table
    from gallery.embedder.model_card import DEFAULT_MODEL, shipped_models

    cards = shipped_models()
    if as_json:
        print_json({"default": DEFAULT_MODEL, "models": [_document(card) for card in cards]})
        return
    rows = table("Model", "Architecture", ">Parameters", ">Threshold", "Made", "")
    for card in cards:
        rows.add_row(
            cell(card.model_id, "bold"),
            cell(card.architecture),
            cell(f"{card.parameters:,}"),
            cell(f"{card.threshold:g}"),
            cell(card.created or ""),
            cell("default" if card.model_id == DEFAULT_MODEL else ""),
        )
    print_table(rows)
    say("More about one: gallery models card MODEL")


@app.command()
def card(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL",
            help="A model's id, or the path of a folder that gallery train wrote; "
            "the default model when left out.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a model's card: purpose, data, figures, limits."""
    from cli.output import cell, console, flattened, print_json, table
    from gallery.embedder.model_card import default_model_folder, read_card

    found = read_card(default_model_folder(model))
    if as_json or (context.parent and context.parent.params["as_json"]):
        print_json(_document(found))
        return
    out = console()
    out.print(cell(found.model_id, "bold"))
    out.print(cell(found.purpose))
    facts = {
        "architecture": found.architecture,
        "parameters": found.parameters,
        "threshold": found.threshold,
        "made": found.created or "not told",
        "SHA-256 of model.tflite": found.tflite_sha256,
    }
    sections = {
        "Model": facts,
        "Data": found.data,
        "Figures": found.figures,
        "Recipe": found.recipe or {},
    }
    for title, values in sections.items():
        rows = table("", "", title=title)
        rows.show_header = False
        for name, value in flattened(values):
            rows.add_row(cell(name), cell(value))
        if rows.row_count:
            out.print(rows)
    out.print(cell("Limits", "italic"))
    for limit in found.limits:
        out.print(cell(f"- {limit}"))


def _document(card: ModelCard) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(card)
