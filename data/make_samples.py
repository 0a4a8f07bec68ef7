"""Make the sample people anew, or check the ones that are there.

    .venv/bin/python data/make_samples.py            draw, choose, write and check
    .venv/bin/python data/make_samples.py --check    only check, with the model that is shipped

Drawing needs the training archive (../shared/faces/train, or --archive FOLDER); checking uses it
where it is there.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from synthetic.face_space import FaceSpace, Floats, learn  # noqa: E402
from synthetic.judge import Judge, Measured, measure, nearest  # noqa: E402
from synthetic.people import Person, another_photo, invent  # noqa: E402
from synthetic.portrait import paint  # noqa: E402

SEED = 48
NAMES = (
    "ariel-quillmore", "blake-wexcombe", "corin-ashlark", "devon-marrowick", "eden-fernhow",
    "fenn-orrowby", "gale-lindwhistle", "hollis-penverley", "indigo-vantony",
    "kit-brindleton", "lane-thistlewade", "merle-oakenfarrow", "noor-swiftwater", "orly-tindale",
)  # fmt: skip
PHOTOS_OF_A_PERSON = 4
JPEG_QUALITY = 88

# Stricter than the promises, so that they also hold for the next model.
SAME_PERSON_AT_MOST = 0.27
DIFFERENT_PEOPLE_AT_LEAST = 0.46
REAL_FACE_AT_LEAST = 0.40
SCORE_AT_LEAST = 0.90
MOST_OF_A_STYLE, MOST_OF_A_SKIN = 2, 3
SPARE_ROOM, STEPS_APART, SHARE_OF_A_STEP = 0.02, 80, 0.35
SHOTS_OF_A_PERSON = 12
MOST_ATTEMPTS = 300


@dataclass(frozen=True)
class Candidate:
    """An invented person with photos that both detectors accept: JPEG bytes, (4, 48) vectors."""

    person: Person
    photos: tuple[bytes, ...]
    vectors: Floats


def main() -> int:
    """Write (unless --check) and check the samples; 0 when every promise holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="only check the samples there are")
    parser.add_argument("--archive", type=Path, default=HERE.parents[1] / "shared/faces/train")
    parser.add_argument("--samples", type=Path, default=HERE / "samples")
    arguments = parser.parse_args()
    console = Console()
    judge = Judge()
    has_archive = (arguments.archive / "index.npz").is_file()
    if not has_archive and not arguments.check:
        console.print(f"{arguments.archive} has no index.npz: the training archive is needed")
        return 2
    real = judge.real_faces(arguments.archive, _progress) if has_archive else None
    if not arguments.check and real is not None:
        people = choose(learn(arguments.archive), judge, real, console.print)
        write(arguments.samples, people)
    photos = {
        folder.name: [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]
        for folder in sorted(arguments.samples.iterdir())
        if folder.is_dir()
    }
    measured = measure(photos, judge, real)
    console.print(table(measured, judge))
    broken = measured.broken(judge.threshold)
    for promise in broken:
        console.print(f"broken: {promise}")
    return 1 if broken else 0


def choose(
    space: FaceSpace, judge: Judge, real: Floats, say: Callable[[str], None]
) -> tuple[Candidate, ...]:
    """As many people as there are names, clearly themselves and clearly nobody else."""
    chosen: list[Candidate] = []
    refused: Counter[str] = Counter()
    for attempt in range(MOST_ATTEMPTS):
        rng = np.random.default_rng((SEED, attempt))
        first = invent(space, rng)
        if reason := seen_before(first, chosen):
            refused[reason] += 1
            continue
        person = set_apart(first, space, judge, rng, chosen, real)
        candidate = photographed(person, space, judge, rng, chosen, real)
        if isinstance(candidate, str):
            refused[candidate] += 1
            continue
        chosen.append(candidate)
        say(f"{NAMES[len(chosen) - 1]}: draw {attempt}; refused so far: {dict(refused)}")
        if len(chosen) == len(NAMES):
            return tuple(chosen)
    raise SystemExit(f"only {len(chosen)} people in {MOST_ATTEMPTS} draws; refused: {refused}")


def seen_before(person: Person, chosen: Sequence[Candidate]) -> str:
    """Why the person would make the samples monotonous; empty when not."""
    looks = [other.person.appearance for other in chosen]
    if sum(other.hair.style == person.appearance.hair.style for other in looks) >= MOST_OF_A_STYLE:
        return "hair style again"
    if sum(other.skin == person.appearance.skin for other in looks) >= MOST_OF_A_SKIN:
        return "skin again"
    return ""


