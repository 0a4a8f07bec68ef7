"""From a trained embedder to the files that are shipped: model.keras, model.tflite, card.json."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH
from gallery.errors import DataRejected
from gallery.training.convolution import Convolution
from gallery.training.fused import FusedBatchNormalization
from gallery.training.network import EMBEDDING, SPATIAL_POOLING


class Weights(StrEnum):
    """The number format of the weights in a file for LiteRT."""

    INT8 = "int8"
    FLOAT16 = "float16"


def serving_network(embedders: Sequence[keras.Model], scale: float, mirrored: bool) -> keras.Model:
    """The network that is served: float32 (B, 62, 47, 1) in 0..255 -> float32 (B, 48).

    Each embedder in float32, whatever it was trained in, with the weights it was trained to;
    mirrored: each sees a crop and its mirror image. Served is the mean of all these points, back on
    the unit sphere, times a fixed scale, which puts the threshold at the false match rate that
    calibration asks for.
    """
    crop = keras.Input((CROP_HEIGHT, CROP_WIDTH, 1), name="crop")
    views = ops.concatenate([crop, ops.flip(crop, axis=2)], axis=0) if mirrored else crop
    points = [_for_serving(one, number)(views) for number, one in enumerate(embedders, 1)]
    point = keras.layers.Add()(points) if len(points) > 1 else points[0]
    if mirrored:
        point = ops.sum(ops.reshape(point, (2, -1, EMBEDDING_SIZE)), axis=0)
    if mirrored or len(points) > 1:
        point = keras.layers.UnitNormalization(name="mean")(point)
    embedding = keras.layers.Rescaling(scale, name="calibration")(point)
    return keras.Model(crop, embedding, name="serving")


def embedders_in(served: keras.Model) -> list[keras.Model]:
    """The networks that `serving_network` put the mirror image and the scale around."""
    return [layer for layer in served.layers if isinstance(layer, keras.Model)]


def read_embedders(path: Path) -> list[keras.Model]:
    """The networks inside a model.keras, as they were trained: points of unit length.

    Raises DataRejected where it cannot be read, or is not what `gallery train` wrote.
    """
    try:
        served = keras.models.load_model(path, compile=False)
    except (ValueError, OSError, TypeError) as error:
        raise DataRejected(f"{path} cannot be read as a Keras model: {error}") from error
    embedders = embedders_in(served)
    if not embedders:
        raise DataRejected(f"{path} is no model of `gallery train`")
    return embedders


def write_model(embedder: keras.Model, folder: Path) -> None:
    """Write model.keras and model.tflite (int8 weights, one crop at a time) into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    embedder.save(folder / "model.keras")
    (folder / "model.tflite").write_bytes(tflite(evened(embedder), Weights.INT8))


def write_card(card: dict[str, Any], folder: Path) -> None:
    """Write card.json with the SHA-256 of both model files added to the given fields."""
    hashes = {
        "tflite_sha256": sha256_of(folder / "model.tflite"),
        "keras_sha256": sha256_of(folder / "model.keras"),
    }
    text = json.dumps(card | hashes, indent=2, ensure_ascii=False)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _for_serving(embedder: keras.Model, number: int) -> keras.Model:
    """A copy in float32 and of Keras' own layers, which load anywhere."""
    config = _plain(embedder.get_config()) | {"name": f"embedder_{number}"}
    copy = keras.Model.from_config(config)
    copy.set_weights(embedder.get_weights())
    return copy


def _plain(config: Any) -> Any:
    if isinstance(config, list):
        return [_plain(item) for item in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return {**config, "config": {"name": "float32"}}
    served = {key: _plain(value) for key, value in config.items()}
    if plain := _PLAIN.get(config.get("class_name", "")):
        served |= {"module": "keras.layers", "class_name": plain, "registered_name": None}
    return served


_PLAIN = {FusedBatchNormalization.__name__: "BatchNormalization", Convolution.__name__: "Conv2D"}


def tflite(network: keras.Model, weights: Weights) -> bytes:
    """The network for LiteRT: one crop at a time.

    With int8 weights the runtime computes in integers: it rounds what comes into a layer to 8 bits
    between its least and its greatest value, a crop at a time.
    """
    import tensorflow as tf

    crop = keras.InputSpec(shape=(1, CROP_HEIGHT, CROP_WIDTH, 1), dtype="float32", name="crop")
    with tempfile.TemporaryDirectory() as folder:
        network.export(folder, format="tf_saved_model", input_signature=[crop], verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if weights is Weights.FLOAT16:
            converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())


def evened(served: keras.Model) -> keras.Model:
    """The same served network with weights that int8 holds well; only for the export.

    int8 has one scale for all weights of an output of the embedding's dense layer, so those of
    inputs that reach least would be rounded to nothing. Here spatial pooling takes over what each
    row gives away; the normalisation between them goes into the dense layer first, where the
    converter would move it. Training cannot go on from here: that normalisation is gone.
    """
    copy = keras.Model.from_config(served.get_config())
    copy.set_weights(served.get_weights())
    for embedder in embedders_in(copy):
        names = [layer.name for layer in embedder.layers]
        if SPATIAL_POOLING in names:
            place = names.index(SPATIAL_POOLING)
            pooling, norm = embedder.layers[place : place + 2]
            _even(pooling, norm, embedder.get_layer(EMBEDDING))
    return copy


def _even(pooling: keras.Layer, norm: keras.Layer, dense: keras.Layer) -> None:
    gamma, beta, mean, variance = norm.get_weights()
    gain = gamma / np.sqrt(variance + norm.epsilon)
    kernel, bias = dense.get_weights()
    bias = bias + (beta - mean * gain) @ kernel
    kernel = gain[:, None] * kernel
    reach = np.maximum(np.abs(kernel).max(axis=1), np.finfo(np.float32).tiny)
    dense.set_weights([kernel / reach[:, None], bias])
    pooling.set_weights([weight * reach[:, None] for weight in pooling.get_weights()])
    one, zero = np.ones_like(mean), np.zeros_like(mean)
    norm.set_weights([one, zero, zero, one - norm.epsilon])
