"""Pictures of a training run, for people who would rather look than read."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import distances_to
from gallery.training.augment import windows
from gallery.training.dataset import Crops
from gallery.training.pairs import PairBatches, draw_pairs
from gallery.training.recipe import Stage
from gallery.training.train import HISTORY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS, ROWS = 6, 4
MATCHED, NOT_MATCHED = "#1a7f37", "#b3261e"


def draw_loss(stages: tuple[Stage, ...], folder: Path) -> Path:
    """loss.png: the loss of training and of the held-out people, a panel a stage."""
    figure = _figure(6.0 * len(stages), 4.0)
    panels = np.atleast_1d(figure.subplots(1, len(stages)))
    for panel, stage in zip(panels, stages, strict=True):
        with (folder / stage.name / HISTORY).open(encoding="utf-8") as file:
            history = list(csv.DictReader(file))
        epochs = [int(row["epoch"]) + 1 for row in history]
        panel.plot(epochs, [float(row["loss"]) for row in history], label="training (augmented)")
        panel.plot(epochs, [float(row["val_loss"]) for row in history], label="held-out people")
        panel.set(title=f"{stage.name} stage", xlabel="epoch", ylabel="loss")
        panel.legend()
        panel.grid(alpha=0.3)
    return _saved(figure, folder / "loss.png")


def draw_training_pairs(crops: Crops, seed: int, folder: Path) -> Path:
    """pairs.png: a montage of pairs as training sees them, augmented."""
    batch, labels = PairBatches(crops.training(), COLUMNS * ROWS, seed)[0]
    images = batch[..., 0].astype(np.uint8)
    captions = [
        ("same person", MATCHED) if same else ("strangers", NOT_MATCHED)
        for same in labels["same"][0::2]
    ]
    return _montage(images[0::2], images[1::2], captions, folder / "pairs.png")


def draw_test_pairs(
    crops: Crops, embeddings: NDArray[np.float32], threshold: float, seed: int, folder: Path
) -> Path:
    """test-pairs.png: pairs of held-out people with their distances, coloured by the verdict.

    embeddings: float32 (N, 48), one row for each of the crops.
    """
    pairs = draw_pairs(crops.identity, np.random.default_rng(seed))
    count = COLUMNS * ROWS
    left, right = pairs.left[:count], pairs.right[:count]
    images = windows(crops.images)
    captions = []
    for one, other, same in zip(left, right, pairs.same[:count], strict=True):
        distance = distances_to(embeddings[one], embeddings[other][None])[0]
        right_verdict = (distance < threshold) == same
        who = "same" if same else "strangers"
        captions.append((f"{who}: {distance:.2f}", MATCHED if right_verdict else NOT_MATCHED))
    return _montage(images[left], images[right], captions, folder / "test-pairs.png")


def _montage(
    left: NDArray[np.uint8],
    right: NDArray[np.uint8],
    captions: list[tuple[str, str]],
    path: Path,
) -> Path:
    rows = -(-len(captions) // COLUMNS)
    figure = _figure(1.7 * COLUMNS, 1.5 * rows)
    for number, (text, colour) in enumerate(captions):
        panel = figure.add_subplot(rows, COLUMNS, number + 1)
        panel.imshow(np.hstack([left[number], right[number]]), cmap="gray", vmin=0, vmax=255)
        panel.set_title(text, fontsize=8, color=colour)
        panel.axis("off")
    return _saved(figure, path)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _saved(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=110)
    return path
