"""A face as a point in 48 dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gallery.errors import ModelMismatch

EMBEDDING_SIZE = 48


@dataclass(frozen=True, eq=False)
class Embedding:
    """A float32 (48,) vector and the model that made it; always finite."""

    vector: NDArray[np.float32]
    model_id: str

    def __post_init__(self) -> None:
        if self.vector.dtype != np.float32 or self.vector.shape != (EMBEDDING_SIZE,):
            raise ValueError(f"not float32 (48,): {self.vector.dtype} {self.vector.shape}")
        if not np.isfinite(self.vector).all():
            raise ValueError("an embedding must be finite")


def distance_between(one: Embedding, other: Embedding) -> float:
    """Euclidean distance of two embeddings of the same model."""
    if one.model_id != other.model_id:
        raise ModelMismatch(
            f"embeddings of {one.model_id} and {other.model_id} cannot be compared; "
            "run `gallery reembed`"
        )
    return float(distances_to(one.vector, other.vector[None])[0])


def distances_to(probe: NDArray[np.float32], faces: NDArray[np.float32]) -> NDArray[np.float64]:
    """Euclidean distances of a (48,) probe to (N, 48) faces: float64 (N,).

    The one formula for every verdict, so that 1:1 and 1:N give the same number for the same face.
    """
    difference = np.subtract(faces, probe, dtype=np.float64)
    distances: NDArray[np.float64] = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    return distances
