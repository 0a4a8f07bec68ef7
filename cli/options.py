"""Options and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document, for programs to read.")
]
Largest = Annotated[
    bool,
    typer.Option(
        "--largest",
        help="Take the largest face near the middle of a photo of several, instead of refusing it.",
    ),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The person's name; case is ignored.")]
Photo = Annotated[
    str, typer.Argument(metavar="PHOTO", help="An image file, or - for standard input.")
]
