"""How often a stranger is given a name, by the size of the gallery."""

from __future__ import annotations

import numpy as np
import pytest

from gallery.domain.strangers import StrangerRates, StrangerRisk
from gallery.evaluation.strangers import stranger_rates

RATES = StrangerRates((1, 10, 100), (0.001, 0.01, 0.08))


@pytest.mark.parametrize(
    ("faces", "rate"), [(0, 0.0), (1, 0.001), (10, 0.01), (55, 0.045), (100, 0.08)]
)
def test_between_measured_sizes_the_rate_lies_on_a_line(faces: int, rate: float) -> None:
    assert RATES.among(faces) == StrangerRisk(faces, pytest.approx(rate), at_least=False)


def test_beyond_the_largest_measured_size_it_is_at_least_that_rate() -> None:
    assert RATES.among(101) == StrangerRisk(101, 0.08, at_least=True)


@pytest.mark.parametrize(
    ("faces", "rates"),
    [((), ()), ((1, 2), (0.1,)), ((2, 1), (0.1, 0.2)), ((0,), (0.1,)), ((1,), (1.5,))],
)
def test_what_is_no_table_of_rates_is_no_table(faces: tuple, rates: tuple) -> None:
    with pytest.raises(ValueError, match=r"sizes|ascend|rates"):
        StrangerRates(faces, rates)


def test_a_measured_rate_is_what_galleries_drawn_at_random_show() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(0, 0.12, (300, 48)).astype(np.float32)
    told = stranger_rates(points, 1.0)
    assert told is not None
    near = np.linalg.norm(points[:, None] - points, axis=-1) < 1.0
    np.fill_diagonal(near, False)
    named = []
    for _ in range(4000):
        probe, *gallery = rng.choice(300, 21, replace=False)
        named.append(near[probe, gallery].any())
    assert told.among(20).rate == pytest.approx(np.mean(named), abs=0.02)
    assert 0.05 < told.among(20).rate < 0.95


def test_a_gallery_of_all_others_names_whoever_is_near_to_anybody() -> None:
    points = np.zeros((11, 48), np.float32)
    points[:, 0] = [0, 0.3, 9, 19, 29, 39, 49, 59, 69, 79, 89]
    told = stranger_rates(points, 0.4)
    assert told is not None
    assert told.rates == pytest.approx((0.2 / 11, 0.4 / 11, 1 / 11, 2 / 11))


def test_sizes_go_up_to_the_number_of_others() -> None:
    points = np.eye(48, dtype=np.float32)[:12]
    told = stranger_rates(points, 0.4)
    assert told == StrangerRates((1, 2, 5, 10), (0.0, 0.0, 0.0, 0.0))
    assert stranger_rates(points[:1], 0.4) is None
