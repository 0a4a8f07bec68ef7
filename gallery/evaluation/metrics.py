"""The figures of a verification benchmark, from the distances of its pairs.

A pair matches when its distance is below the threshold. A pair one of whose photos gave no face is
a failure and is never dropped (ISO/IEC 19795-1: a failure to acquire is an error of the system):

* it can match at no threshold (its distance is infinite): in the rates TMR, FNMR, FMR, in ROC, AUC
  and EER, a failed mated pair is a false non-match and a failed non-mated pair no false match;
* in every accuracy it counts as wrong, mated or not: no answer is not a right answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from gallery.domain.rates import fmr_threshold
from gallery.evaluation.extra import require_extra


@dataclass(frozen=True, eq=False)
class PairScores:
    """N compared pairs, mated and non-mated.

    distances: float64 (N,), infinite where a photo of the pair failed. mated: bool (N,).
    fold: int64 (N,), from 0.
    """

    distances: NDArray[np.float64]
    mated: NDArray[np.bool_]
    fold: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not len(self.distances) == len(self.mated) == len(self.fold):
            raise ValueError("distances, mated and fold differ in length")
        if np.isnan(self.distances).any() or (self.distances < 0).any():
            raise ValueError("not distances")

    @property
    def failed(self) -> NDArray[np.bool_]:
        """bool (N,): the pairs that could not be compared."""
        return np.isinf(self.distances)


@dataclass(frozen=True)
class Rate:
    """A share, counted, with its 95 % Wilson score interval (pairs taken as independent)."""

    count: int
    total: int

    @property
    def value(self) -> float:
        return self.count / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """E. B. Wilson, JASA 22 (1927) 209-212, without continuity correction."""
        z = NormalDist().inv_cdf(0.975)
        middle = (self.value + z * z / (2 * self.total)) / (1 + z * z / self.total)
        half = (
            z
            / (1 + z * z / self.total)
            * sqrt(self.value * (1 - self.value) / self.total + (z / (2 * self.total)) ** 2)
        )
        low, high = max(0.0, middle - half), min(1.0, middle + half)
        return min(low, self.value), max(high, self.value)  # of none or all, it ends at the share


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation of distances."""

    mean: float
    deviation: float


@dataclass(frozen=True)
class OperatingPoint:
    """What the program does at one threshold. FNMR is 1 - TMR."""

    threshold: float
    tmr: Rate
    fmr: Rate
    fnmr: Rate
    accuracy: Rate


@dataclass(frozen=True)
class TarAtFmr:
    """TAR (= TMR) at the highest threshold whose FMR is at most the target."""

    target_fmr: float
    tar: Rate
    threshold: float


@dataclass(frozen=True)
class Fold:
    """One fold's accuracy at the threshold that was best on all the others."""

    threshold: float
    accuracy: Rate


@dataclass(frozen=True)
class CrossValidation:
    """Accuracy over folds: its mean, and the standard error std / sqrt(folds), std with n - 1."""

    folds: tuple[Fold, ...]

    @property
    def accuracy(self) -> float:
        return float(np.mean([fold.accuracy.value for fold in self.folds]))

    @property
    def standard_error(self) -> float:
        values = [fold.accuracy.value for fold in self.folds]
        return float(np.std(values, ddof=1) / sqrt(len(values)))


@dataclass(frozen=True, eq=False)
class Roc:
    """FMR and TMR float64 (P,), both rising from 0 to 1: one point for each distinct distance."""

    fmr: NDArray[np.float64]
    tmr: NDArray[np.float64]
    auc: float
    equal_error_rate: float


def spread(scores: PairScores, mated: bool) -> Spread:
    """Of the mated or of the non-mated pairs; pairs that could not be compared do not count."""
    distances = scores.distances[(scores.mated == mated) & ~scores.failed]
    return Spread(float(distances.mean()), float(distances.std()))


