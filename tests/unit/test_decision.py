"""The rule: matched below the threshold, not at it or above."""

from __future__ import annotations

import math

import pytest

from gallery.domain.decision import Threshold, decide
from gallery.errors import InvalidValue


@pytest.mark.parametrize(
    ("distance", "matched"),
    [
        (0.0, True),
        (math.nextafter(0.4, 0), True),
        (0.4, False),
        (math.nextafter(0.4, 1), False),
        (2.0, False),
    ],
)
def test_a_distance_at_the_threshold_does_not_match(distance: float, matched: bool) -> None:
    decision = decide(distance, Threshold(), "model")
    assert decision.matched is matched
    assert (decision.distance, decision.threshold, decision.model_id) == (distance, 0.4, "model")


@pytest.mark.parametrize("distance", [math.nan, math.inf, -0.1])
def test_what_is_no_distance_never_becomes_a_verdict(distance: float) -> None:
    with pytest.raises(ValueError, match="not a distance"):
        decide(distance, Threshold(), "model")


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_threshold_is_a_finite_number_above_zero(value: float) -> None:
    with pytest.raises(InvalidValue):
        Threshold(value)
