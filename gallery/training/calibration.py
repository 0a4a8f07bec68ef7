"""The scale that puts the served threshold where calibration wants it, on people held out."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from gallery.domain.decision import DEFAULT_THRESHOLD
from gallery.domain.rates import PairDistances, fmr_threshold, match_rate, pair_distances
from gallery.training.augment import windows
from gallery.training.dataset import UNKNOWN_PERSON, Crops

MIN_NON_MATED_PAIRS = 10_000  # fewer cannot tell a false match rate of 1e-3
BATCH = 256
FALSE_MATCH_RATES = (0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001)
FEWEST_FALSE_MATCHES = 10  # of fewer the rate is chance


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold that somebody may choose, a served distance, and the genuine pairs it takes."""

    threshold: float
    true_match_rate: float


@dataclass(frozen=True)
class Calibration:
    """What was measured on the held-out people, after scaling.

    threshold_before: the distance of the target false match rate before scaling; None when there
    were too few pairs to tell, and then the scale is 1. greatest_distance: of any two of the crops.
    at_false_match_rate: by the rate's digits.
    """

    scale: float
    threshold_before: float | None
    false_match_rate: float
    true_match_rate: float
    non_mated_pairs: int
    mated_pairs: int
    people: int
    crops: int
    greatest_distance: float
    at_false_match_rate: dict[str, OperatingPoint]


def calibrate(embedder: keras.Model, held_out: Crops, false_match_rate: float) -> Calibration:
    """Find the scale from every pair of the held-out crops of known people."""
    known = held_out.select(held_out.identity != UNKNOWN_PERSON)
    pairs = pair_distances(embed(embedder, known), known.identity)
    before = None
    if len(pairs.non_mated) >= MIN_NON_MATED_PAIRS:
        before = fmr_threshold(pairs.non_mated, false_match_rate)
    threshold = before or DEFAULT_THRESHOLD
    scale = DEFAULT_THRESHOLD / threshold
    return Calibration(
        scale=scale,
        threshold_before=before,
        false_match_rate=match_rate(pairs.non_mated, threshold),
        true_match_rate=match_rate(pairs.mated, threshold),
        non_mated_pairs=len(pairs.non_mated),
        mated_pairs=len(pairs.mated),
        people=len(np.unique(known.identity)),
        crops=len(known),
        greatest_distance=scale * float(max(pairs.mated.max(), pairs.non_mated.max())),
        at_false_match_rate=operating_points(pairs, scale),
    )


def operating_points(pairs: PairDistances, scale: float) -> dict[str, OperatingPoint]:
    """The thresholds of round false match rates, as far down as there are pairs to tell them by."""
    points = {}
    for rate in FALSE_MATCH_RATES:
        if rate * len(pairs.non_mated) >= FEWEST_FALSE_MATCHES:
            threshold = fmr_threshold(pairs.non_mated, rate)
            taken = match_rate(pairs.mated, threshold)
            points[f"{rate:.6f}".rstrip("0")] = OperatingPoint(threshold * scale, taken)
    return points


def embed(embedder: keras.Model, crops: Crops) -> NDArray[np.float32]:
    """Embeddings of the unchanged windows: float32 (N, 48)."""
    pixels = windows(crops.images).astype(np.float32)[..., None]
    return np.asarray(embedder.predict(pixels, batch_size=BATCH, verbose=0), np.float32)
