"""compare, verify and identify: the three questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import NOT_MATCHED
from cli.options import AsJson, Largest, Name, Photo
from cli.photos import file_name, read_photo, read_photos
from cli.session import services_of
from gallery.services.which_photo import which_photo

if TYPE_CHECKING:
    from gallery.domain.face import FaceChoice
    from gallery.domain.strangers import StrangerRisk


def compare(
    context: typer.Context,
    first: Photo,
    second: Photo,
    largest: Largest = False,
    as_json: AsJson = False,
) -> None:
    """Do two photos show the same person?

    Nothing is stored, and the gallery is not looked at. Exit code 0: matched; 1: not matched.
    """
    from cli.output import cell, decision_cells, print_json, print_table, table
    from gallery.services import wire

    one, other = read_photos(first, second)
    with services_of(context) as services:
        called = file_name(first), file_name(second)
        comparison = services.compare(one, other, choice(largest), called)
    if as_json:
        print_json(wire.comparison(comparison))
    else:
        decision = comparison.decision
        rows = table("First photo", "Second photo", ">Distance", ">Threshold", "Verdict", "Model")
        rows.add_row(cell(first), cell(second), *decision_cells(decision), cell(decision.model_id))
        print_table(rows)
    _end(comparison.decision.matched)


def verify(
    context: typer.Context,
    name: Name,
    photo: Photo,
    largest: Largest = False,
    as_json: AsJson = False,
) -> None:
    """Does a photo show this enrolled person?

    The distance is that to the nearest of the person's faces. Exit code 0: matched; 1: not matched.
    """
    from cli.output import cell, decision_cells, print_json, print_table, table
    from gallery.services import wire

    with services_of(context) as services:
        person = services.identities.find(name)
        probe = read_photo(photo)
        with which_photo(file_name(photo)):
            verification = services.verify(person.id, probe, choice(largest))
    if as_json:
        print_json(wire.verification(verification))
    else:
        decision = verification.decision
        rows = table("Photo", "Person", ">Face", ">Distance", ">Threshold", "Verdict", "Model")
        rows.add_row(
            cell(photo),
            cell(verification.identity.name),
            cell(verification.face_id),
            *decision_cells(decision),
            cell(decision.model_id),
        )
        print_table(rows)
    _end(verification.decision.matched)


def identify(
    context: typer.Context,
    photo: Photo,
    top: Annotated[
        int, typer.Option(min=1, max=100, help="How many people to name, nearest first.")
    ] = 5,
    largest: Largest = False,
    as_json: AsJson = False,
) -> None:
    """Who of the enrolled people does a photo show?

    Names the nearest people by the nearest face of each. Exit code 0: somebody is near enough;
    1: unknown.
    """
    from cli.output import cell, decision_cells, print_json, print_table, say, table
    from gallery.services import wire

    probe = read_photo(photo)
    with services_of(context) as services, which_photo(file_name(photo)):
        found = services.identify(probe, top, choice(largest))
    if as_json:
        print_json(wire.identification(found))
    elif not found.candidates:
        say("Unknown: nobody is enrolled. Enroll somebody: gallery enroll NAME PHOTO")
    else:
        nearest = found.candidates[0]
        known = f"This is {nearest.identity.name}." if found.identified else "Unknown person."
        rows = table("", "Person", ">Face", ">Distance", ">Threshold", "Verdict")
        for place, candidate in enumerate(found.candidates, start=1):
            rows.add_row(
                cell(place),
                cell(candidate.identity.name),
                cell(candidate.face_id),
                *decision_cells(candidate.decision),
            )
        say(f"{known} Nearest of the gallery, by model {found.model_id}:")
        print_table(rows)
        if found.strangers_named:
            say(_risk(found.strangers_named))
    _end(found.identified)


def choice(largest: bool) -> FaceChoice:
    """What `--largest` means to the services."""
    from gallery.domain.face import FaceChoice

    return FaceChoice.LARGEST if largest else FaceChoice.ONLY


def _risk(risk: StrangerRisk) -> str:
    about = "at least" if risk.at_least else "about"
    faces = f"{risk.faces:,} face{'' if risk.faces == 1 else 's'}"
    share = f"{100 * risk.rate:.{0 if risk.rate >= 0.1 else 1}f}"
    return f"In a gallery of {faces} {about} {share} % of strangers are given a name (LFW)."


def _end(matched: bool) -> None:
    if not matched:
        raise typer.Exit(NOT_MATCHED)
