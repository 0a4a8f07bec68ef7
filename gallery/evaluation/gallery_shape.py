"""Synthetic galleries whose distances are spread as those of real faces are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.embedder.model_card import default_model_folder, lfw_figures, read_card

CHUNK = 100_000


@dataclass(frozen=True)
class GalleryShape:
    """How long the points are, and mean and standard deviation of their distances."""

    length: float
    mated_mean: float
    mated_spread: float
    other_mean: float
    other_spread: float

    @classmethod
    def of_the_shipped_model(cls) -> GalleryShape:
        """As the card of the default model tells them, of the pairs of LFW View 2."""
        card = read_card(default_model_folder())
        mated, other = (
            card.figures[lfw_figures(2, "yunet")]["distances"][name]
            for name in ("mated", "non_mated")
        )
        if card.scale is None:
            raise ValueError(f"the card of {card.model_id} tells no scale")
        return cls(card.scale, mated["mean"], mated["deviation"], other["mean"], other["deviation"])


class FaceSource:
    """Draws people and their faces.

    A point is one direction common to all, plus a person's part, plus a face's own part, both
    normal with variances that fall geometrically from component to component; then it is brought
    to length. The common part follows from the mean non-mated distance, the fall of the variances
    from their spread (few large variances make strangers differ more in how far they are), the
    person's share from the mean mated distance, and how much it varies from face to face (good and
    bad photos) from their spread. All is turned at random at the end, since no index may lean on
    components that happen to be independent.
    """

    def __init__(self, shape: GalleryShape, seed: int = 0) -> None:
        self._shape = shape
        self._random = np.random.default_rng(seed)
        self._common = _cosine(shape.other_mean, shape.other_spread, shape.length)
        mated = _cosine(shape.mated_mean, shape.mated_spread, shape.length)
        own = 1 - self._common
        self._share = (mated - self._common) / own
        cosine_spread = shape.other_mean * shape.other_spread / shape.length**2
        self._deviations = np.sqrt(_variances((own / cosine_spread) ** 2))
        turn, _ = np.linalg.qr(self._random.standard_normal((EMBEDDING_SIZE, EMBEDDING_SIZE)))
        self._turn = turn.astype(np.float32)
        self._varies = 0.0
        self._varies = self._fitted_variation()

    def people(self, count: int) -> NDArray[np.float32]:
        """float32 (count, 48): what is a person's own, of unit variance in all."""
        drawn = self._random.standard_normal((count, EMBEDDING_SIZE), np.float32)
        drawn *= self._deviations.astype(np.float32)
        return drawn

    def faces(self, people: NDArray[np.float32]) -> NDArray[np.float32]:
        """One new face of each row's person: float32 (N, 48)."""
        made = np.empty_like(people)
        for start in range(0, len(people), CHUNK):
            part = people[start : start + CHUNK]
            noise = self._random.standard_normal((len(part), 1), np.float32)
            share = np.clip(self._share + np.float32(self._varies) * noise, 0.02, 0.98)
            own = np.sqrt(share) * part + np.sqrt(1 - share) * self.people(len(part))
            point = math.sqrt(1 - self._common) * own
            point[:, -1] += math.sqrt(self._common)
            point *= self._shape.length / np.linalg.norm(point, axis=1, keepdims=True)
            made[start : start + CHUNK] = point @ self._turn
        return made

    def _fitted_variation(self) -> float:
        low, high = 0.0, 0.6
        for _ in range(8):
            self._varies = (low + high) / 2
            people = self.people(4000)
            distances = np.linalg.norm(self.faces(people) - self.faces(people), axis=1)
            if float(distances.std()) < self._shape.mated_spread:
                low = self._varies
            else:
                high = self._varies
        return (low + high) / 2


def _cosine(distance: float, spread: float, length: float) -> float:
    """The mean cosine of points of that length whose distances have this mean and spread."""
    return 1 - (distance**2 + spread**2) / (2 * length**2)


def _variances(effective: float) -> NDArray[np.float64]:
    """48 variances, sum 1, that fall geometrically and count for `effective` equal ones."""
    places = np.arange(EMBEDDING_SIZE)
    low, high = 0.5, 1.0
    for _ in range(40):
        ratio = (low + high) / 2
        fallen = ratio**places / (ratio**places).sum()
        if 1 / (fallen**2).sum() < effective:
            low = ratio
        else:
            high = ratio
    return np.asarray(fallen, np.float64)
