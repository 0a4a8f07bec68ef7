"""Muon for convolutions: each step of a kernel is a matrix whose directions all count the same.

Gradients of a convolution lie almost in a few directions; Adam follows these, Muon makes the step
orthogonal first, so the others are learned as fast (Jordan et al. 2024,
https://kellerjordan.github.io/posts/muon; Liu et al. 2025, arXiv:2502.16982).
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gallery")
class ConvolutionMuon(keras.optimizers.Muon):
    """Keras' Muon, which takes matrices only, for kernels too: (height, width, inputs) by outputs.

    AdamW moves everything else, at the same rate: biases, normalisation, the embedding's own dense
    layer, and kernels that read or write a single channel.
    """

    def _should_use_adamw(self, variable: Any) -> bool:
        return len(variable.shape) != 4 or 1 in variable.shape[-2:]

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        self.assign_add(m, ops.add(gradient, m * (self.momentum - 1)))
        ahead = ops.add(gradient, self.momentum * m) if self.nesterov else m
        matrix = ops.reshape(ahead, (-1, variable.shape[-1]))
        # bfloat16: the iteration is rough by design, and cheaper so
        step = self.zeropower_via_newtonschulz5(ops.cast(matrix, "bfloat16"), self.ns_steps)
        step = self.lr_adjust(lr * ops.cast(step, variable.dtype))
        self.assign_sub(variable, ops.reshape(step, variable.shape))
