"""The loss, against the formula written out by hand."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the train extra is not installed")

from gallery.training import losses  # noqa: E402


def value(tensor: object) -> float:
    return float(keras.ops.convert_to_numpy(tensor))


def test_contrastive_loss_is_the_seed_formula() -> None:
    distance = np.array([0.3, 0.3, 1.2, 0.0], np.float32)
    same = np.array([1.0, 0.0, 0.0, 0.0], np.float32)
    by_hand = (0.3**2 + (1 - 0.3) ** 2 + 0.0 + 1.0**2) / 4
    assert value(losses.contrastive(distance, same, 1.0)) == pytest.approx(by_hand, rel=1e-6)


def test_pair_distance_is_euclidean_between_neighbouring_rows() -> None:
    rows = np.zeros((4, 48), np.float32)
    rows[1, 0], rows[1, 1] = 3.0, 4.0
    distances = keras.ops.convert_to_numpy(losses.pair_distances(rows))
    assert distances == pytest.approx([5.0, 0.0], abs=1e-5)


def test_only_the_closest_strangers_are_mined_and_unknown_people_never() -> None:
    angles = np.deg2rad([0.0, 10.0, 30.0, 31.0])
    points = np.zeros((4, 48), np.float32)
    points[:, 0], points[:, 1] = np.cos(angles), np.sin(angles)
    identity = np.array([0, 0, 1, -1], np.int32)
    nearest = 2 * np.sin(np.deg2rad(20.0) / 2)  # person 0 at 10 degrees, person 1 at 30
    mined = losses.hardest_strangers(points, identity, 1, 1.0)
    assert value(mined) == pytest.approx((1 - nearest) ** 2, rel=1e-4)


def test_a_student_that_equals_its_teacher_has_no_loss() -> None:
    rng = np.random.default_rng(1)
    points = rng.standard_normal((8, 48)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    assert value(losses.point_wise(points, points)) == pytest.approx(0.0, abs=1e-6)
    assert value(losses.relational(points, points)) == pytest.approx(0.0, abs=1e-6)


def test_nearest_centre_is_the_cross_entropy_of_cosines_with_a_margin() -> None:
    centres = np.eye(3, 48, dtype=np.float32)
    points = np.zeros((3, 48), np.float32)
    points[0, :2] = 0.6, 0.8
    points[1, 2] = points[2, 0] = 1.0
    identity = np.array([0, 2, -1], np.int32)  # the last is unknown and does not count
    scale, margin = losses.CENTRE_SCALE, losses.CENTRE_MARGIN
    first = -scale * (0.6 - margin) + np.log(
        np.exp(scale * (0.6 - margin)) + np.exp(scale * 0.8) + 1
    )
    second = -scale * (1 - margin) + np.log(np.exp(scale * (1 - margin)) + 2)
    told = value(losses.nearest_centre(points, centres, identity))
    assert told == pytest.approx((first + second) / 2, rel=1e-5)


def test_points_that_spread_less_are_held_to_margins_as_much_smaller() -> None:
    """Lifted onto a sphere, points differ in half of their squared length: so do their cosines."""
    rng = np.random.default_rng(2)
    flat = rng.standard_normal((2, 5, 24))
    flat /= np.linalg.norm(flat, axis=-1, keepdims=True)
    points, centres = flat.astype(np.float32)
    lifted = (
        (np.concatenate([side, np.ones((5, 1))], axis=1) * np.sqrt(0.5)).astype(np.float32)
        for side in flat
    )
    identity = np.arange(5, dtype=np.int32)
    own = value(losses.nearest_centre(*lifted, identity, spread=0.5))
    assert own == pytest.approx(value(losses.nearest_centre(points, centres, identity)), rel=1e-4)
