"""import: a folder of people into the gallery."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import AsJson, Largest
from cli.photos import SUFFIXES, read_photo
from cli.recognition import choice
from cli.session import services_of
from gallery.errors import PathNotFound

if TYPE_CHECKING:
    from gallery.services.enroll_many import BulkPhoto, BulkReport

SHOWN = 20


def import_people(
    context: typer.Context,
    folder: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER", help="Holds a sub-folder for each person, named as the person is."
        ),
    ],
    largest: Largest = False,
    as_json: AsJson = False,
) -> None:
    """Enroll many people at once: FOLDER/NAME/photo.jpg.

    Photos that are refused are listed and passed over. Faces are committed as it goes, and a photo
    that its person holds already is skipped: an import that was stopped goes on when run again.
    """
    from cli.output import print_json, progress
    from gallery.services import wire

    photos = people_in(folder)
    with services_of(context) as services, progress("enrolling") as step:
        report = services.enroll_many(photos, step, choice(largest))
    if as_json:
        print_json(wire.bulk(report))
    else:
        _show(report)


def people_in(folder: str) -> tuple[BulkPhoto, ...]:
    """Every photo of every sub-folder, by name; refuses a folder without any."""
    from gallery.services.enroll_many import BulkPhoto

    try:
        photos = tuple(
            BulkPhoto(person.name, str(file), partial(read_photo, str(file)))
            for person in sorted(Path(folder).iterdir())
            if person.is_dir() and not person.name.startswith(".")
            for file in sorted(person.iterdir())
            if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
        )
    except OSError as error:
        raise PathNotFound(f"{error.filename} cannot be read: {error.strerror}") from error
    if not photos:
        raise PathNotFound(
            f"{folder} holds no folder with photos; give one with a folder for each person"
        )
    return photos


def _show(report: BulkReport) -> None:
    from cli.output import cell, print_table, say, table

    if report.refused:
        rows = table("Refused", "Why")
        for refused in report.refused[:SHOWN]:
            message = refused.message.removeprefix(f"{refused.label} ")
            rows.add_row(cell(refused.label), cell(message))
        print_table(rows)
        if len(report.refused) > SHOWN:
            say(f"... and {len(report.refused) - SHOWN:,} more; --json lists them all.")
    say(
        f"{report.photos:,} photos: {report.enrolled:,} enrolled for {report.people:,} people, "
        f"{report.already:,} enrolled before, {len(report.refused):,} refused."
    )
