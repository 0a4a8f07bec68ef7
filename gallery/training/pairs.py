"""Positive and negative pairs of crops, and the batches that training takes them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from gallery.errors import DataRejected
from gallery.training.augment import augmented, windows
from gallery.training.dataset import UNKNOWN_PERSON, Crops

Batch = tuple[NDArray[np.float32], dict[str, NDArray[Any]]]


@dataclass(frozen=True)
class Pairs:
    """P pairs of crop rows; same is true where both show one person. All arrays are (P,)."""

    left: NDArray[np.intp]
    right: NDArray[np.intp]
    same: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.same)


def draw_pairs(identity: NDArray[np.int32], rng: np.random.Generator) -> Pairs:
    """One pair for every crop of a known person: the same person in half of them.

    A person with a single crop takes part in pairs of different people only.
    """
    rows = rng.permutation(np.flatnonzero(identity != UNKNOWN_PERSON))
    by_person = rows[np.argsort(identity[rows], kind="stable")]
    people, start, count = np.unique(identity[by_person], return_index=True, return_counts=True)
    if len(people) < 2 or count.max() < 2:
        raise DataRejected(
            f"{len(people)} people with at most {count.max(initial=0)} photos each cannot be "
            "paired; 2 people with 2 photos each are the least"
        )
    person = np.searchsorted(people, identity[rows])
    same = (rng.random(len(rows)) < 0.5) & (count[person] > 1)

    place = np.empty(len(identity), np.intp)
    place[by_person] = np.arange(len(by_person)) - np.repeat(start, count)
    step = rng.integers(1, np.maximum(count[person], 2))
    mate = by_person[start[person] + (place[rows] + step) % count[person]]

    other = (person + rng.integers(1, len(people), len(rows))) % len(people)
    stranger = by_person[start[other] + rng.integers(0, count[other])]
    return Pairs(rows, np.where(same, mate, stranger), same)


class PairBatches(keras.utils.PyDataset):
    """Batches of pairs; rows 2i and 2i + 1 are a pair.

    Drawn and augmented anew each epoch, from the seed and the epoch's number alone; with epoch
    None always the same pairs, unchanged.
    """

    def __init__(
        self, crops: Crops, pairs_per_batch: int, seed: int, epoch: int | None = 0
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self._crops, self._size, self._seed, self._epoch = crops, pairs_per_batch, seed, epoch
        self._draw()

    def __len__(self) -> int:
        return max(1, len(self._pairs) // self._size)

    def on_epoch_end(self) -> None:
        if self._epoch is not None:
            self._epoch += 1
            self._draw()

    def _draw(self) -> None:
        rng = np.random.default_rng((self._seed, self._epoch or 0))
        self._pairs = draw_pairs(self._crops.identity, rng)

    def __getitem__(self, number: int) -> Batch:
        chosen = slice(number * self._size, (number + 1) * self._size)
        rows = np.column_stack([self._pairs.left[chosen], self._pairs.right[chosen]]).ravel()
        same = np.repeat(self._pairs.same[chosen], 2).astype(np.float32)
        x, y = _views(self._crops, rows, _generator(self._seed, self._epoch, number))
        return x, y | {"same": same}


class CropBatches(keras.utils.PyDataset):
    """Batches of single crops, known people or not, for learning from the teacher alone."""

    def __init__(
        self, crops: Crops, crops_per_batch: int, seed: int, epoch: int | None = 0
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self._crops, self._size, self._seed, self._epoch = crops, crops_per_batch, seed, epoch
        self._draw()

    def __len__(self) -> int:
        return max(1, len(self._crops) // self._size)

    def on_epoch_end(self) -> None:
        if self._epoch is not None:
            self._epoch += 1
            self._draw()

    def _draw(self) -> None:
        rng = np.random.default_rng((self._seed, self._epoch or 0))
        self._order = rng.permutation(len(self._crops))

    def __getitem__(self, number: int) -> Batch:
        rows = self._order[number * self._size : (number + 1) * self._size]
        return _views(self._crops, rows, _generator(self._seed, self._epoch, number))


def _generator(seed: int, epoch: int | None, number: int) -> np.random.Generator | None:
    return None if epoch is None else np.random.default_rng((seed, epoch, number))


def _views(crops: Crops, rows: NDArray[np.intp], rng: np.random.Generator | None) -> Batch:
    """Rows of crops as the network reads them; augmented when there is a generator."""
    if rng is None:
        x = windows(crops.images[rows]).astype(np.float32)[..., None]
    else:
        x = augmented(crops.images[rows], rng)
    y: dict[str, NDArray[Any]] = {"identity": crops.identity[rows]}
    if crops.teacher is not None:
        y["teacher"] = crops.teacher[rows]
    return x, y
