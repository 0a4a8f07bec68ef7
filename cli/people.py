"""list, show, rename, remove and remove-face: the people of the gallery."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli.errors import NOT_MATCHED
from cli.options import AsJson, Name
from cli.session import services_of
from gallery.errors import FaceNotFound, InvalidValue

LARGEST_ID = 2**63 - 1  # what a database integer holds


def list_people(context: typer.Context, as_json: AsJson = False) -> None:
    """List everybody who is enrolled."""
    from cli.output import cell, print_json, print_table, say, table
    from gallery.services import wire

    with services_of(context) as services:
        people = services.identities.list()
    if as_json:
        print_json({"identities": [wire.identity(person) for person in people]})
    elif not people:
        say("Nobody is enrolled yet. Enroll somebody: gallery enroll NAME PHOTO...")
    else:
        rows = table(">Id", "Name", ">Faces", "Enrolled (UTC)")
        for person in people:
            date = f"{person.created_at:%Y-%m-%d %H:%M}"
            rows.add_row(cell(person.id), cell(person.name), cell(person.face_count), cell(date))
        print_table(rows)


def show(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show a person's faces: their ids, their quality and when they were enrolled."""
    from cli.output import cell, number, print_json, print_table, say, table
    from gallery.services import wire

    with services_of(context) as services:
        person = services.identities.find(name)
        faces = services.identities.faces(person.id)
    if as_json:
        print_json({**wire.identity(person), "faces": [wire.face(face) for face in faces]})
        return
    say(f"{person.name}, id {person.id}, enrolled {person.created_at:%Y-%m-%d %H:%M} UTC")
    if not faces:
        say(f"No faces yet. Add some: gallery enroll {_quoted(person.name)} PHOTO...")
        return
    quality_columns = (">Width", ">Score", ">Sharpness", ">Brightness", ">Yaw")
    rows = table(">Face", *quality_columns, "Model", "Enrolled")
    for face in faces:
        quality = face.quality
        rows.add_row(
            cell(face.id),
            cell(f"{quality.face_width:.0f} px"),
            number(quality.detection_score, 2),
            number(quality.sharpness, 0),
            number(quality.brightness, 0),
            cell("") if quality.yaw is None else number(quality.yaw, 2),
            cell(face.model_id),
            cell(f"{face.created_at:%Y-%m-%d}"),
        )
    print_table(rows)


def rename(
    context: typer.Context,
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The name from now on.")],
    as_json: AsJson = False,
) -> None:
    """Give a person another name; the faces stay."""
    from cli.output import print_json, say
    from gallery.services import wire

    with services_of(context) as services:
        before = services.identities.find(name)
        after = services.identities.rename(before.id, new)
    if as_json:
        print_json(wire.identity(after))
    else:
        say(f"{before.name} is now {after.name}.")


def remove(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; remove.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a person and all of the person's faces. This cannot be undone.

    Asks first on a terminal; without one, as in a script, it needs --yes.
    """
    from cli.output import print_json, say
    from gallery.services import wire

    with services_of(context) as services:
        person = services.identities.find(name)
        if not yes and not _confirmed(f"Remove {person.name} and {person.face_count} face(s)?"):
            if as_json:
                print_json({"removed": None})
            else:
                say("Nothing was removed.")
            raise typer.Exit(NOT_MATCHED)
        removed = services.identities.remove(person.id)
    if as_json:
        print_json({"removed": wire.identity(removed)})
    else:
        say(f"{removed.name} was removed.")


def remove_face(
    context: typer.Context,
    name: Name,
    face_id: Annotated[
        int,
        typer.Argument(metavar="FACE_ID", help="The face's id, as gallery show tells it."),
    ],
    as_json: AsJson = False,
) -> None:
    """Remove one face of a person; the person stays."""
    from cli.output import print_json, say
    from gallery.services import wire

    with services_of(context) as services:
        person = services.identities.find(name)
        if not 1 <= face_id <= LARGEST_ID:
            raise FaceNotFound(f"{person.name} has no face with id {face_id}")
        services.identities.remove_face(person.id, face_id)
        person = services.identities.get(person.id)
    if as_json:
        print_json({"removed_face_id": face_id, "identity": wire.identity(person)})
    else:
        say(f"Face {face_id} was removed; {person.name} has {person.face_count} left.")


def _confirmed(question: str) -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        raise InvalidValue("there is no terminal to ask on; give --yes to remove without asking")
    return typer.confirm(question, err=True)


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)
