"""The convolution with the quick slope computes what Keras' own does, and so do its slopes."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the train extra is not installed")
tf = pytest.importorskip("tensorflow", reason="the quick slope is TensorFlow's")

from gallery.training.convolution import Convolution  # noqa: E402


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("strides", [1, 2])
def test_values_and_slopes_are_those_of_the_plain_layer(size: int, strides: int) -> None:
    maps = tf.constant(np.random.default_rng(0).normal(size=(4, 9, 6, 5)).astype(np.float32))
    plain = keras.layers.Conv2D(7, size, strides, padding="same", use_bias=False)
    quick = Convolution(7, size, strides, padding="same", use_bias=False)
    quick.build(maps.shape)
    plain.build(maps.shape)
    quick.set_weights(plain.get_weights())
    seen = []
    for layer in (plain, quick):
        with tf.GradientTape() as tape:
            tape.watch(maps)
            values = layer(maps)
            total = tf.reduce_sum(tf.sin(values))
        seen.append([values, *tape.gradient(total, [maps, layer.kernel.value])])
    for ours, theirs in zip(*seen, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
