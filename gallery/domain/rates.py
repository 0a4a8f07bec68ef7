"""Match rates of many comparisons: plain counting, used by training and by evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

BLOCK_ROWS = 512
Floating = TypeVar("Floating", bound=np.floating)


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


def pair_blocks(
    points: NDArray[Floating], block_rows: int = BLOCK_ROWS
) -> Iterator[tuple[int, NDArray[Floating], NDArray[np.bool_]]]:
    """Squared distances of (N, D) points, a block of B rows at a time, in the points' precision.

    Yields the first row, the squared distances (B, N - first) to all rows from it on (a little
    below 0 where two points are one), and a mask of the same shape: each pair of the N once.
    """
    squares = np.einsum("ij,ij->i", points, points)
    for start in range(0, len(points), block_rows):
        block = slice(start, start + block_rows)
        squared = squares[block, None] + squares[start:] - 2 * points[block] @ points[start:].T
        rows = np.arange(start, start + len(squared))
        yield start, squared, np.arange(start, len(points)) > rows[:, None]


def pair_distances(
    vectors: NDArray[np.float32], identity: NDArray[np.integer], block_rows: int = BLOCK_ROWS
) -> PairDistances:
    """Euclidean distances of every pair of (N, D) vectors, each once: 4 bytes a pair.

    identity: integer (N,). Computed in blocks of rows, so that little more than the result is held.
    """
    if len(vectors) != len(identity):
        raise ValueError(f"{len(vectors)} vectors, {len(identity)} identities")
    people, crops_of = np.unique(identity, return_counts=True)
    pairs = len(vectors) * (len(vectors) - 1) // 2
    mated_pairs = int((crops_of * (crops_of - 1) // 2).sum()) if people.size else 0
    mated = np.empty(mated_pairs, np.float32)
    non_mated = np.empty(pairs - mated_pairs, np.float32)
    mated_filled = non_mated_filled = 0
    for start, squared, each_once in pair_blocks(vectors.astype(np.float64), block_rows):
        distances = np.sqrt(np.maximum(squared, 0)).astype(np.float32)
        same = identity[start : start + len(squared), None] == identity[start:]
        of_same, of_others = distances[each_once & same], distances[each_once & ~same]
        mated[mated_filled : mated_filled + of_same.size] = of_same
        non_mated[non_mated_filled : non_mated_filled + of_others.size] = of_others
        mated_filled += of_same.size
        non_mated_filled += of_others.size
    return PairDistances(mated, non_mated)
