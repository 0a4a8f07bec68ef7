"""How often a stranger is given a name (FPIR): it grows with the faces that a photo is held to."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class StrangerRisk:
    """In a gallery of so many faces, the share of strangers who are given a name.

    at_least: the gallery is larger than any the rate was measured for.
    """

    faces: int
    rate: float
    at_least: bool


@dataclass(frozen=True)
class StrangerRates:
    """FPIR at one threshold by the size of the gallery: sizes ascend, rates lie from 0 to 1."""

    faces: tuple[int, ...]
    rates: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.faces) == len(self.rates):
            raise ValueError(f"{len(self.faces)} sizes, {len(self.rates)} rates")
        if self.faces[0] < 1 or any(one >= other for one, other in pairwise(self.faces)):
            raise ValueError(f"sizes do not ascend: {self.faces}")
        if not all(0 <= rate <= 1 for rate in self.rates):
            raise ValueError(f"no rates: {self.rates}")

    def among(self, faces: int) -> StrangerRisk:
        """On the line between the sizes around it; beyond the largest, what was measured there."""
        if faces > self.faces[-1]:
            return StrangerRisk(faces, self.rates[-1], at_least=True)
        sizes, rates = (0, *self.faces), (0.0, *self.rates)
        above = max(1, bisect_left(sizes, faces))
        width = sizes[above] - sizes[above - 1]
        part = (faces - sizes[above - 1]) / width
        rate = rates[above - 1] + part * (rates[above] - rates[above - 1])
        return StrangerRisk(faces, rate, at_least=False)
