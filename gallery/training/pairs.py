"""Positive and negative pairs of crops, and the batches that training takes them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE
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

    def shuffled_with(self, others: Pairs, rng: np.random.Generator) -> Pairs:
        """These pairs and others, in random order."""
        order = rng.permutation(len(self) + len(others))
        return Pairs(
            np.concatenate([self.left, others.left])[order],
            np.concatenate([self.right, others.right])[order],
            np.concatenate([self.same, others.same])[order],
        )


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


def draw_strangers(anonymous: NDArray[np.bool_], rng: np.random.Generator) -> Pairs:
    """The crops of collections that name nobody, two by two: different people."""
    rows = rng.permutation(np.flatnonzero(anonymous))
    left, right = rows[0 : len(rows) - 1 : 2], rows[1::2]
    return Pairs(left, right, np.zeros(len(left), np.bool_))


class Batches(keras.utils.PyDataset):
    """Crops in batches, augmented anew each epoch from the seed and the epoch's number alone.

    epoch: the first one to draw; None stands for the unchanging, unaugmented batches of a test.
    unchanged: the share of crops that are not augmented.
    """

    def __init__(
        self,
        crops: Crops,
        size: int,
        seed: int,
        epoch: int | None = 0,
        unchanged: float = 0.0,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self._crops, self._size, self._seed, self._epoch = crops, size, seed, epoch
        self._unchanged = unchanged
        self._person = _persons(crops)
        self._draw(np.random.default_rng((seed, epoch or 0)))

    def centres(self) -> NDArray[np.float32]:
        """The mean of the teacher's points of each person: float32 (P, 48) of unit length."""
        if self._crops.teacher is None:
            raise ValueError("without a teacher there are no centres")
        known = self._person >= 0
        sums = np.zeros((int(self._person.max(initial=-1)) + 1, EMBEDDING_SIZE), np.float32)
        np.add.at(sums, self._person[known], self._crops.teacher[known])
        sums /= np.linalg.norm(sums, axis=1, keepdims=True)
        return sums

    def spread(self) -> float:
        """Mean squared distance of the teacher's points from their mean; 1 without a teacher."""
        if self._crops.teacher is None:
            return 1.0
        return float(self._crops.teacher.var(axis=0).sum())

    def on_epoch_end(self) -> None:
        if self._epoch is not None:
            self._epoch += 1
            self._draw(np.random.default_rng((self._seed, self._epoch)))

    def _draw(self, rng: np.random.Generator) -> None:
        raise NotImplementedError

    def _views(self, rows: NDArray[np.intp], number: int) -> Batch:
        """Rows of crops as the network reads them, with what is known about them."""
        images = self._crops.images[rows]
        if self._epoch is None:
            x = windows(images).astype(np.float32)[..., None]
        else:
            rng = np.random.default_rng((self._seed, self._epoch, number))
            x = augmented(images, rng, self._unchanged)
        y: dict[str, NDArray[Any]] = {"identity": self._person[rows]}
        if self._crops.teacher is not None:
            y["teacher"] = self._crops.teacher[rows]
        return x, y


def _persons(crops: Crops) -> NDArray[np.int32]:
    """Identities numbered from 0, each anonymous crop a person of its own, or -1: int32 (N,)."""
    own = crops.identity.max(initial=0) + 1 + np.arange(len(crops))
    person = np.where(_in_pairs(crops), own, crops.identity)
    known = person != UNKNOWN_PERSON
    person[known] = np.unique(person[known], return_inverse=True)[1]
    return person.astype(np.int32)


def _in_pairs(crops: Crops) -> NDArray[np.bool_]:
    return crops.anonymous & ~crops.cohort


class PairBatches(Batches):
    """Batches of `size` pairs; rows 2i and 2i + 1 are a pair.

    Pairs of named people, and the anonymous crops two by two: children and many origins are
    frequent among these and rare among the celebrities that have names.
    """

    def __len__(self) -> int:
        return max(1, len(self._pairs) // self._size)

    def __getitem__(self, number: int) -> Batch:
        chosen = slice(number * self._size, (number + 1) * self._size)
        rows = np.column_stack([self._pairs.left[chosen], self._pairs.right[chosen]]).ravel()
        x, y = self._views(rows, number)
        return x, y | {"same": np.repeat(self._pairs.same[chosen], 2).astype(np.float32)}

    def _draw(self, rng: np.random.Generator) -> None:
        named = draw_pairs(self._crops.identity, rng)
        self._pairs = named.shuffled_with(draw_strangers(_in_pairs(self._crops), rng), rng)


class CropBatches(Batches):
    """Batches of `size` crops, known people or not, for learning from the teacher alone."""

    def __len__(self) -> int:
        return max(1, len(self._crops) // self._size)

    def __getitem__(self, number: int) -> Batch:
        return self._views(self._order[number * self._size : (number + 1) * self._size], number)

    def _draw(self, rng: np.random.Generator) -> None:
        self._order = rng.permutation(len(self._crops))