def operating_point(scores: PairScores, threshold: float) -> OperatingPoint:
    """TMR, FMR, FNMR and accuracy of `distance < threshold`."""
    matched = scores.distances < threshold
    mated, non_mated = int(scores.mated.sum()), int((~scores.mated).sum())
    hits = int((matched & scores.mated).sum())
    false_matches = int((matched & ~scores.mated).sum())
    return OperatingPoint(
        threshold,
        tmr=Rate(hits, mated),
        fmr=Rate(false_matches, non_mated),
        fnmr=Rate(mated - hits, mated),
        accuracy=_accuracy(scores, threshold),
    )


def tar_at_fmr(scores: PairScores, target: float) -> TarAtFmr:
    """TAR where at most `target` of the non-mated pairs match."""
    threshold = fmr_threshold(scores.distances[~scores.mated], target)
    mated = scores.distances[scores.mated]
    return TarAtFmr(target, Rate(int((mated < threshold).sum()), mated.size), threshold)


def cross_validate(scores: PairScores) -> CrossValidation:
    """LFW's protocol: each fold at the threshold chosen on all the others."""
    folds = []
    for number in np.unique(scores.fold):
        here = scores.fold == number
        threshold = best_threshold(_select(scores, ~here))
        folds.append(Fold(threshold, _accuracy(_select(scores, here), threshold)))
    return CrossValidation(tuple(folds))


def best_threshold(scores: PairScores) -> float:
    """The threshold of highest accuracy; of equally good ones the lowest.

    Candidates stand half-way between neighbouring distances, and beyond both ends. Failed pairs
    are wrong at every threshold, so they have no say.
    """
    order = np.argsort(scores.distances[~scores.failed], kind="stable")
    distances = scores.distances[~scores.failed][order]
    mated = scores.mated[~scores.failed][order]
    if not distances.size:
        raise ValueError("every pair failed")
    ends = np.append(np.flatnonzero(np.diff(distances) > 0), distances.size - 1)
    hits, false_matches = np.cumsum(mated)[ends], np.cumsum(~mated)[ends]
    above = np.append((distances[ends[:-1]] + distances[ends[:-1] + 1]) / 2, np.inf)
    above[-1] = np.nextafter(distances[-1], np.inf)
    correct = np.concatenate([[0], hits - false_matches])
    candidates = np.concatenate([[distances[0]], above])
    return float(candidates[np.argmax(correct)])


def roc(scores: PairScores) -> Roc:
    """The ROC, its area and the equal error rate (scikit-learn's curve, linear between points)."""
    require_extra()
    from sklearn.metrics import roc_auc_score, roc_curve

    beyond = np.max(scores.distances[~scores.failed], initial=0.0) + 1
    likeness = -np.where(scores.failed, beyond, scores.distances)
    fmr, tmr, _ = roc_curve(scores.mated, likeness, drop_intermediate=False)
    area = float(roc_auc_score(scores.mated, likeness))
    return Roc(fmr, tmr, area, _equal_error_rate(fmr, 1 - tmr))


def _equal_error_rate(fmr: NDArray[np.float64], fnmr: NDArray[np.float64]) -> float:
    """Where FMR (rising) and FNMR (falling) cross, on the line between the points around it."""
    after = int(np.argmax(fmr >= fnmr))
    if after == 0:
        return float(fmr[0])
    gap_before = fnmr[after - 1] - fmr[after - 1]
    gap_after = fmr[after] - fnmr[after]
    share = gap_before / (gap_before + gap_after)
    return float(fmr[after - 1] + share * (fmr[after] - fmr[after - 1]))


def _accuracy(scores: PairScores, threshold: float) -> Rate:
    right = ((scores.distances < threshold) == scores.mated) & ~scores.failed
    return Rate(int(right.sum()), len(right))


def _select(scores: PairScores, mask: NDArray[np.bool_]) -> PairScores:
    return PairScores(scores.distances[mask], scores.mated[mask], scores.fold[mask])
