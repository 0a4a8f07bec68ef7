"""demo: the main job on sample people, in a gallery that is thrown away afterwards."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.errors import NOT_MATCHED
from cli.options import AsJson
from cli.samples import PHOTOS_OF_A_PERSON, name_of, photo_of, sample_people
from cli.session import opened, session_of

if TYPE_CHECKING:
    from gallery.bootstrap import Services
    from gallery.domain.decision import Decision
    from gallery.progress import Progress

PROBE = PHOTOS_OF_A_PERSON
REFERENCES = range(1, PHOTOS_OF_A_PERSON)


@dataclass(frozen=True)
class Step:
    """A question to the gallery, its answer, and the answer that is right."""

    action: str
    result: str
    distance: float
    threshold: float
    verdict: str
    expected: str

    @property
    def right(self) -> bool:
        return self.verdict == self.expected


def demo(context: typer.Context, as_json: AsJson = False) -> None:
    """Try it: enroll, verify, identify and compare people who do not exist.

    Works in a temporary gallery; yours is not touched. Exit code 0: every verdict was right.
    """
    from cli.output import print_json, progress
    from gallery.settings import url_of

    people = sample_people()
    with tempfile.TemporaryDirectory(prefix="gallery-demo-") as folder:
        url = url_of(Path(folder) / "demo.db")
        settings = replace(session_of(context).settings(), database_url=url)
        with opened(settings) as services:
            with progress("enrolling") as step:
                _enroll(services, people[:-1], step)
            steps = tuple(_ask(services, people))
            model_id = services.maintenance.status().model_id
    passed = all(step.right for step in steps)
    enrolled = len(people) - 1
    if as_json:
        asked = [{**asdict(step), "right": step.right} for step in steps]
        faces = enrolled * len(REFERENCES)
        document = {"passed": passed, "people": enrolled, "faces": faces, "model_id": model_id}
        print_json({**document, "steps": asked})
    else:
        _print(steps, enrolled, model_id, passed)
    if not passed:
        raise typer.Exit(NOT_MATCHED)


def _enroll(services: Services, people: tuple[Path, ...], progress: Progress) -> None:
    for done, person in enumerate(people):
        progress(done, len(people))
        services.enroll.by_name(
            name_of(person), [photo_of(person, number) for number in REFERENCES]
        )


def _ask(services: Services, people: tuple[Path, ...]) -> Iterator[Step]:
    """Six questions; the last of the people is the stranger who was not enrolled."""
    first, second, stranger = people[0], people[1], people[-1]
    one, other = name_of(first), name_of(second)
    claimed = services.identities.find(one).id

    true_claim = services.verify(claimed, photo_of(first, PROBE)).decision
    yield _step("verify, true claim", one, true_claim, expected=True)
    false_claim = services.verify(claimed, photo_of(second, PROBE)).decision
    yield _step("verify, false claim", f"not {one}", false_claim, expected=False)

    known = services.identify(photo_of(second, PROBE)).candidates[0]
    found = _step("identify a person", known.identity.name, known.decision, expected=True)
    if known.identity.name != other:
        found = replace(found, expected=f"Matched {other}")
    yield found
    nearest = services.identify(photo_of(stranger, PROBE)).candidates[0]
    who = nearest.identity.name if nearest.decision.matched else "unknown"
    yield _step("identify a stranger", who, nearest.decision, expected=False)

    same = services.compare(photo_of(stranger, 1), photo_of(stranger, 2)).decision
    yield _step("compare, same person", _same(same), same, expected=True)
    different = services.compare(photo_of(first, 1), photo_of(second, 1)).decision
    yield _step("compare, two people", _same(different), different, expected=False)


def _step(action: str, result: str, decision: Decision, expected: bool) -> Step:
    words = {True: "Matched", False: "Not matched"}
    return Step(
        action,
        result,
        decision.distance,
        decision.threshold,
        words[decision.matched],
        words[expected],
    )


def _same(decision: Decision) -> str:
    return "same person" if decision.matched else "two people"


def _print(steps: tuple[Step, ...], people: int, model_id: str, passed: bool) -> None:
    from cli.output import cell, number, print_table, say, table, verdict

    say(f"Enrolled {people} people with {len(REFERENCES)} photos each; model {model_id}.")
    rows = table("Action", "Result", ">Distance", ">Threshold", "Verdict", "Expected")
    for step in steps:
        rows.add_row(
            cell(step.action),
            cell(step.result),
            number(step.distance),
            cell(f"{step.threshold:g}"),
            verdict(step.verdict == "Matched"),
            cell(step.expected) if step.right else cell(f"{step.expected}: WRONG", "bold red"),
        )
    print_table(rows)
    program = _program()
    say("Every verdict was right." if passed else "Not every verdict was right.")
    say("")
    say("Next, with photos of your own:")
    say(f"  {program} enroll NAME PHOTO...     add a person")
    say(f"  {program} identify PHOTO           ask who it is")
    say(f"  {program} serve                    the page and the API, on http://127.0.0.1:8000")


def _program() -> str:
    """How this program is called here: by name where the shell finds it, otherwise by path."""
    called, found = Path(sys.argv[0]), shutil.which("gallery")
    if called.name != "gallery" or (found and os.path.realpath(found) == os.path.realpath(called)):
        return "gallery"
    return os.path.relpath(called)
