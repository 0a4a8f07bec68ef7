"""The pair lists of Labeled Faces in the Wild, as its authors published them.

FOLDER/pairs.txt is View 2, the final figure: ten folds of 300 mated and 300 non-mated pairs.
FOLDER/pairsDevTest.txt is View 1, for development: 500 and 500. The photos are
FOLDER/images/NAME/NAME_0001.jpg. Format: http://vis-www.cs.umass.edu/lfw/README.txt
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gallery.errors import DataRejected, InvalidValue, PathNotFound

LISTS = {1: "pairsDevTest.txt", 2: "pairs.txt"}
MATED_COLUMNS, NON_MATED_COLUMNS = 3, 4


@dataclass(frozen=True, order=True)
class Photo:
    """A photo of the benchmark: the person's name and the number of the photo, from 1."""

    person: str
    number: int

    @property
    def path(self) -> str:
        """Where it stands below `images`."""
        return f"{self.person}/{self.person}_{self.number:04d}.jpg"


@dataclass(frozen=True)
class Pair:
    """Two photos to compare; fold counts from 0."""

    first: Photo
    second: Photo
    fold: int

    @property
    def mated(self) -> bool:
        """Whether both photos show the same person."""
        return self.first.person == self.second.person


@dataclass(frozen=True)
class PairList:
    """One view of the benchmark, every photo of it known to be there."""

    view: int
    folds: int
    pairs: tuple[Pair, ...]
    images: Path

    @property
    def photos(self) -> tuple[Photo, ...]:
        """Every photo once, in order of name and number."""
        return tuple(sorted({photo for pair in self.pairs for photo in (pair.first, pair.second)}))


def read_pairs(folder: Path, view: int) -> PairList:
    """View 1 or 2 of the benchmark in a folder; what is not as published is refused, by line."""
    if view not in LISTS:
        raise InvalidValue(f"LFW has no view {view}; give 1 (development) or 2 (final)")
    if not folder.is_dir():
        raise PathNotFound(f"{folder} is not a folder; give the one that holds {LISTS[view]}")
    file, images = folder / LISTS[view], folder / "images"
    if not file.is_file():
        raise DataRejected(f"{file} is missing; view {view} of LFW is listed in it")
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DataRejected(f"{file} is not UTF-8 text: {error.reason}") from error
    folds, each = _header(file.name, lines)
    expected = 1 + folds * 2 * each
    if len(lines) != expected:
        raise DataRejected(
            f"{file.name} has {len(lines)} lines; its first line promises {folds} x 2 x {each} "
            f"pairs, that is {expected} lines"
        )
    pairs = []
    for row, line in enumerate(lines[1:]):
        pair = _pair(f"{file.name} line {row + 2}", line, fold=row // (2 * each))
        if pair.mated != (row % (2 * each) < each):
            kind = "the same person" if row % (2 * each) < each else "two people"
            raise DataRejected(f"{file.name} line {row + 2}: a pair of {kind} is needed here")
        for photo in (pair.first, pair.second):
            if not (images / photo.path).is_file():
                raise DataRejected(f"{file.name} line {row + 2}: {images / photo.path} is missing")
        pairs.append(pair)
    return PairList(view, folds, tuple(pairs), images)


def _header(name: str, lines: list[str]) -> tuple[int, int]:
    """Folds and pairs of each kind in a fold: "10 300", or "500" for a single fold."""
    fields = lines[0].split() if lines else []
    if not (1 <= len(fields) <= 2 and all(_is_count(field) for field in fields)):
        raise DataRejected(
            f"{name} line 1: the number of folds and of pairs is needed, as in '10 300' or '500'"
        )
    return (1, int(fields[0])) if len(fields) == 1 else (int(fields[0]), int(fields[1]))


def _pair(where: str, line: str, fold: int) -> Pair:
    fields = line.split("\t")
    if len(fields) == MATED_COLUMNS:
        person, numbers = fields[0], fields[1:]
        people = [person, person]
    elif len(fields) == NON_MATED_COLUMNS:
        people, numbers = [fields[0], fields[2]], [fields[1], fields[3]]
    else:
        raise DataRejected(
            f"{where}: {len(fields)} fields; NAME, n, m or NAME, n, NAME, m is needed, tabs between"
        )
    if not all(_is_count(number) for number in numbers):
        raise DataRejected(f"{where}: {' and '.join(numbers)}: photo numbers count from 1")
    if any(not name.strip() or {"/", "\\"} & set(name) for name in people):
        raise DataRejected(f"{where}: a person's name is empty or holds a slash")
    first, second = (Photo(name, int(n)) for name, n in zip(people, numbers, strict=True))
    if first == second:
        raise DataRejected(f"{where}: the pair is one photo twice")
    return Pair(first, second, fold)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0
