"""Where the synthetic people of the demo are."""

from __future__ import annotations

from pathlib import Path

from gallery.errors import PathNotFound

PHOTOS_OF_A_PERSON = 4
_HERE = Path(__file__).parent


def sample_people() -> tuple[Path, ...]:
    """A folder for each person, named after the person, with photos 1.jpg to 4.jpg; by name.

    In a wheel the samples lie beside this module, in a checkout under data/.
    """
    places = (_HERE / "sample_people", _HERE.parent / "data" / "samples")
    for place in places:
        people = sorted(folder.parent for folder in place.glob(f"*/{PHOTOS_OF_A_PERSON}.jpg"))
        if people:
            return tuple(people)
    raise PathNotFound(f"the sample people are missing from {places[0]} and {places[1]}")


def photo_of(person: Path, number: int) -> bytes:
    """A photo of a sample person; numbers count from 1."""
    return (person / f"{number}.jpg").read_bytes()


def name_of(person: Path) -> str:
    """The person's name as it is shown: "ada-lind" is Ada Lind."""
    return person.name.replace("-", " ").replace("_", " ").title()
