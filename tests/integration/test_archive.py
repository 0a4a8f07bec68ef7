"""The prepared crops, as `gallery train` reads them from their archive."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from gallery.errors import DataRejected
from gallery.progress import quietly
from gallery.training.dataset import load_archive

CROPS = 60


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Sixty crops in two files, of twenty people, the last five held out."""
    rng = np.random.default_rng(4)
    images = rng.integers(0, 256, (CROPS, 96, 80), np.uint8)
    encoded = [cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 101])[1] for image in images]
    length = np.array([len(one) for one in encoded], np.int32)
    shard = (np.arange(CROPS) >= 40).astype(np.uint8)
    offset = np.zeros(CROPS, np.int64)
    for number in (0, 1):
        rows = np.flatnonzero(shard == number)
        offset[rows] = np.cumsum(length[rows]) - length[rows]
        data = b"".join(encoded[row].tobytes() for row in rows)
        (tmp_path / f"crops-{number:02d}.bin").write_bytes(data)
    identity = np.repeat(np.arange(20, dtype=np.int32), 3)
    np.savez(
        tmp_path / "index.npz",
        shard=shard,
        offset=offset,
        length=length,
        identity=identity,
        split=(identity >= 15).astype(np.uint8),
        teacher=rng.integers(-127, 128, (CROPS, 64), np.int8),
        teacher_scale=np.full(64, 0.01, np.float32),
        source=np.zeros(CROPS, np.uint8),
        source_names=np.array(["drawn"]),
    )
    np.save(tmp_path / "images.npy", images)
    return tmp_path


def test_crops_come_with_what_the_archive_tells_of_them(archive: Path) -> None:
    crops = load_archive(archive, quietly)
    assert np.array_equal(crops.images[..., 0], np.load(archive / "images.npy")[..., 0])
    assert crops.held_out.sum() == 15
    assert crops.teacher is not None
    assert crops.teacher.shape == (CROPS, 48)
    assert np.linalg.norm(crops.teacher, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_second_teacher_changes_what_is_learned(archive: Path, tmp_path: Path) -> None:
    alone = load_archive(archive, quietly).teacher
    points = np.random.default_rng(6).standard_normal((CROPS, 128)).astype(np.float32)
    np.save(tmp_path / "second.npy", points)
    both = load_archive(archive, quietly, tmp_path / "second.npy").teacher
    assert both is not None
    assert both.shape == (CROPS, 48)
    assert np.linalg.norm(both, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert not np.allclose(both, alone)


def test_a_second_teacher_of_other_crops_is_refused(archive: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "second.npy", np.zeros((CROPS - 1, 128), np.float32))
    with pytest.raises(DataRejected, match="one point a crop"):
        load_archive(archive, quietly, tmp_path / "second.npy")
