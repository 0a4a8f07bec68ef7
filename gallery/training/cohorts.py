"""How often strangers of one group match: the false match rate inside each cohort.

The average over all people hides that some groups are confused more often (NIST IR 8280, 2019).
The collections without identities carry no labels of age, sex or origin either, so two stand-ins
are measured: the collections themselves, which differ in both, and groups of people who look alike
to the teacher. The crops measured were distilled from the teacher like all others, but were in no
pair that told the embedder who is a stranger. Two of them that the teacher takes for one person
are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from gallery.domain.decision import DEFAULT_THRESHOLD
from gallery.domain.rates import fmr_threshold, pair_blocks, pair_distances
from gallery.training.calibration import embed
from gallery.training.dataset import UNKNOWN_PERSON, Crops

MOST_CROPS = 4000  # 8 million pairs tell a rate of 1e-3 to two digits
FEWEST_CROPS = 250
APPEARANCE_GROUPS = 7  # as many as FairFace has
SAME_PERSON_RATE = 1e-5  # of the teacher's false matches, on the held-out people


@dataclass(frozen=True)
class Cohort:
    """The rate at 0.4 over all pairs of the crops of a group that show different people."""

    name: str
    crops: int
    pairs: int
    left_out: int
    false_match_rate: float


@dataclass(frozen=True)
class Cohorts:
    """Rates by collection and by appearance; worst_over_best of each, None where one is 0."""

    collections: tuple[Cohort, ...]
    appearance: tuple[Cohort, ...]

    @property
    def worst_over_best(self) -> dict[str, float | None]:
        return {
            "collections": _ratio(self.collections),
            "appearance": _ratio(self.appearance),
        }


def measure_cohorts(
    embeddings: NDArray[np.float32], strangers: Crops, same_person_cosine: float, seed: int
) -> Cohorts:
    """embeddings: float32 (N, 48) of the strangers crops, which have a teacher and collections."""
    if strangers.teacher is None:
        raise ValueError("cohorts need a teacher")
    rng = np.random.default_rng(seed)
    teacher, groups = strangers.teacher, _look_alikes(strangers.teacher, seed)

    def rates(labels: NDArray[np.str_]) -> tuple[Cohort, ...]:
        found = []
        for name in np.unique(labels):
            rows = np.flatnonzero(labels == name)
            if len(rows) >= FEWEST_CROPS:
                rows = rng.permutation(rows)[:MOST_CROPS]
                found.append(
                    _cohort(str(name), embeddings[rows], teacher[rows], same_person_cosine)
                )
        return tuple(found)

    return Cohorts(rates(strangers.collection), rates(groups))


def cohort_figures(embedder: keras.Model, crops: Crops, seed: int) -> dict[str, Any] | None:
    """What the model card says about cohorts; None where the data has none to measure."""
    if crops.teacher is None or np.count_nonzero(crops.cohort) < FEWEST_CROPS:
        return None
    strangers = crops.select(crops.cohort)
    same = same_person_cosine(crops.development())
    found = measure_cohorts(embed(embedder, strangers), strangers, same, seed)
    return {
        "false_match_rate_at": DEFAULT_THRESHOLD,
        "collections": _by_name(found.collections),
        "appearance": _by_name(found.appearance),
        "worst_over_best": found.worst_over_best,
        "same_person_cosine": round(same, 4),
    }


def _by_name(cohorts: tuple[Cohort, ...]) -> dict[str, str]:
    return {
        cohort.name: f"{cohort.false_match_rate:.5f} ({cohort.crops:,} crops, "
        f"{cohort.pairs:,} pairs, {cohort.left_out:,} left out)"
        for cohort in cohorts
    }


def same_person_cosine(held_out: Crops) -> float:
    """The teacher's cosine that one in 1 / SAME_PERSON_RATE pairs of held-out strangers reaches."""
    if held_out.teacher is None:
        raise ValueError("no teacher")
    known = held_out.select(held_out.identity != UNKNOWN_PERSON)
    assert known.teacher is not None  # noqa: S101
    strangers = pair_distances(known.teacher, known.identity).non_mated
    return 1 - fmr_threshold(strangers, SAME_PERSON_RATE) ** 2 / 2


def _look_alikes(teacher: NDArray[np.float32], seed: int) -> NDArray[np.str_]:
    from sklearn.cluster import KMeans

    groups = KMeans(APPEARANCE_GROUPS, n_init=4, random_state=seed).fit_predict(teacher)
    return np.array([f"group {number + 1}" for number in groups])


def _cohort(
    name: str, points: NDArray[np.float32], teacher: NDArray[np.float32], same_cosine: float
) -> Cohort:
    pairs = left_out = matches = 0
    for start, squared, each_once in pair_blocks(points):
        block = slice(start, start + len(squared))
        strangers = each_once & (teacher[block] @ teacher[start:].T < same_cosine)
        pairs += int(strangers.sum())
        left_out += int(each_once.sum()) - int(strangers.sum())
        matches += int((strangers & (squared < DEFAULT_THRESHOLD**2)).sum())
    return Cohort(name, len(points), pairs, left_out, matches / pairs)


def _ratio(cohorts: tuple[Cohort, ...]) -> float | None:
    rates = [cohort.false_match_rate for cohort in cohorts]
    return round(max(rates) / min(rates), 2) if rates and min(rates) > 0 else None
