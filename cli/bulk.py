"""import: a folder of people into the gallery."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from cli.errors import PHOTO_REFUSED, with_the_option
from cli.options import AsJson, Largest
from cli.photos import SUFFIXES, given, read_photo
from cli.recognition import choice
from cli.session import services_of
from gallery.errors import PathNotFound

if TYPE_CHECKING:
    from gallery.services.enroll_many import BulkPhoto, BulkReport

SHOWN = 20


@dataclass(frozen=True)
class PeopleFolder:
    """photos: a person's folder that cannot be read is one of them, refused when its turn comes.

    others: files that are not looked at: loose, in deeper folders, or without a photo's suffix.
    What begins with a dot is not counted.
    """

    photos: tuple[BulkPhoto, ...]
    others: int


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

    Photos that are refused, and sub-folders that cannot be read, are listed and passed over. Faces
    are committed as it goes, and a photo that its person holds already is skipped: an import that
    was stopped goes on when run again. Files that lie elsewhere below FOLDER, or are no photos by
    their names, are counted. Exit code 3: every photo was refused.
    """
    from cli.output import print_json, progress
    from gallery.services import wire

    found = people_in(folder)
    with services_of(context, create=True) as services, progress("enrolling") as step:
        report = _advised(services.enroll_many(found.photos, step, choice(largest)))
    if as_json:
        print_json({**wire.bulk(report), "not_looked_at": found.others})
    else:
        _show(report, found.others)
    if report.refused and not report.enrolled and not report.already:
        raise typer.Exit(PHOTO_REFUSED)


def people_in(folder: str) -> PeopleFolder:
    """Every photo of every sub-folder, by name; refuses a folder without any."""
    photos: list[BulkPhoto] = []
    others = 0
    try:
        for person in _entries(Path(given(folder))):
            if person.is_dir():
                found = _photos_of(person)
                photos += found.photos
                others += found.others
            else:
                others += 1
    except OSError as error:
        raise _unreadable(error) from error
    if not photos:
        raise PathNotFound(
            f"{folder} holds no folder with photos; give one with a folder for each person"
        )
    return PeopleFolder(tuple(photos), others)


def _photos_of(person: Path) -> PeopleFolder:
    from gallery.services.enroll_many import BulkPhoto

    photos: list[BulkPhoto] = []
    others = 0
    try:
        for file in _entries(person):
            if file.suffix.lower() in SUFFIXES:
                label = str(file)
                photos.append(BulkPhoto(person.name, label, partial(read_photo, label)))
            else:
                others += _files_below(file) if file.is_dir() else 1
    except OSError as error:
        refused = BulkPhoto(person.name, str(person), partial(_refuse, _unreadable(error)))
        return PeopleFolder((refused,), 0)
    return PeopleFolder(tuple(photos), others)


def _unreadable(error: OSError) -> PathNotFound:
    return PathNotFound(f"{error.filename} cannot be read: {error.strerror}")


def _refuse(refusal: PathNotFound) -> NoReturn:
    raise refusal


def _entries(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _files_below(folder: Path) -> int:
    return sum(not name.startswith(".") for _, _, files in os.walk(folder) for name in files)


def _advised(report: BulkReport) -> BulkReport:
    """With the option that helps in what was refused."""
    refused = (
        replace(photo, message=with_the_option(photo.code, photo.message))
        for photo in report.refused
    )
    return replace(report, refused=tuple(refused))


def _show(report: BulkReport, others: int) -> None:
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
    if others:
        files = "1 other file was" if others == 1 else f"{others:,} other files were"
        say(
            f"{files} not looked at: loose, in a folder of a person's folder, or not named as a "
            "photo is."
        )
