"""What a training run is asked to do, in values that end up in the model card."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Architecture(StrEnum):
    """The networks that can be trained; narrow is what the residual one is grown from."""

    RESIDUAL = "residual"
    NARROW = "narrow"
    SEED = "seed"


class Precision(StrEnum):
    """The number format of the layers in training; what is exported is float32 and int8."""

    FLOAT32 = "float32"
    MIXED_BFLOAT16 = "mixed_bfloat16"


class Optimizer(StrEnum):
    """Who turns gradients into steps; muon moves convolutions by `gallery.training.muon`."""

    ADAMW = "adamw"
    MUON = "muon"


@dataclass(frozen=True)
class LossWeights:
    """How much each term of the loss counts; a term of weight 0 is not computed.

    contrastive: on the pairs as drawn. hard_strangers: contrastive on the `mined` closest pairs of
    different people in the whole batch. margin: the distance from which strangers cost nothing, on
    the unit sphere. point_wise, relational: distance to the teacher's points and to its
    similarities. centres: to be nearer to the mean of the teacher's points of one's own person
    than to those of all other people.
    """

    contrastive: float = 0.0
    hard_strangers: float = 0.0
    mined: int = 0
    point_wise: float = 0.0
    relational: float = 0.0
    centres: float = 0.0
    margin: float = 1.0


@dataclass(frozen=True)
class Stage:
    """A part of a run with its own loss; each can be resumed, skipped and read on its own.

    pairs_per_batch counts pairs, so a batch has twice as many crops. learning_rate is the first
    one; it falls to nothing along half a cosine. patience: epochs without a better loss on the
    held-out people before the stage ends early. unchanged: the share of the crops that are seen as
    the aligner cuts them, but for the mirror.
    """

    name: str
    epochs: int
    pairs_per_batch: int
    learning_rate: float
    loss: LossWeights
    patience: int
    unchanged: float = 0.0

    def learning_rate_at(self, epoch: float) -> float:
        """What to use when so many epochs are done (Loshchilov, Hutter 2017, "SGDR")."""
        return self.learning_rate * (1 + math.cos(math.pi * epoch / self.epochs)) / 2


@dataclass(frozen=True)
class Recipe:
    """A whole run: the network, its stages in order, and how it is served.

    mirrored: the served point is the mean of a crop's and its mirror image's. grown_from: SHA-256
    of the model.keras that the network begins as, where it does not begin at random;
    grown_resolutions: how many of its resolutions, from the finest, None all. ensemble_with:
    SHA-256 of the model.keras whose points are averaged with the network's once it is trained.
    weight_decay: the share of each weight that a step takes away, times the learning rate.
    second_teacher: SHA-256 of the file of another teacher's points, where there are two.
    """

    architecture: Architecture
    stages: tuple[Stage, ...]
    seed: int = 7
    precision: Precision = Precision.FLOAT32
    mirrored: bool = True
    false_match_rate: float = 1e-3
    optimizer: Optimizer = Optimizer.ADAMW
    grown_from: str | None = None
    grown_resolutions: int | None = None
    ensemble_with: str | None = None
    weight_decay: float = 0.01
    second_teacher: str | None = None


CENTRES = 0.1


def distillation(
    epochs: int,
    pairs_per_batch: int,
    learning_rate: float,
    cycle: int = 1,
    unchanged: float = 0.0,
) -> Stage:
    """Learn the geometry of the teacher's points, from every crop.

    A later cycle, counted from 1, goes on from the one before with the learning rate up again, to
    half of what it began with there (warm restarts: Loshchilov, Hutter 2017, "SGDR").
    """
    loss = LossWeights(point_wise=1.0, relational=2.0, centres=CENTRES)
    name = "distil" if cycle == 1 else f"distil-{cycle}"
    rate = learning_rate / 2 ** (cycle - 1)
    return Stage(name, epochs, pairs_per_batch, rate, loss, patience=epochs, unchanged=unchanged)


def siamese(
    epochs: int,
    pairs_per_batch: int,
    learning_rate: float,
    patience: int,
    teacher: bool,
    unchanged: float = 0.0,
) -> Stage:
    """Contrastive loss on pairs; beside a teacher, hard strangers are mined as well."""
    loss = LossWeights(contrastive=1.0)
    if teacher:
        loss = LossWeights(
            contrastive=0.5,
            hard_strangers=0.5,
            mined=pairs_per_batch,
            point_wise=1.0,
            relational=2.0,
            centres=CENTRES,
        )
    return Stage("siamese", epochs, pairs_per_batch, learning_rate, loss, patience, unchanged)
