"""Cohorts: the false match rate inside a group, counted over pairs of different people."""

import numpy as np
import pytest

pytest.importorskip("keras", reason="the train extra is not installed")

from gallery.training import cohorts
from gallery.training.dataset import Crops

EVERYBODY = 2 * cohorts.FEWEST_CROPS


def crowd(rng: np.random.Generator) -> Crops:
    """Two collections of strangers, each crop a person of its own, but for one photo sent twice."""
    teacher = rng.normal(size=(EVERYBODY, 48)).astype(np.float32)
    teacher[1] = teacher[0]
    teacher /= np.linalg.norm(teacher, axis=1, keepdims=True)
    collection = np.repeat(["near", "far"], EVERYBODY // 2)
    nobody = np.full(EVERYBODY, -1, np.int32)
    images = np.zeros((EVERYBODY, 96, 80), np.uint8)
    everybody = np.ones(EVERYBODY, np.bool_)
    return Crops(images, nobody, ~everybody, teacher, collection, everybody, everybody)


def test_the_rate_counts_pairs_of_different_people_that_match() -> None:
    rng = np.random.default_rng(3)
    crops = crowd(rng)
    points = np.zeros((EVERYBODY, 48), np.float32)
    points[: EVERYBODY // 2, 0] = rng.uniform(0, 4, EVERYBODY // 2)
    points[EVERYBODY // 2 :] = 10 * rng.normal(size=(EVERYBODY // 2, 48))
    found = cohorts.measure_cohorts(points, crops, same_person_cosine=0.99, seed=1)
    far, near = found.collections
    assert (far.name, near.name) == ("far", "near")
    line = points[: EVERYBODY // 2, 0]
    apart = np.abs(line[:, None] - line[None, :])[np.triu_indices(len(line), 1)]
    assert near.left_out == 1
    assert near.pairs == apart.size - 1
    assert near.false_match_rate == pytest.approx(np.mean(apart < 0.4), abs=2 / apart.size)
    assert far.false_match_rate == 0.0
    assert found.worst_over_best["collections"] is None
