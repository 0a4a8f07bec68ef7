"""`gallery`: options before the command, and where each command is."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any

import typer

from cli.group import GalleryGroup, LazyCommands, tidy_help
from cli.session import Session
from gallery.settings import DetectorKind

COMMANDS = MappingProxyType(
    {
        "Recognise": {
            "compare": "cli.recognition:compare",
            "verify": "cli.recognition:verify",
            "identify": "cli.recognition:identify",
        },
        "People": {
            "enroll": "cli.enroll:enroll",
            "import": "cli.bulk:import_people",
            "list": "cli.people:list_people",
            "show": "cli.people:show",
            "rename": "cli.people:rename",
            "remove": "cli.people:remove",
            "remove-face": "cli.people:remove_face",
        },
        "Serve and try": {
            "serve": "cli.serve:serve",
            "keys": "cli.keys:app",
            "demo": "cli.demo:demo",
            "check": "cli.check:check",
        },
        "Models": {
            "models": "cli.models:app",
            "train": "cli.training:train",
            "evaluate": "cli.evaluation:app",
            "benchmark": "cli.benchmark:app",
            "reembed": "cli.maintenance:reembed",
        },
    }
)


class _Root(GalleryGroup):
    """The group with the commands above."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        tidy_help(self)
        self.commands: Any = LazyCommands(COMMANDS)


app = typer.Typer(
    name="gallery",
    cls=_Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done or matched, 1 not matched, unknown or (check) wrong, 2 wrong usage, "
    "3 photo refused, 4 not found or conflict, 5 not ready.",
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"gallery {version('face-gallery')}")
        raise typer.Exit


@app.callback()
def gallery(
    context: typer.Context,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where people and faces are kept: a database URL, or the path of an SQLite file. "
            "Otherwise GALLERY_DATABASE_URL, or a file in your data folder, made on first use.",
        ),
    ] = None,
    detector: Annotated[
        DetectorKind | None,
        typer.Option(
            help="How faces are found: yunet finds landmarks and aligns by them; haar is the "
            "older cascade. Otherwise GALLERY_DETECTOR, or yunet."
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            metavar="DISTANCE",
            help="Two faces match below this distance. Otherwise GALLERY_THRESHOLD, or 0.4.",
        ),
    ] = None,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Know faces again. Photos stay on this machine.

    Enroll people from photos, then ask whether a photo shows one of them, who a photo shows, or
    whether two photos show the same person.
    """
    context.obj = Session(database, detector, threshold)