def set_apart(
    person: Person,
    space: FaceSpace,
    judge: Judge,
    rng: np.random.Generator,
    chosen: Sequence[Candidate],
    real: Floats,
) -> Person:
    """The person, changed step by step until no real face and nobody chosen is near.

    Each step mixes in a little of a new draw and is kept where the nearest of them is farther.
    """
    others = [other.vectors for other in chosen]
    shot_seed = int(rng.integers(1_000_000))

    def room(candidate: Person) -> float:
        face, shot = another_photo(candidate, space, np.random.default_rng(shot_seed))
        judged = judge(encoded(paint(face, candidate.appearance, shot)))
        if judged.embedding is None:
            return -1.0
        to_real = nearest(judged.embedding, real) - REAL_FACE_AT_LEAST - SPARE_ROOM
        to_others = (
            nearest(judged.embedding, np.concatenate(others)) - DIFFERENT_PEOPLE_AT_LEAST
            if others
            else np.inf
        )
        return min(to_real, to_others - SPARE_ROOM)

    best = room(person)
    for _ in range(STEPS_APART):
        if best >= 0:
            break
        changed = person.mixed_with(invent(space, rng), SHARE_OF_A_STEP)
        its_room = room(changed)
        if its_room > best:
            person, best = changed, its_room
    return person


def encoded(pixels: NDArray[np.uint8]) -> bytes:
    """RGB pixels as a JPEG file."""
    _, data = cv2.imencode(
        ".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    return data.tobytes()


def photographed(
    person: Person,
    space: FaceSpace,
    judge: Judge,
    rng: np.random.Generator,
    chosen: Sequence[Candidate],
    real: Floats,
) -> Candidate | str:
    """The person with four photos, or why this one cannot join the people chosen so far."""
    others = [other.vectors for other in chosen]
    photos: list[bytes] = []
    vectors: list[Floats] = []
    reason = ""
    for _ in range(SHOTS_OF_A_PERSON):
        face, shot = another_photo(person, space, rng)
        photo = encoded(paint(face, person.appearance, shot))
        judged = judge(photo)
        if not judged.is_one_face or judged.embedding is None or judged.score < SCORE_AT_LEAST:
            reason = "not one clear face"
        elif any(np.linalg.norm(judged.embedding - own) > SAME_PERSON_AT_MOST for own in vectors):
            reason = "unlike own photos"
        elif others and (
            nearest(judged.embedding, np.concatenate(others)) < DIFFERENT_PEOPLE_AT_LEAST
        ):
            reason = "like another"
        elif nearest(judged.embedding, real) < REAL_FACE_AT_LEAST:
            reason = "like a real face"
        else:
            photos.append(photo)
            vectors.append(judged.embedding)
        if len(photos) == PHOTOS_OF_A_PERSON:
            return Candidate(person, tuple(photos), np.stack(vectors))
    return reason


def write(folder: Path, people: Sequence[Candidate]) -> None:
    """Replace the samples: <name>/1.jpg to 4.jpg, and beside the folder their SHA-256."""
    shutil.rmtree(folder, ignore_errors=True)
    sums = []
    for name, person in zip(NAMES, people, strict=True):
        (folder / name).mkdir(parents=True)
        for number, photo in enumerate(person.photos, 1):
            path = folder / name / f"{number}.jpg"
            path.write_bytes(photo)
            sums.append(f"{hashlib.sha256(photo).hexdigest()}  {path.relative_to(folder.parent)}")
    folder.with_suffix(".sha256").write_text("\n".join(sums) + "\n", encoding="ascii")


def table(measured: Measured, judge: Judge) -> Table:
    """The promises and what was measured."""
    rows = Table(
        "promise", "needed", "measured", title=f"samples, judged by {judge.embedder.model_id}"
    )
    limit = f"{judge.threshold:g}"
    rows.add_row("people x photos", "12 x 4", f"{measured.people} x {PHOTOS_OF_A_PERSON}")
    for name, count in (("YuNet", measured.one_face_yunet), ("Haar", measured.one_face_haar)):
        rows.add_row(f"exactly one face, {name}", "all", f"{count} of {measured.photos}")
    rows.add_row("lowest YuNet score", "", f"{measured.lowest_score:.3f}")
    for name, needed, (low, high) in (
        ("same person", f"< {limit}", measured.same_person),
        ("different people", f">= {limit}", measured.different_people),
    ):
        rows.add_row(f"distance, {name}", needed, f"{low:.3f} .. {high:.3f}")
    near = "not measured" if measured.nearest_real is None else f"{measured.nearest_real:.3f}"
    own = f"> {measured.same_person[1]:.3f}"
    rows.add_row("distance to the nearest real face", own, near)
    rows.add_row("size", "< 1536 KiB", f"{measured.total_kib:.0f} KiB")
    return rows


def _progress(rows: Iterable[int], total: int, what: str) -> Iterable[int]:
    return track(rows, description=what, total=total)


if __name__ == "__main__":
    sys.exit(main())
