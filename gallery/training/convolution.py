"""Convolutions whose slope for their input is a convolution forward, where that is quicker.

A third of a training step goes into these slopes. On a CPU TensorFlow's own operator for them is
slower than the one forward, by five times on the smallest maps, and takes one core only. The
parameters, the file format and the served network are those of `keras.layers.Conv2D`.
"""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="gallery")
class Convolution(keras.layers.Conv2D):
    """`Conv2D`; on TensorFlow in steps of one pixel and an odd size, with the quick slope."""

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        quick = (
            keras.backend.backend() == "tensorflow"
            and self.strides == (1, 1)
            and self.dilation_rate == (1, 1)
            and self.groups == 1
            and self.padding == "same"
            and self.data_format == "channels_last"
            and all(size % 2 for size in self.kernel_size)
        )
        return _same(inputs, kernel) if quick else super().convolution_op(inputs, kernel)


def _same(inputs: Any, kernel: Any) -> Any:
    """Maps (B, H, W, I) and a kernel (h, w, I, O) of odd size -> (B, H, W, O)."""
    import tensorflow as tf

    def convolved(maps: Any, kernel: Any) -> Any:
        def slopes(upstream: Any) -> tuple[Any, Any]:
            turned = tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2])
            of_kernel = tf.raw_ops.Conv2DBackpropFilter(
                input=maps,
                filter_sizes=tf.shape(kernel),
                out_backprop=upstream,
                strides=[1, 1, 1, 1],
                padding="SAME",
            )
            return tf.nn.conv2d(upstream, turned, 1, "SAME"), of_kernel

        return tf.nn.conv2d(maps, kernel, 1, "SAME"), slopes

    slope_known = tf.custom_gradient(convolved)
    return slope_known(tf.convert_to_tensor(inputs), tf.convert_to_tensor(kernel))
