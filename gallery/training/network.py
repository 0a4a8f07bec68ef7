"""The embedder network: 62 x 47 gray pixels in, 48 numbers out. Backend-neutral Keras 3.

Every architecture is blocks of Conv2D -> BatchNorm -> ReLU -> Pooling, a global pooling and a
48-d dense layer. Two towers of a Siamese network are this one network applied twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import keras

from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH
from gallery.training.convolution import Convolution
from gallery.training.fused import FusedBatchNormalization
from gallery.training.recipe import Architecture

SPATIAL_POOLING, EMBEDDING = "spatial_pooling", "embedding"
"""Names of layers that `export` looks up; a normalisation follows the first."""


class Pooling(StrEnum):
    """How the last feature map becomes one vector: its maximum, or a learned weight per place."""

    MAX = "max"
    SPATIAL = "spatial"


@dataclass(frozen=True)
class ResidualShape:
    """Channels and number of residual blocks of each resolution, from fine to coarse."""

    stem: int = 48
    channels: tuple[int, ...] = (48, 96, 144, 256)
    blocks: tuple[int, ...] = (1, 3, 4, 1)
    pooling: Pooling = Pooling.SPATIAL


NARROW = ResidualShape(stem=32, channels=(32, 64, 128, 256))


def build(architecture: Architecture, shape: ResidualShape | None = None) -> keras.Model:
    """An untrained embedder: float32 (B, 62, 47, 1) in 0..255 -> float32 (B, 48)."""
    if architecture is Architecture.SEED:
        return _seed()
    return _residual(shape or (NARROW if architecture is Architecture.NARROW else ResidualShape()))


def _seed() -> keras.Model:
    """The seed project's network: three blocks of 32, 64 and 128, 99,760 parameters."""
    layers = keras.layers
    pixels = keras.Input((CROP_HEIGHT, CROP_WIDTH, 1), name="crop")
    x = layers.Rescaling(1 / 255, dtype="float32")(pixels)
    for channels in (32, 64, 128):
        x = layers.Conv2D(channels, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.GlobalMaxPooling2D()(x)
    embedding = layers.Dense(EMBEDDING_SIZE, dtype="float32", name=EMBEDDING)(x)
    return keras.Model(pixels, embedding, name="seed")


def _residual(shape: ResidualShape) -> keras.Model:
    """Residual blocks, a pooling after each resolution, and points on the unit sphere."""
    layers = keras.layers
    pixels = keras.Input((CROP_HEIGHT, CROP_WIDTH, 1), name="crop")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, dtype="float32")(pixels)
    x = layers.ReLU()(_convolved(x, shape.stem, 5, strides=2))
    last = len(shape.channels) - 1
    for level, (channels, blocks) in enumerate(zip(shape.channels, shape.blocks, strict=True)):
        for _ in range(blocks):
            x = _residual_block(x, channels)
        if level != last:
            x = layers.AveragePooling2D(2, padding="same")(x)
    if shape.pooling is Pooling.MAX:
        x = layers.GlobalMaxPooling2D()(x)
    else:
        x = layers.DepthwiseConv2D(x.shape[1:3], use_bias=False, name=SPATIAL_POOLING)(x)
        x = layers.Flatten()(layers.BatchNormalization()(x))
    x = layers.Dense(EMBEDDING_SIZE, dtype="float32", name=EMBEDDING)(x)
    embedding = layers.UnitNormalization(dtype="float32")(x)
    return keras.Model(pixels, embedding, name="residual")


def _convolved(x: Any, channels: int, size: int, strides: int = 1) -> Any:
    x = Convolution(channels, size, strides, padding="same", use_bias=False)(x)
    return FusedBatchNormalization()(x)


def _residual_block(x: Any, channels: int) -> Any:
    """Two 3 x 3 convolutions beside a shortcut (He et al. 2016, arXiv:1512.03385)."""
    shortcut = x if x.shape[-1] == channels else _convolved(x, channels, 1)
    y = keras.layers.ReLU()(_convolved(x, channels, 3))
    y = _convolved(y, channels, 3)
    return keras.layers.ReLU()(keras.layers.Add()([y, shortcut]))
