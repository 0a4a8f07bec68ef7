"""From a trained embedder to the files that are shipped: model.keras, model.tflite, card.json."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH
from gallery.training.fused import FusedBatchNormalization


def serving_network(embedder: keras.Model, scale: float, mirrored: bool) -> keras.Model:
    """The network that is served: float32 (B, 62, 47, 1) in 0..255 -> float32 (B, 48).

    The embedder in float32, whatever it was trained in, with weights that float16 holds exactly;
    mirrored: the mean point of a crop and its mirror image, back on the unit sphere; then a fixed
    scale, which puts the served threshold at the false match rate that calibration asks for.
    """
    plain = keras.Model.from_config(_for_serving(embedder.get_config()))
    plain.set_weights(embedder.get_weights())
    _round_weights(plain)
    crop = keras.Input(plain.input_shape[1:], name="crop")
    if mirrored:
        both = ops.concatenate([crop, ops.flip(crop, axis=2)], axis=0)
        points = ops.sum(ops.reshape(plain(both), (2, -1, EMBEDDING_SIZE)), axis=0)
        point = keras.layers.UnitNormalization(name="mirror_average")(points)
    else:
        point = plain(crop)
    scale = float(np.float16(scale))
    embedding = keras.layers.Rescaling(scale, name="calibration")(point)
    return keras.Model(crop, embedding, name=f"{embedder.name}_serving")


def write_model(embedder: keras.Model, folder: Path) -> None:
    """Write model.keras and model.tflite (float16 weights, one crop at a time) into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    embedder.save(folder / "model.keras")
    (folder / "model.tflite").write_bytes(tflite(embedder))


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


def _for_serving(config: Any) -> Any:
    """A network's configuration in float32 and of Keras' own layers, which load anywhere."""
    if isinstance(config, list):
        return [_for_serving(item) for item in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return {**config, "config": {"name": "float32"}}
    served = {key: _for_serving(value) for key, value in config.items()}
    if config.get("class_name") == FusedBatchNormalization.__name__:
        plain = {"module": "keras.layers", "class_name": "BatchNormalization"}
        served |= plain | {"registered_name": None}
    return served


def tflite(network: keras.Model) -> bytes:
    """The network for LiteRT: one crop at a time, float16 weights."""
    import tensorflow as tf

    crop = keras.InputSpec(shape=(1, CROP_HEIGHT, CROP_WIDTH, 1), dtype="float32", name="crop")
    with tempfile.TemporaryDirectory() as folder:
        network.export(folder, format="tf_saved_model", input_signature=[crop], verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())


def _round_weights(embedder: keras.Model) -> None:
    """Give it weights that float16 holds exactly once normalisation is folded in.

    The LiteRT converter multiplies each convolution by the scale of the batch normalisation that
    follows and stores the product as float16. Rounding that product here, and dividing it back,
    makes the Keras and the LiteRT model the same network.
    """
    _fold_spatial_pooling(embedder)
    for layer in embedder.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            _round_folded(layer.input._keras_history.operation, layer)
        elif isinstance(layer, keras.layers.Dense | keras.layers.DepthwiseConv2D):
            layer.set_weights([_half(weight) for weight in layer.get_weights()])
        elif isinstance(layer, keras.layers.Rescaling):
            layer.scale = float(np.float16(layer.scale))


def _fold_spatial_pooling(embedder: keras.Model) -> None:
    """Move the normalisation between spatial pooling and the dense layer into the latter."""
    for norm in embedder.layers:
        if not isinstance(norm, keras.layers.BatchNormalization):
            continue
        if not isinstance(norm.input._keras_history.operation, keras.layers.DepthwiseConv2D):
            continue
        gamma, beta, mean, variance = norm.get_weights()
        gain = gamma / np.sqrt(variance + norm.epsilon)
        dense = embedder.get_layer("embedding")
        kernel, bias = dense.get_weights()
        dense.set_weights([gain[:, None] * kernel, bias + (beta - mean * gain) @ kernel])
        one, zero = np.ones_like(mean), np.zeros_like(mean)
        norm.set_weights([one, zero, zero, one - norm.epsilon])


def _round_folded(convolution: keras.layers.Layer, norm: keras.layers.BatchNormalization) -> None:
    if isinstance(convolution, keras.layers.DepthwiseConv2D):
        return
    gamma, beta, mean, variance = norm.get_weights()
    gain = gamma / np.sqrt(variance + norm.epsilon)
    kernel, *bias = convolution.get_weights()
    folded = gain * _scale_before(convolution)
    convolution.set_weights([_half(kernel * folded) / folded, *bias])
    before = bias[0] if bias else np.zeros_like(mean)
    offset = (before - mean) * gain
    norm.set_weights([gamma, _half(beta + offset) - offset, mean, variance])


def _scale_before(convolution: keras.layers.Layer) -> float:
    """The factor of its input that the converter folds into a convolution as well."""
    before = convolution.input._keras_history.operation
    plain = isinstance(before, keras.layers.Rescaling) and before.offset == 0
    return float(before.scale) if plain else 1.0


def _half(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    return weights.astype(np.float16).astype(np.float32)
