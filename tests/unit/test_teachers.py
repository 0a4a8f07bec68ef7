"""Two teachers' points, made one: what a student learns from both."""

from pathlib import Path

import numpy as np
import pytest

from gallery.errors import DataRejected
from gallery.training.teachers import SECOND_WEIGHT, joint_points, read_points


def unit(points: np.ndarray) -> np.ndarray:
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def teachers(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Points that differ along twenty directions each, far fewer than 47 together."""
    rng = np.random.default_rng(5)
    first = np.zeros((count, 48), np.float32)
    first[:, :20] = rng.standard_normal((count, 20))
    second = (rng.standard_normal((count, 20)) @ rng.standard_normal((20, 128))) * 0.01 + 0.1
    return unit(first).astype(np.float32), second.astype(np.float32)


def distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points[None, :], axis=-1)[np.triu_indices(50, 1)]


def test_joint_points_stand_as_far_apart_as_both_teachers_say_together() -> None:
    first, second = teachers()
    joint = joint_points(first, second, np.ones(400, np.bool_))
    assert joint.shape == (400, 48)
    assert joint.dtype == np.float32
    assert np.linalg.norm(joint, axis=1) == pytest.approx(1.0, abs=1e-6)
    told = distances(joint[:50])
    apart = np.hypot(distances(first[:50]), SECOND_WEIGHT * distances(second[:50]))
    assert np.corrcoef(told, apart)[0, 1] > 0.99


def test_what_joint_points_are_does_not_hang_on_who_is_held_out() -> None:
    first, second = teachers()
    trained_on = np.arange(400) < 300
    joint = joint_points(first, second, trained_on)
    second[~trained_on] += 1.0  # strays far, and moves nobody else
    assert np.array_equal(joint_points(first, second, trained_on)[:300], joint[:300])


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (np.zeros((3, 128), np.float32), r"holds float32 \(3, 128\)"),
        (np.zeros((4, 128), np.float64), "holds float64"),
        (np.zeros(4, np.float32), r"holds float32 \(4,\)"),
        (np.full((4, 128), np.nan, np.float32), "not finite"),
    ],
)
def test_other_points_than_one_a_crop_are_refused(
    tmp_path: Path, points: np.ndarray, words: str
) -> None:
    path = tmp_path / "points.npy"
    np.save(path, points)
    with pytest.raises(DataRejected, match=words):
        read_points(path, 4)


def test_several_arrays_in_one_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "points.npz"
    np.savez(path, points=np.zeros((4, 128), np.float32))
    with pytest.raises(DataRejected, match="cannot be read"):
        read_points(path, 4)


@pytest.mark.parametrize("content", [b"", b"no numbers", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_npy_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "points.npy"
    path.write_bytes(content)
    with pytest.raises(DataRejected, match="cannot be read"):
        read_points(path, 4)
