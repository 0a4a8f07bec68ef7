"""FPIR by the size of the gallery, from the faces of people who are all strangers to each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gallery.domain.rates import pair_blocks
from gallery.domain.strangers import StrangerRates

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def stranger_rates(points: NDArray[np.float32], threshold: float) -> StrangerRates | None:
    """points: float32 (P, 48), one face a person. None where they are fewer than two.

    The sizes go up to the number of others. Of each face it is known how many of the others lie
    below the threshold; the rate is how many of all galleries of n of the others hold one of these,
    in the mean over all faces. Faces that many others are near to count as often as they occur,
    which 1 - (1 - FMR)**n would not say.
    """
    others = len(points) - 1
    if others < 1:
        return None
    near = np.zeros(len(points), np.int64)
    for start, squared, each_once in pair_blocks(points):
        matched = each_once & (squared < threshold**2)
        near[start : start + len(matched)] += np.count_nonzero(matched, axis=1)
        near[start:] += np.count_nonzero(matched, axis=0)
    sizes = tuple(size for size in SIZES if size <= others)
    return StrangerRates(sizes, tuple(_named(near, others, size) for size in sizes))


def _named(near: NDArray[np.int64], others: int, size: int) -> float:
    """1 - C(others - near, size) / C(others, size): nobody is in a gallery twice."""
    drawn = np.arange(size)
    strangers_left = np.maximum(others - near[:, None] - drawn, 0)
    return float(1 - np.mean(np.prod(strangers_left / (others - drawn), axis=1)))
