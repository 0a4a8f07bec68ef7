"""enroll: photos of one person into the gallery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, overload

import typer

from cli.options import AsJson, Largest, Name
from cli.photos import expand, file_name, read_photo
from cli.recognition import choice
from cli.session import services_of
from gallery.progress import Progress


class PhotoFiles(Sequence[bytes]):
    """Photos that are read when their turn comes, so that a large folder needs little memory."""

    def __init__(self, paths: Sequence[str], progress: Progress) -> None:
        self._paths, self._progress = tuple(paths), progress

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> PhotoFiles: ...
    def __getitem__(self, place: int | slice) -> bytes | PhotoFiles:
        if isinstance(place, slice):
            return PhotoFiles(self._paths[place], self._progress)
        self._progress(place, len(self))
        return read_photo(self._paths[place])


def enroll(
    context: typer.Context,
    name: Name,
    photos: Annotated[
        list[str],
        typer.Argument(
            metavar="PHOTO",
            help="Image files, folders of images, or - for standard input.",
        ),
    ],
    largest: Largest = False,
    as_json: AsJson = False,
) -> None:
    """Enroll a person, or add faces to one, from photos.

    All photos of a call are enrolled, or none: one that is refused leaves the gallery as it was.
    The photos themselves are not kept.
    """
    from cli.output import cell, number, print_json, print_table, progress, say, table
    from gallery.services import wire

    paths = expand(photos)
    opened = services_of(context, create=True)
    called = [file_name(path) for path in paths]
    with opened as services, progress("enrolling") as step:
        enrolled = services.enroll.by_name(name, PhotoFiles(paths, step), choice(largest), called)
    person = enrolled[0].identity
    if as_json:
        faces = [wire.face(enrollment.face) for enrollment in enrolled]
        print_json({"identity": wire.identity(person), "faces": faces})
        return
    rows = table("Photo", ">Face", ">Width", ">Sharpness", ">Score")
    for path, enrollment in zip(paths, enrolled, strict=True):
        quality = enrollment.face.quality
        rows.add_row(
            cell(path),
            cell(enrollment.face.id),
            cell(f"{quality.face_width:.0f} px"),
            number(quality.sharpness, 0),
            number(quality.detection_score, 2),
        )
    print_table(rows)
    say(f"{person.name} has {_faces(person.face_count)}.")


def _faces(count: int) -> str:
    return "1 face" if count == 1 else f"{count} faces"
