"""Batch normalisation by the backend's own operator does what Keras' own layer does."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the train extra is not installed")

from gallery.training.fused import FusedBatchNormalization  # noqa: E402


def test_a_training_step_normalises_and_remembers_as_the_plain_layer_does() -> None:
    features = np.random.default_rng(0).normal(3, 2, (32, 16, 12, 8)).astype(np.float32)
    plain, fused = keras.layers.BatchNormalization(), FusedBatchNormalization()
    seen = [keras.ops.convert_to_numpy(layer(features, training=True)) for layer in (plain, fused)]
    np.testing.assert_allclose(seen[0], seen[1], atol=1e-4)
    for ours, theirs in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3)
    served = [keras.ops.convert_to_numpy(layer(features)) for layer in (plain, fused)]
    np.testing.assert_allclose(served[0], served[1], rtol=1e-3)
