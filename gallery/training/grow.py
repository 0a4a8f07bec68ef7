"""A larger network that begins as a trained smaller one: the same embeddings, more room to learn.

After Net2Net (Chen, Goodfellow, Shlens 2016, arXiv:1511.05641), with new channels drawn as in a
new network instead of copied: what reads them gives them no weight at first.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from gallery.errors import DataRejected
from gallery.training.calibration import embed
from gallery.training.dataset import Crops
from gallery.training.network import EMBEDDING

FITTED_CROPS = 20_000


def grow(network: keras.Model, trained: keras.Model, resolutions: int | None = None) -> None:
    """Give a wider network the function of a trained one with the same layers.

    resolutions: how many to take over, from the finest; what follows stays as it was drawn.
    Raises DataRejected where the layers differ or one of the trained ones is the wider.
    """
    layers, theirs = _weighted(network), _weighted(trained)
    if [len(layer.weights) for layer in layers] != [len(layer.weights) for layer in theirs]:
        raise DataRejected("the network to grow from has other layers than the one to train")
    taken = _weighted(network, resolutions)
    for new, old in zip(taken, theirs[: len(taken)], strict=True):
        by_input = isinstance(new, keras.layers.Conv2D | keras.layers.Dense)
        weights = zip(new.get_weights(), old.get_weights(), strict=True)
        for target, (wider, kept) in zip(new.weights, weights, strict=True):
            too_wide = np.greater(kept.shape, wider.shape).any()
            if kept.ndim != wider.ndim or too_wide:
                raise DataRejected(
                    f"the network to grow from has a weight of {kept.shape} where the one to "
                    f"train has {wider.shape}"
                )
            target.assign(_placed(wider, kept, by_input and kept.ndim > 1))


def fit_embedding(network: keras.Model, crops: Crops) -> None:
    """Give the last layer the weights by which the others come nearest to the teacher's points.

    By least squares, from at most 20,000 crops that may be trained on: a network that was taught
    other points begins near these.
    """
    rows = np.flatnonzero(~crops.held_out)
    rows = rows[:: -(-len(rows) // FITTED_CROPS)]
    sample = crops.select(np.isin(np.arange(len(crops)), rows))
    if sample.teacher is None:
        raise ValueError("without a teacher there is nothing to fit to")
    last = network.get_layer(EMBEDDING)
    features = embed(keras.Model(network.input, last.input), sample).astype(np.float64)
    features = np.column_stack([features, np.ones(len(features))])
    square = features.T @ features
    square += 1e-3 * np.trace(square) / len(square) * np.eye(len(square))
    weights = np.linalg.solve(square, features.T @ sample.teacher)
    last.set_weights([weights[:-1], weights[-1]])


def _weighted(network: keras.Model, resolutions: int | None = None) -> list[Any]:
    """The layers with weights: all, or those that work at the first resolutions."""
    layers = network.layers
    if resolutions is not None:
        poolings = (keras.layers.AveragePooling2D, keras.layers.MaxPooling2D)
        ends = [i for i, layer in enumerate(layers) if isinstance(layer, poolings)]
        if resolutions > len(ends):
            raise DataRejected(f"the network to train has {len(ends)} poolings, not {resolutions}")
        layers = layers[: ends[resolutions - 1]]
    return [layer for layer in layers if layer.weights]


def _placed(wider: NDArray[Any], kept: NDArray[Any], by_input: bool) -> NDArray[Any]:
    """The trained weights in the corner of the new ones; trained outputs read no new input."""
    if by_input:  # (..., inputs, outputs)
        wider[..., kept.shape[-2] :, : kept.shape[-1]] = 0
    wider[tuple(slice(size) for size in kept.shape)] = kept
    return wider
