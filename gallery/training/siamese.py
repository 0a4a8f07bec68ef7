"""The Siamese trainer: two towers that share one embedder, and the loss of a stage."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from gallery.training import losses
from gallery.training.recipe import LossWeights


class Siamese(keras.Model):
    """Both towers are the same network, so a pair travels as two neighbouring rows of a batch.

    x: float32 (2B, 62, 47, 1). y: what the stage's terms use of "same" (2B,), each pair's label
    standing in both its rows, "identity" (2B,) and "teacher" (2B, 48). centres: (P, 48), one a
    person that is trained on, the row of each identity's number; None where no term uses them.
    spread: mean squared distance of the teacher's points from their mean, by which the terms that
    learn from them are measured.
    """

    def __init__(
        self,
        embedder: keras.Model,
        loss_weights: LossWeights,
        centres: NDArray[np.float32] | None = None,
        spread: float = 1.0,
    ) -> None:
        super().__init__()
        self.embedder = embedder
        self.loss_weights = loss_weights
        self._centres = centres
        self._spread = spread
        self.build(embedder.input_shape)

    def build(self, input_shape: Any) -> None:
        self.built = True

    def call(self, crops: Any, training: bool | None = None) -> Any:
        return self.embedder(crops, training=training)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        terms = self.loss_weights
        embeddings = ops.cast(y_pred, "float32")
        y = {name: ops.convert_to_tensor(known) for name, known in y.items()}
        total = 0.0
        if terms.contrastive:
            distance, same = losses.pair_distances(embeddings), y["same"][0::2]
            total += terms.contrastive * losses.contrastive(distance, same, terms.margin)
        if terms.hard_strangers:
            mined = losses.hardest_strangers(embeddings, y["identity"], terms.mined, terms.margin)
            total += terms.hard_strangers * mined
        if terms.point_wise:
            total += terms.point_wise * losses.point_wise(embeddings, y["teacher"]) / self._spread
        if terms.relational:
            relations = losses.relational(embeddings, y["teacher"]) / self._spread**2
            total += terms.relational * relations
        if training and self._centres is not None:
            own = losses.nearest_centre(embeddings, self._centres, y["identity"], self._spread)
            total += terms.centres * own
        return total
