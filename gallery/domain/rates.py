"""Match rates of many comparisons: plain counting, used by training and by evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_ROWS = 512


@dataclass(frozen=True, eq=False)
class PairDistances:
    """Distances of all pairs of a labelled set: mated float32 (M,), non_mated float32 (N,)."""

    mated: NDArray[np.float32]
    non_mated: NDArray[np.float32]


def match_rate(distances: NDArray[np.floating], threshold: float) -> float:
    """Share of distances below the threshold; one at exactly the threshold does not match.

    Of mated distances this is the TMR (TAR), of non-mated ones the FMR.
    """
    if not distances.size:
        raise ValueError("no distances")
    return float(np.count_nonzero(distances < threshold)) / distances.size


def fmr_threshold(non_mated: NDArray[np.floating], fmr: float) -> float:
    """The highest threshold at which at most `fmr` of the non-mated distances match.

    Nothing is interpolated: with n distances and k = floor(fmr * n), it is the (k + 1)-th smallest,
    since a distance of exactly the threshold does not match. Infinite when all may match.
    """
    if not non_mated.size:
        raise ValueError("no distances")
    if not 0 <= fmr <= 1:
        raise ValueError(f"not a rate: {fmr}")
    allowed = int(fmr * non_mated.size)
    if (allowed + 1) / non_mated.size <= fmr:
        allowed += 1
    if allowed >= non_mated.size:
        return float("inf")
    return float(np.partition(non_mated, allowed)[allowed])


def pair_distances(
    vectors: NDArray[np.float32], identity: NDArray[np.integer], block_rows: int = BLOCK_ROWS
) -> PairDistances:
    """Euclidean distances of every pair of (N, D) vectors, each once: 4 bytes a pair.

    identity: integer (N,). Computed in blocks of rows, so that little more than the result is held.
    """
    if len(vectors) != len(identity):
        raise ValueError(f"{len(vectors)} vectors, {len(identity)} identities")
    points = vectors.astype(np.float64)
    squares = np.einsum("ij,ij->i", points, points)
    people, crops_of = np.unique(identity, return_counts=True)
    pairs = len(points) * (len(points) - 1) // 2
    mated_pairs = int((crops_of * (crops_of - 1) // 2).sum()) if people.size else 0
    mated = np.empty(mated_pairs, np.float32)
    non_mated = np.empty(pairs - mated_pairs, np.float32)
    mated_filled = non_mated_filled = 0
    for start in range(0, len(points), block_rows):
        stop = min(start + block_rows, len(points))
        squared = (
            squares[start:stop, None] + squares[start:] - 2 * points[start:stop] @ points[start:].T
        )
        distances = np.sqrt(np.maximum(squared, 0)).astype(np.float32)
        each_once = np.arange(start, len(points)) > np.arange(start, stop)[:, None]
        same = identity[start:stop, None] == identity[start:]
        of_same, of_others = distances[each_once & same], distances[each_once & ~same]
        mated[mated_filled : mated_filled + of_same.size] = of_same
        non_mated[non_mated_filled : non_mated_filled + of_others.size] = of_others
        mated_filled += of_same.size
        non_mated_filled += of_others.size
    return PairDistances(mated, non_mated)
