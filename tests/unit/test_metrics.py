"""Verification figures against scikit-learn, SciPy and examples worked by hand."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from gallery.domain.rates import fmr_threshold, match_rate, pair_distances
from gallery.errors import ExtraNotInstalled
from gallery.evaluation.metrics import (
    PairScores,
    Rate,
    Spread,
    best_threshold,
    cross_validate,
    operating_point,
    roc,
    spread,
    tar_at_fmr,
)

INFINITE = float("inf")


def scores_of(mated: list[float], non_mated: list[float], folds: int = 1) -> PairScores:
    """Folds take turns, mated and non-mated each by themselves."""
    return PairScores(
        np.array(mated + non_mated),
        np.array([True] * len(mated) + [False] * len(non_mated)),
        np.array(
            [n % folds for n in range(len(mated))] + [n % folds for n in range(len(non_mated))]
        ),
    )


@pytest.fixture
def seeded() -> PairScores:
    """2,000 pairs, distances rounded so that many are equal across the two kinds."""
    random = np.random.default_rng(7)
    mated = np.abs(random.normal(0.3, 0.1, 1000)).round(2)
    non_mated = np.abs(random.normal(0.55, 0.1, 1000)).round(2)
    return scores_of(mated.tolist(), non_mated.tolist(), folds=10)


def test_the_spread_of_distances_leaves_out_what_could_not_be_compared() -> None:
    scores = scores_of([0.2, 0.4, INFINITE], [0.6])
    assert spread(scores, mated=True) == Spread(pytest.approx(0.3), pytest.approx(0.1))
    assert spread(scores, mated=False) == Spread(0.6, 0.0)


# -- at one threshold --------------------------------------------------------------------------


def test_a_distance_of_exactly_the_threshold_does_not_match() -> None:
    point = operating_point(scores_of([0.39, 0.4, 0.41], [0.3999, 0.4, 0.5]), 0.4)
    assert (point.tmr.count, point.fmr.count, point.fnmr.count) == (1, 1, 2)
    assert point.accuracy == Rate(3, 6)


def test_rates_at_a_threshold_are_those_of_scikit_learn(seeded: PairScores) -> None:
    from sklearn.metrics import accuracy_score, confusion_matrix

    matched = seeded.distances < 0.4
    (_, false_matches), (misses, hits) = confusion_matrix(seeded.mated, matched)
    point = operating_point(seeded, 0.4)
    assert point.tmr == Rate(hits, 1000)
    assert point.fnmr == Rate(misses, 1000)
    assert point.fmr == Rate(false_matches, 1000)
    assert point.accuracy.value == accuracy_score(seeded.mated, matched)


@pytest.mark.parametrize(("count", "total"), [(0, 10), (10, 10), (1, 3), (2970, 3000), (1, 3000)])
def test_intervals_are_scipys_wilson_intervals(count: int, total: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(count, total).proportion_ci(0.95, method="wilson")
    assert Rate(count, total).interval == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_an_interval_holds_its_own_share() -> None:
    for total in range(1, 3001):
        for rate in (Rate(0, total), Rate(total, total)):
            low, high = rate.interval
            assert low <= rate.value <= high


def test_a_known_wilson_interval() -> None:
    """8 of 10: 0.4902 to 0.9433 (Wilson 1927; Brown, Cai and DasGupta 2001)."""
    assert Rate(8, 10).interval == pytest.approx((0.4902, 0.9433), abs=1e-4)


# -- failures ----------------------------------------------------------------------------------


def test_a_failed_pair_is_wrong_in_the_accuracy_whichever_kind_it_is() -> None:
    point = operating_point(scores_of([0.1, INFINITE], [0.9, INFINITE]), 0.4)
    assert point.accuracy == Rate(2, 4)


def test_a_failed_pair_matches_at_no_threshold() -> None:
    scores = scores_of([0.1, INFINITE], [0.9, INFINITE])
    for threshold in (0.4, 1e9, INFINITE):
        point = operating_point(scores, threshold)
        assert point.tmr == Rate(1, 2)
        assert point.fmr.count <= 1
    assert tar_at_fmr(scores, 1.0).tar == Rate(1, 2)


def test_failed_pairs_lower_the_cross_validated_accuracy_and_not_its_thresholds() -> None:
    mated, non_mated = [0.1, 0.2, 0.1, 0.2], [0.8, 0.9, 0.8, 0.9]
    whole = cross_validate(scores_of(mated, non_mated, folds=2))
    broken = cross_validate(scores_of([*mated, INFINITE], [*non_mated, INFINITE], folds=2))
    assert whole.accuracy == 1.0
    assert [fold.accuracy for fold in broken.folds] == [Rate(4, 6), Rate(4, 4)]
    assert [f.threshold for f in broken.folds] == [f.threshold for f in whole.folds]


def test_failed_mated_pairs_lower_the_area_and_raise_the_equal_error_rate() -> None:
    perfect = roc(scores_of([0.1] * 4, [0.9] * 4))
    failing = roc(scores_of([0.1, 0.1, 0.1, INFINITE], [0.9] * 4))
    assert (perfect.auc, perfect.equal_error_rate) == (1.0, 0.0)
    assert failing.auc == pytest.approx(0.75)
    assert failing.equal_error_rate == pytest.approx(0.25)  # missed at every threshold


# -- curve -------------------------------------------------------------------------------------


def test_the_area_is_the_chance_that_a_mated_pair_lies_closer(seeded: PairScores) -> None:
    mated, non_mated = seeded.distances[seeded.mated], seeded.distances[~seeded.mated]
    closer = (mated[:, None] < non_mated).mean() + (mated[:, None] == non_mated).mean() / 2
    assert roc(seeded).auc == pytest.approx(closer)


def test_the_equal_error_rate_of_a_worked_example() -> None:
    """At threshold 0.35 one of four mated pairs is missed and one of four others matches."""
    assert roc(scores_of([0.1, 0.2, 0.3, 0.7], [0.25, 0.6, 0.8, 0.9])).equal_error_rate == 0.25


def test_the_equal_error_rate_lies_between_the_rates_on_either_side(seeded: PairScores) -> None:
    from sklearn.metrics import det_curve

    fmr, fnmr, _ = det_curve(seeded.mated, -seeded.distances)
    nearest = np.argmin(np.abs(fmr - fnmr))
    low, high = sorted((fmr[nearest], fnmr[nearest]))
    assert low <= roc(seeded).equal_error_rate <= high


# -- TAR at FMR --------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [0.1, 0.01, 0.001, 0.0, 1.0])
def test_tar_at_a_false_match_rate_is_the_highest_of_scikit_learns_curve(
    seeded: PairScores, target: float
) -> None:
    from sklearn.metrics import roc_curve

    fmr, tmr, _ = roc_curve(seeded.mated, -seeded.distances, drop_intermediate=False)
    assert tar_at_fmr(seeded, target).tar.value == tmr[fmr <= target].max()


@pytest.mark.parametrize("target", [0.1, 0.01, 0.001])
def test_the_threshold_keeps_the_false_match_rate_and_no_higher_one_does(
    seeded: PairScores, target: float
) -> None:
    threshold = tar_at_fmr(seeded, target).threshold
    assert operating_point(seeded, threshold).fmr.value <= target
    assert operating_point(seeded, np.nextafter(threshold, 1)).fmr.value > target


def test_fmr_threshold_of_a_worked_example() -> None:
    distances = np.array([0.5, 0.1, 0.4, 0.2, 0.3])
    assert fmr_threshold(distances, 0.0) == 0.1
    assert fmr_threshold(distances, 0.39) == 0.2
    assert fmr_threshold(distances, 0.4) == 0.3
    assert fmr_threshold(distances, 1.0) == INFINITE


def test_a_rate_that_is_a_whole_number_of_pairs_is_not_lost_to_rounding() -> None:
    """0.29 * 100 is 28.999... in binary; 29 of 100 may match."""
    distances = np.arange(1, 101) / 100
    assert match_rate(distances, fmr_threshold(distances, 0.29)) == 0.29


# -- folds -------------------------------------------------------------------------------------


def test_the_best_threshold_is_the_best_of_all(seeded: PairScores) -> None:
    tried = np.concatenate([np.arange(0, 1.2, 0.01) + 0.005, [0.0]])
    best = max(operating_point(seeded, float(t)).accuracy.value for t in tried)
    assert operating_point(seeded, best_threshold(seeded)).accuracy.value == best


def test_the_best_threshold_stands_half_way_between_the_kinds() -> None:
    assert best_threshold(scores_of([0.1, 0.3], [0.5, 0.9])) == pytest.approx(0.4)


def test_the_best_threshold_may_reject_or_accept_every_pair() -> None:
    assert best_threshold(scores_of([0.9], [0.1, 0.2, 0.3])) == 0.1
    assert best_threshold(scores_of([0.1, 0.2, 0.9], [0.05])) > 0.9


def test_a_fold_has_no_say_in_its_own_threshold() -> None:
    """Fold 0 alone would choose 0.5; the others say 0.3, and at 0.3 fold 0 loses its mated pair."""
    scores = PairScores(
        np.array([0.4, 0.6, 0.2, 0.4, 0.2, 0.4]),
        np.array([True, False, True, False, True, False]),
        np.array([0, 0, 1, 1, 2, 2]),
    )
    folds = cross_validate(scores).folds
    assert folds[0].threshold == pytest.approx(0.3)
    assert folds[0].accuracy == Rate(1, 2)
    assert folds[1].accuracy == folds[2].accuracy == Rate(2, 2)


def test_the_standard_error_is_that_of_the_mean_over_folds() -> None:
    from scipy.stats import sem

    random = np.random.default_rng(3)
    scores = scores_of(
        random.normal(0.4, 0.1, 50).tolist(), random.normal(0.5, 0.1, 50).tolist(), folds=10
    )
    result = cross_validate(scores)
    values = [fold.accuracy.value for fold in result.folds]
    assert result.accuracy == pytest.approx(np.mean(values))
    assert result.standard_error == pytest.approx(sem(values))


# -- all pairs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("block_rows", [1, 7, 64])
def test_all_pairs_are_compared_once_whatever_the_block(block_rows: int) -> None:
    from scipy.spatial.distance import pdist

    random = np.random.default_rng(11)
    vectors = random.normal(size=(40, 48)).astype(np.float32)
    identity = random.integers(0, 6, 40)
    first, second = np.triu_indices(40, 1)
    same = identity[first] == identity[second]
    expected = pdist(vectors.astype(np.float64))
    result = pair_distances(vectors, identity, block_rows)
    assert np.sort(result.mated) == pytest.approx(np.sort(expected[same]), abs=1e-6)
    assert np.sort(result.non_mated) == pytest.approx(np.sort(expected[~same]), abs=1e-6)


# -- packages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["sklearn", "matplotlib"])
def test_without_the_train_extra_the_curve_says_what_to_install(
    seeded: PairScores, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        ExtraNotInstalled, match=rf"{package}; run: pip install 'face-gallery\[train"
    ):
        roc(seeded)
