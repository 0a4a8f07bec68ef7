"""Points and their distances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gallery.domain.embedding import Embedding, distance_between, distances_to
from gallery.errors import ModelMismatch


def point(*numbers: float) -> Embedding:
    vector = np.zeros(48, np.float32)
    vector[: len(numbers)] = numbers
    return Embedding(vector, "model")


def test_the_distance_is_the_euclidean_one() -> None:
    assert distance_between(point(3.0), point(0.0, 4.0)) == 5.0


def test_distances_agree_with_the_standard_library_to_the_last_digits() -> None:
    random = np.random.default_rng(1)
    probe, *faces = random.standard_normal((50, 48)).astype(np.float32)
    expected = [math.dist(probe.tolist(), face.tolist()) for face in faces]
    np.testing.assert_allclose(distances_to(probe, np.array(faces)), expected, rtol=1e-14)


def test_a_face_has_the_same_distance_alone_and_among_others_to_the_last_bit() -> None:
    random = np.random.default_rng(2)
    for count in (1, 2, 3, 7, 64, 1000):
        faces = random.standard_normal((count, 48)).astype(np.float32)
        probe = random.standard_normal(48).astype(np.float32)
        together = distances_to(probe, faces)
        alone = [distances_to(probe, face[None])[0] for face in faces]
        assert together.tolist() == [float(distance) for distance in alone]


def test_the_distance_of_no_faces_is_none() -> None:
    assert distances_to(point().vector, np.empty((0, 48), np.float32)).shape == (0,)


def test_points_of_different_models_are_never_compared() -> None:
    with pytest.raises(ModelMismatch, match="gallery reembed"):
        distance_between(point(1.0), Embedding(point(1.0).vector, "another"))


@pytest.mark.parametrize(
    "vector",
    [
        np.zeros(47, np.float32),
        np.zeros((1, 48), np.float32),
        np.zeros(48, np.float64),
        np.full(48, np.nan, np.float32),
        np.full(48, np.inf, np.float32),
    ],
    ids=["47 numbers", "two axes", "float64", "not a number", "infinite"],
)
def test_what_is_no_finite_point_of_48_numbers_is_no_embedding(vector: Any) -> None:
    with pytest.raises(ValueError, match=r"float32|finite"):
        Embedding(vector, "model")
