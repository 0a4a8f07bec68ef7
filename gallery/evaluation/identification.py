"""Open-set identification: enroll some people, then ask about them and about strangers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from gallery.domain.face import FaceChoice
from gallery.domain.identity import PersonName
from gallery.errors import DataRejected, PathNotFound, PhotoRejected
from gallery.evaluation.metrics import Rate
from gallery.progress import Track
from gallery.services.enroll import Enroll
from gallery.services.identify import Identification, Identify
from gallery.services.recognise import Recognise
from gallery.services.verify import Verification, Verify

ENROLLED_PHOTOS = 2


class UseCases(Protocol):
    """The use cases asked here, over an empty gallery."""

    @property
    def recognise(self) -> Recognise: ...
    @property
    def enroll(self) -> Enroll: ...
    @property
    def verify(self) -> Verify: ...
    @property
    def identify(self) -> Identify: ...


@dataclass(frozen=True)
class Question:
    """One photo, asked about twice: is this the claimed person, and who is this?

    Distances are None where there was none: the photo was refused, or nobody was enrolled.
    """

    photo: str
    claimed: str
    verified: bool
    verified_distance: float | None
    identified_as: str | None
    identified_distance: float | None
    refused: str | None


@dataclass(frozen=True)
class IdentificationReport:
    """mated: photos of enrolled people, who claim to be themselves.

    non_mated: photos of strangers, each claiming to be one of the enrolled people.
    refused_people: who could not be enrolled, because a photo was refused; they stay in the count.
    """

    model_id: str
    threshold: float
    seed: int
    people: int
    refused_people: tuple[str, ...]
    mated: tuple[Question, ...]
    non_mated: tuple[Question, ...]

    @property
    def verified(self) -> Rate:
        """True claims that matched."""
        return Rate(sum(asked.verified for asked in self.mated), len(self.mated))

    @property
    def false_claims_matched(self) -> Rate:
        """Strangers' claims that matched."""
        return Rate(sum(asked.verified for asked in self.non_mated), len(self.non_mated))

    @property
    def tpir(self) -> Rate:
        """Enrolled people named rightly, at rank 1 and below the threshold (1 - FNIR)."""
        named = sum(asked.identified_as == asked.claimed for asked in self.mated)
        return Rate(named, len(self.mated))

    @property
    def misnamed(self) -> Rate:
        """Enrolled people named as somebody else."""
        wrong = (asked.identified_as not in (None, asked.claimed) for asked in self.mated)
        return Rate(sum(wrong), len(self.mated))

    @property
    def fpir(self) -> Rate:
        """Strangers named as anybody."""
        named = sum(asked.identified_as is not None for asked in self.non_mated)
        return Rate(named, len(self.non_mated))


def evaluate_identification(
    folder: Path, use_cases: UseCases, people: int, seed: int, progress: Track
) -> IdentificationReport:
    """Enroll `people` with two photos each; ask with one more of each and one of each stranger.

    folder: LFW's, with images/NAME/*.jpg. Who is drawn, and which photos of them, is the seed's
    choice alone; a photo that a person has twice counts once. The largest face near the middle is
    taken, as in `evaluate_lfw`; a refused photo is a failure.
    """
    drawn = _draw(folder, people, seed)
    identities: dict[str, int] = {}
    refused_people = []
    for row in progress(range(people), people, "enrolling people"):
        name = drawn.enrolled[row]
        photos = [photo.read_bytes() for photo in drawn.photos[name][:ENROLLED_PHOTOS]]
        try:
            stored = use_cases.enroll.by_name(name, photos, FaceChoice.LARGEST)
        except PhotoRejected:
            refused_people.append(name)
        else:
            identities[name] = stored[0].identity.id
    claims = [(name, name) for name in drawn.enrolled]
    claims += zip(drawn.strangers, drawn.enrolled, strict=True)
    questions = []
    for row in progress(range(len(claims)), len(claims), "asking"):
        name, claimed = claims[row]
        questions.append(_ask(use_cases, drawn.photos[name][-1], claimed, identities.get(claimed)))
    return IdentificationReport(
        use_cases.recognise.embedder.model_id,
        use_cases.verify.threshold.value,
        seed,
        people,
        tuple(refused_people),
        tuple(questions[:people]),
        tuple(questions[people:]),
    )


@dataclass(frozen=True)
class _Draw:
    """Who is enrolled, who is a stranger, and the photos of both in the order of use."""

    enrolled: tuple[str, ...]
    strangers: tuple[str, ...]
    photos: Mapping[str, tuple[Path, ...]]


def _draw(folder: Path, people: int, seed: int) -> _Draw:
    photos = _photos_of_people(folder)
    regulars = [name for name, files in photos.items() if len(files) > ENROLLED_PHOTOS]
    if people < 1 or len(regulars) < people or len(photos) < 2 * people:
        raise DataRejected(
            f"{folder} has {len(regulars)} people with three photos or more, of {len(photos)}; "
            f"{people} to enroll and {people} strangers were asked for"
        )
    rng = np.random.default_rng(seed)
    enrolled = [regulars[row] for row in rng.choice(len(regulars), people, replace=False)]
    others = [name for name in photos if name not in set(enrolled)]
    strangers = [others[row] for row in rng.choice(len(others), people, replace=False)]
    shuffled = {
        name: tuple(photos[name][row] for row in rng.permutation(len(photos[name])))
        for name in (*enrolled, *strangers)
    }
    return _Draw(tuple(enrolled), tuple(strangers), shuffled)


def _photos_of_people(folder: Path) -> dict[str, list[Path]]:
    """Paths of every person's photos, people and photos in order of name, each photo once.

    Names are as enrolling tidies them; two folders of one name are refused.
    """
    images = folder / "images"
    if not images.is_dir():
        raise PathNotFound(f"{images} is not a folder; a sub-folder of photos a person is needed")
    people = sorted(path for path in images.iterdir() if path.is_dir())
    photos: dict[str, list[Path]] = {}
    folders: dict[str, str] = {}
    for path in people:
        if files := _different(sorted(path.glob("*.jpg"))):
            name = PersonName.parse(path.name)
            if (other := folders.setdefault(name.key, path.name)) != path.name:
                raise DataRejected(
                    f"{images} has two folders for {name.value}: {other!a} and {path.name!a}; "
                    "one a person is needed"
                )
            photos[name.value] = files
    return photos


def _different(files: list[Path]) -> list[Path]:
    """Without those that hold the same bytes as one before."""
    first: dict[bytes, Path] = {}
    for file in files:
        first.setdefault(hashlib.sha256(file.read_bytes()).digest(), file)
    return list(first.values())


def _ask(use_cases: UseCases, photo: Path, claimed: str, identity_id: int | None) -> Question:
    content = photo.read_bytes()
    verification: Verification | None = None
    try:
        identification: Identification = use_cases.identify(content, 1, FaceChoice.LARGEST)
        if identity_id is not None:
            verification = use_cases.verify(identity_id, content, FaceChoice.LARGEST)
    except PhotoRejected as refusal:
        return Question(photo.name, claimed, False, None, None, None, refusal.code)
    nearest = identification.candidates[0] if identification.candidates else None
    return Question(
        photo.name,
        claimed,
        verification is not None and verification.decision.matched,
        None if verification is None else verification.decision.distance,
        nearest.identity.name if nearest is not None and identification.identified else None,
        None if nearest is None else nearest.decision.distance,
        None,
    )
