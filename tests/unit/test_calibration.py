"""The thresholds that a card offers are those of its false match rates."""

import numpy as np
import pytest

pytest.importorskip("keras", reason="the train extra is not installed")

from gallery.domain.rates import PairDistances, match_rate
from gallery.training.calibration import operating_points

SCALE = 0.4


def test_each_threshold_has_its_rates_and_none_rests_on_chance() -> None:
    rng = np.random.default_rng(0)
    mated = rng.normal(0.6, 0.2, 1_000).astype(np.float32)
    non_mated = rng.normal(1.4, 0.1, 20_000).astype(np.float32)
    points = operating_points(PairDistances(mated, non_mated), SCALE)
    assert list(points) == ["0.1", "0.01", "0.001"]  # 2 of 20,000 would be 0.0001
    for rate, point in points.items():
        assert match_rate(non_mated, point.threshold / SCALE) == pytest.approx(float(rate), 1e-6)
        assert match_rate(mated, point.threshold / SCALE) == point.true_match_rate
