"""FPIR by the size of the gallery, from the faces of people who are all strangers to each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gallery.domain.rates import pair_blocks
from gallery.domain.strangers import StrangerRates

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def stranger_rates(points: NDArray[np.float32], threshold: float) -> StrangerRates | None:
    """points: float32 (P, 48), one face a person. None where they are fewer than two.

    A share of the others lies below the threshold of each face; of a gallery of n others drawn at
    random one does with probability 1 - (1 - share)**n, and the mean over all faces is told. Sizes
    go up to the number of others. Faces that many others are near to count as often as they occur,
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
    share = near / others
    sizes = tuple(size for size in SIZES if size <= others)
    return StrangerRates(sizes, tuple(float(np.mean(1 - (1 - share) ** n)) for n in sizes))
