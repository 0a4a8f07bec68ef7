"""Pairs are balanced, true to their labels, and never cross the split by person."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("keras", reason="the train extra is not installed")

from gallery.errors import DataRejected
from gallery.training.augment import augmented, windows
from gallery.training.dataset import Crops, named_crops
from gallery.training.pairs import CropBatches, PairBatches, draw_pairs, draw_strangers


def people(photos_each: list[int]) -> np.ndarray:
    return np.repeat(np.arange(len(photos_each), dtype=np.int32), photos_each)


def some_crops(identity: np.ndarray, held_out: np.ndarray | None = None) -> Crops:
    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (len(identity), 96, 80), dtype=np.uint8)
    kept = np.zeros(len(identity), bool) if held_out is None else held_out
    return named_crops(images, identity, kept)


def test_every_pair_is_what_its_label_says() -> None:
    identity = people([5, 2, 9, 1, 4])
    for seed in range(20):
        pairs = draw_pairs(identity, np.random.default_rng(seed))
        assert np.array_equal(identity[pairs.left] == identity[pairs.right], pairs.same)
        assert (pairs.left != pairs.right).all()


def test_half_of_the_pairs_show_one_person() -> None:
    pairs = draw_pairs(people([4] * 500), np.random.default_rng(0))
    assert 0.45 < pairs.same.mean() < 0.55


def test_unknown_people_are_in_no_pair() -> None:
    identity = people([3, 3, 3])
    identity[::3] = -1
    pairs = draw_pairs(identity, np.random.default_rng(0))
    assert (identity[pairs.left] >= 0).all()
    assert (identity[pairs.right] >= 0).all()


def test_anonymous_crops_are_strangers_two_by_two() -> None:
    anonymous = np.arange(11) % 2 == 0
    pairs = draw_strangers(anonymous, np.random.default_rng(0))
    rows = np.concatenate([pairs.left, pairs.right])
    assert len(pairs) == 3
    assert len(np.unique(rows)) == 6
    assert anonymous[rows].all()
    assert not pairs.same.any()


def test_batches_hold_each_anonymous_crop_as_a_person_of_its_own() -> None:
    crops = some_crops(np.append(people([2] * 4), [-1] * 6).astype(np.int32))
    anonymous = np.arange(14) >= 9
    crops = replace(crops, anonymous=anonymous, cohort=np.arange(14) == 13)
    batches = PairBatches(crops, 10, seed=1)
    persons = batches[0][1]["identity"]
    assert len(batches) == 1
    assert (persons >= 0).all()
    assert len(np.unique(persons[persons > 3])) == 4


@pytest.mark.parametrize("photos", [[], [5], [1, 1, 1]])
def test_people_that_cannot_be_paired_are_refused_with_numbers(photos: list[int]) -> None:
    with pytest.raises(DataRejected, match="2 people with 2 photos"):
        draw_pairs(people(photos), np.random.default_rng(0))


def test_a_person_is_never_on_both_sides_of_the_split() -> None:
    with pytest.raises(DataRejected, match="1 people are both trained on and held out"):
        some_crops(people([2, 2]), np.array([True, False, True, True]))


def test_an_epoch_depends_on_nothing_but_seed_and_number() -> None:
    crops = some_crops(people([4] * 10))
    straight = PairBatches(crops, 4, seed=3)
    straight.on_epoch_end()
    resumed = PairBatches(crops, 4, seed=3, epoch=1)
    for number in range(len(resumed)):
        assert np.array_equal(straight[number][0], resumed[number][0])


def test_the_test_pairs_stay_the_same() -> None:
    batches = PairBatches(some_crops(people([4] * 10)), 4, seed=3, epoch=None)
    before = batches[1][0]
    batches.on_epoch_end()
    assert np.array_equal(before, batches[1][0])


def test_augmented_crops_are_what_the_network_takes() -> None:
    crops = some_crops(people([2, 2]))
    views = augmented(crops.images, np.random.default_rng(0))
    assert views.shape == (4, 62, 47, 1)
    assert views.dtype == np.float32
    assert views.min() >= 0
    assert views.max() <= 255
    assert windows(crops.images).shape == (4, 62, 47)


def test_the_window_stands_where_the_archive_says() -> None:
    """A point (x, y) of the window stands at (1.25 (x + 8.5), 1.25 (y + 8.4)) in the crop."""
    down, across = np.mgrid[0:96, 0:80]
    for ramp, axis in ((across, 1), (down, 0)):
        cut = windows((2 * ramp).astype(np.uint8)[None])[0].astype(float)
        at = cut.mean(axis=1 - axis) / 2
        margin = 8.4 if axis == 0 else 8.5
        assert np.allclose(at, 1.25 * (np.arange(len(at)) + margin), atol=0.3)


def test_each_person_has_the_mean_of_the_teachers_points_as_centre() -> None:
    identity = np.array([70, 30, 70, -1], np.int32)
    points = np.eye(48, dtype=np.float32)[[0, 1, 2, 3]]
    none = np.zeros(4, np.bool_)
    crops = named_crops(np.zeros((4, 96, 80), np.uint8), identity, none, points)
    batch = CropBatches(crops, 4, seed=0, epoch=None)
    centres = batch.centres()
    assert centres.shape == (2, 48)
    assert centres[0] == pytest.approx(points[1])
    assert centres[1] == pytest.approx((points[0] + points[2]) * np.sqrt(0.5))
    _, known = batch[0]
    own = known["identity"] >= 0
    assert own.sum() == 3
    assert (np.sum(centres[known["identity"][own]] * known["teacher"][own], axis=1) > 0.7).all()


@pytest.mark.parametrize(
    ("unchanged", "least", "most"), [(0.0, 0, 0), (0.5, 16, 48), (1.0, 64, 64)]
)
def test_a_share_of_the_crops_is_seen_as_it_is(unchanged: float, least: int, most: int) -> None:
    crops = some_crops(people([4] * 16))
    views = augmented(crops.images, np.random.default_rng(0), unchanged)[..., 0]
    as_cut = windows(crops.images)
    same = (views == as_cut).all(axis=(1, 2)) | (views == as_cut[:, :, ::-1]).all(axis=(1, 2))
    assert least <= same.sum() <= most
