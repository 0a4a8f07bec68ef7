"""Batch normalisation by the backend's own fused operator: the layer that training waits for.

Keras computes it from a dozen element-wise operations in float32, whatever the precision; half of
a training step on a CPU goes there. The parameters, the file format and the served network are
those of `keras.layers.BatchNormalization`.
"""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="gallery")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """`BatchNormalization` over the last axis; where the backend has no fused operator, as it is.

    Differs from it in one detail of the operators: the moving variance is the unbiased one.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        fused = _FUSED.get(keras.backend.backend())
        if fused is None or not (training and self.trainable) or len(inputs.shape) != 4:
            return super().call(inputs, training=training, mask=mask)
        return fused(self, inputs)


def _on_torch(layer: FusedBatchNormalization, inputs: Any) -> Any:
    import torch

    normal = torch.nn.functional.batch_norm(
        inputs.permute(0, 3, 1, 2),
        layer.moving_mean.value,
        layer.moving_variance.value,
        layer.gamma.value,
        layer.beta.value,
        training=True,
        momentum=1.0 - layer.momentum,
        eps=layer.epsilon,
    )
    return normal.permute(0, 2, 3, 1)


def _on_tensorflow(layer: FusedBatchNormalization, inputs: Any) -> Any:
    import tensorflow as tf

    normal, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        inputs, layer.gamma.value, layer.beta.value, epsilon=layer.epsilon, is_training=True
    )
    for moving, seen in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.assign(layer.momentum * moving + (1.0 - layer.momentum) * seen)
    return normal


_FUSED = {"torch": _on_torch, "tensorflow": _on_tensorflow}
