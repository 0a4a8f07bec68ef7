"""Trains the network that finds five landmarks in a loosely cut face, for detectors without them.

    python -m gallery.training.landmarks ../shared/faces/train gallery/detector/landmark_network

It learns from YuNet's landmarks of the training crops, each cut as Haar's boxes would cut it: too
large or small, shifted and turned. Writes model.tflite and card.json.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH
from gallery.progress import quietly
from gallery.training import augment
from gallery.training.dataset import (
    CROP_MARGIN_X,
    CROP_MARGIN_Y,
    CROP_SCALE,
    Crops,
    load_archive,
)
from gallery.training.export import Weights, sha256_of, tflite

EPOCHS, BATCH, LEARNING_RATE, SEED = 8, 128, 2e-3, 7
SCALE, TURN_DEGREES, SHIFT = 0.11, 9.0, 3.0  # deviations; Haar's on LFW are 0.08, 7 and 2
MIRRORED_ORDER = [1, 0, 2, 4, 3]  # image left first, also in a mirror


class LooseViews(keras.utils.PyDataset):
    """Loosely cut crops and where their landmarks stand in them, drawn anew each epoch.

    landmarks: (N, 5, 2) in pixels of the unchanged window; epoch None is an unchanging set.
    """

    def __init__(self, crops: Crops, landmarks: NDArray[np.float32], epoch: int | None) -> None:
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self._crops, self._landmarks, self._epoch = crops, landmarks, epoch

    def __len__(self) -> int:
        return len(self._crops) // BATCH

    def on_epoch_end(self) -> None:
        if self._epoch is not None:
            self._epoch += 1

    def __getitem__(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        order = np.random.default_rng((SEED, self._epoch or 0)).permutation(len(self._crops))
        rows = order[number * BATCH : (number + 1) * BATCH]
        rng = np.random.default_rng((SEED, self._epoch or 0, number))
        views = [self._view(row, rng) for row in rows]
        images = np.stack([image for image, _ in views])
        points = np.stack([where for _, where in views])
        if self._epoch is None:
            return images[..., None].astype(np.float32), points
        return augment.photographed(images, rng), points

    def _view(
        self, row: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        mirror = bool(rng.random() < 0.5)
        scale, turn = np.exp(rng.normal(0, SCALE)), np.deg2rad(rng.normal(0, TURN_DEGREES))
        matrix = augment.to_crop(scale, turn, rng.normal(0, SHIFT, 2), mirror)
        in_crop = CROP_SCALE * (self._landmarks[row] + (CROP_MARGIN_X, CROP_MARGIN_Y))
        in_view = np.linalg.solve(matrix[:, :2], (in_crop - matrix[:, 2]).T).T
        in_view = in_view[MIRRORED_ORDER] if mirror else in_view
        return augment.cut(self._crops.images[row], matrix), _relative(in_view)


def build() -> keras.Model:
    """float32 (B, 62, 47, 1) in 0..255 -> float32 (B, 10): see `gallery.detector.landmarks`."""
    layers = keras.layers
    pixels = keras.Input((CROP_HEIGHT, CROP_WIDTH, 1), name="crop")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    for channels in (16, 32, 64, 96):
        x = layers.Conv2D(channels, 3, 2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Dense(96, activation="relu")(layers.Flatten()(x))
    return keras.Model(pixels, layers.Dense(10, name="landmarks")(x), name="landmarks")


def train(crops: Crops, landmarks: NDArray[np.float32]) -> tuple[keras.Model, dict[str, float]]:
    """The network, and its mean error on held-out people in window pixels."""
    keras.utils.set_random_seed(SEED)
    network, held = build(), crops.held_out
    schedule = keras.optimizers.schedules.CosineDecay(
        LEARNING_RATE, EPOCHS * (int((~held).sum()) // BATCH)
    )
    network.compile(keras.optimizers.AdamW(schedule), keras.losses.Huber(0.05), jit_compile=False)
    training = LooseViews(crops.training(), landmarks[~held], epoch=0)
    network.fit(training, epochs=EPOCHS, verbose=2)
    return network, _errors(network, LooseViews(crops.development(), landmarks[held], epoch=None))


def main(data: Path, output: Path) -> None:
    crops = load_archive(data, quietly)
    with np.load(data / "index.npz", allow_pickle=False) as index:
        landmarks = index["landmarks"].astype(np.float32)
    network, errors = train(crops, landmarks)
    output.mkdir(parents=True, exist_ok=True)
    (output / "model.tflite").write_bytes(tflite(network, Weights.FLOAT16))
    card = {
        "purpose": "five landmarks of a loosely cut face, where the detector gives only a box",
        "created": datetime.now(UTC).date().isoformat(),
        "data": f"YuNet's landmarks of {int((~crops.held_out).sum()):,} aligned gray crops (see "
        "the embedder's card), cut loosely",
        "recipe": {"epochs": EPOCHS, "batch": BATCH, "learning_rate": LEARNING_RATE, "seed": SEED},
        "parameters": network.count_params(),
        "held_out_people": errors,
        "tflite_sha256": sha256_of(output / "model.tflite"),
    }
    (output / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _errors(network: keras.Model, views: LooseViews) -> dict[str, float]:
    """Mean distance from YuNet's points, in pixels of the view, and before: from the template's."""
    found, true = [], []
    for number in range(len(views)):
        images, points = views[number]
        found.append(network.predict_on_batch(images))
        true.append(points)
    ours, theirs = np.concatenate(found), np.concatenate(true)
    usual = theirs.mean(axis=0)
    return {
        "mean_error_pixels": round(_distance(ours, theirs), 3),
        "mean_error_of_the_mean_face_pixels": round(_distance(usual, theirs), 3),
    }


def _distance(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    apart = ((ours - theirs) * CROP_WIDTH).reshape(-1, 5, 2)
    return float(np.linalg.norm(apart, axis=2).mean())


def _relative(points: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    relative = (points - augment.WINDOW_CENTRE) / CROP_WIDTH
    return np.asarray(relative.reshape(10), np.float32)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
