"""The rule: two faces match when their distance is below the threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gallery.errors import InvalidValue

DEFAULT_THRESHOLD = 0.4


@dataclass(frozen=True)
class Threshold:
    """A finite Euclidean distance above zero; a pair at exactly this distance does not match."""

    value: float = DEFAULT_THRESHOLD

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value > 0):
            raise InvalidValue(f"threshold is {self.value}; a finite number above 0 is needed")


@dataclass(frozen=True)
class Decision:
    """A verdict with all that it rests on."""

    matched: bool
    distance: float
    threshold: float
    model_id: str


def decide(distance: float, threshold: Threshold, model_id: str) -> Decision:
    """Matched below the threshold, not matched at it or above; a distance must be a real one."""
    if not (math.isfinite(distance) and distance >= 0):
        raise ValueError(f"not a distance: {distance}")
    return Decision(distance < threshold.value, distance, threshold.value, model_id)
