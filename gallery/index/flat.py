"""A look at every vector, by FAISS in float32 first and then exactly."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import distances_to
from gallery.index.base import Neighbour
from gallery.index.exact import nearest_of_each
from gallery.index.rows import Rows

FIRST_LOOK = 64
WIDER = 4

ROUNDING = 1e-5
"""FAISS sums 48 float32 squares: relative error under (48 + 3) * 2**-24 = 3.1e-6 of a square."""


def search_rows(rows: Rows, probe: NDArray[np.float32], top: int) -> tuple[Neighbour, ...]:
    """The answer of `ExactIndex`.

    FAISS rounds, so a face that it left out is only known to be farther than its last proposal
    less the rounding. When the last identity of the answer is not nearer than that, or there are
    too few identities, it proposes more faces.
    """
    look = max(FIRST_LOOK, WIDER * top)
    while True:
        proposed, unseen_from = screen(rows, 0, probe, look)
        found = ranked(rows, proposed, probe, top)
        complete = len(found) >= top and found[-1].distance < unseen_from
        if complete or look >= rows.count:
            return found
        look *= WIDER


def ranked(
    rows: Rows, proposed: NDArray[np.int64], probe: NDArray[np.float32], top: int
) -> tuple[Neighbour, ...]:
    """The exact answer among the proposed rows; those of removed faces are passed over."""
    if rows.gone_count:
        proposed = proposed[~rows.gone[proposed]]
    return nearest_of_each(
        rows.all_face_ids[proposed],
        rows.all_identity_ids[proposed],
        distances_to(probe, rows.all_vectors.take(proposed, axis=0)),
        top,
    )


def screen(
    rows: Rows, first: int, probe: NDArray[np.float32], look: int
) -> tuple[NDArray[np.int64], float]:
    """The nearest `look` rows from row `first` on, gone or not, and a distance that no other of
    them is nearer than: infinite when these are all."""
    if look >= rows.count - first:
        return np.arange(first, rows.count), math.inf
    import faiss

    faiss.omp_set_num_threads(1)
    squares, found = faiss.knn(probe[None], rows.all_vectors[first : rows.count], look)
    last = float(squares[0, -1])
    unseen_from = math.sqrt(last * (1 - ROUNDING)) if math.isfinite(last) else 0.0
    near: NDArray[np.int64] = found[0][found[0] >= 0] + first
    return near, unseen_from
