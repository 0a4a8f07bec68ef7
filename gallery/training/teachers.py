"""Two teachers made one: a point that stands as far from others as both say together.

The teachers err on different faces, so their squared distances added tell people apart better than
either. A student has one point a face to give, so the points of both are laid side by side,
brought down to the directions that differ most, and lifted onto a sphere.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.errors import DataRejected

SECOND_WEIGHT = 1.5
"""What a distance of the second teacher counts beside one of the first."""
SPHERE = 1.3
"""Radius of the sphere, in root mean squares of the points' distance from their mean."""


def read_points(path: Path, count: int) -> NDArray[np.float32]:
    """The second teacher's points of `count` crops, from a .npy file: float32 (count, D).

    Raises DataRejected where it cannot be read or holds something else.
    """
    try:
        with path.open("rb") as file:
            points: NDArray[np.float32] = np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataRejected(f"{path} cannot be read as a .npy file: {error}") from error
    if points.ndim != 2 or len(points) != count or points.dtype != np.float32:
        raise DataRejected(
            f"{path} holds {points.dtype} {points.shape}; a second teacher has float32 "
            f"({count}, D), one point a crop"
        )
    if not np.isfinite(points).all():
        raise DataRejected(f"{path} holds numbers that are not finite")
    return points


def joint_points(
    first: NDArray[np.float32], second: NDArray[np.float32], trained_on: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """One point a crop, of unit length: float32 (N, 48).

    first: (N, A) of unit length. second: (N, B), whose Euclidean distances tell people apart.
    trained_on: (N,), the crops that mean and directions are taken from. The last component is what
    a point lacks to the sphere's radius, and hardly differs: distances on the sphere are those of
    the 47 other components, in units of the radius.
    """
    both = np.column_stack([first, SECOND_WEIGHT * second]).astype(np.float64)
    both -= both[trained_on].mean(axis=0)
    seen = both[trained_on]
    _, directions = np.linalg.eigh(seen.T @ seen)  # in order of variance, least first
    directions = directions[:, :-EMBEDDING_SIZE:-1]
    directions *= np.sign(directions[np.abs(directions).argmax(axis=0), range(EMBEDDING_SIZE - 1)])
    flat = both @ directions
    squared = np.square(flat).sum(axis=1)
    radius = SPHERE * np.sqrt(squared[trained_on].mean())
    lift = np.sqrt(np.maximum(radius**2 - squared, 0.0))
    lifted = np.column_stack([flat, lift])
    lifted /= np.linalg.norm(lifted, axis=1, keepdims=True)
    return lifted.astype(np.float32)
