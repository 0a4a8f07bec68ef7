"""Run a recipe: its stages in order, each resumed where it stopped, then calibrate and export."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras

from gallery.errors import DataRejected
from gallery.training import network
from gallery.training.calibration import Calibration, calibrate
from gallery.training.dataset import Crops
from gallery.training.export import serving_network
from gallery.training.grow import embedder_of, grow
from gallery.training.pairs import CropBatches, PairBatches
from gallery.training.recipe import Recipe, Stage
from gallery.training.siamese import Siamese

HISTORY = "history.csv"
FINISHED = "finished.weights.h5"
CHECKPOINT = "checkpoint.weights.h5"
RECIPE = "recipe.json"
STATE = "checkpoint.json"


def train(
    recipe: Recipe,
    crops: Crops,
    folder: Path,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    shape: network.ResidualShape | None = None,
    grow_from: Path | None = None,
) -> tuple[keras.Model, Calibration]:
    """Train, calibrate, and return the network to serve.

    folder: keeps a checkpoint and a loss history for each stage; a second call with the same
    recipe goes on where the first was stopped. shape: of a residual network, else the shipped one.
    grow_from: a model.keras that a smaller network was trained to, which this one begins as.
    """
    _claim(folder, recipe)
    keras.utils.set_random_seed(recipe.seed)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(recipe.precision.value)
    try:
        embedder = network.build(recipe.architecture, shape)
    finally:
        keras.config.set_dtype_policy(policy)
    if grow_from:
        grow(embedder, embedder_of(grow_from))
    for number, stage in enumerate(recipe.stages):
        _run_stage(stage, embedder, crops, folder / stage.name, recipe.seed + number, callbacks)
    unscaled = serving_network(embedder, 1.0, recipe.mirrored)
    calibration = calibrate(unscaled, crops.development(), recipe.false_match_rate)
    return serving_network(embedder, calibration.scale, recipe.mirrored), calibration


def _claim(folder: Path, recipe: Recipe) -> None:
    """Note the recipe in the folder; refuse a folder that holds a run of another one."""
    folder.mkdir(parents=True, exist_ok=True)
    noted, asked = folder / RECIPE, json.dumps(asdict(recipe), indent=2)
    if noted.is_file() and noted.read_text(encoding="utf-8") != asked:
        raise DataRejected(
            f"{folder} holds a run of another recipe (see {noted}); give the same options to go on "
            "with it, or another --output"
        )
    noted.write_text(asked, encoding="utf-8")


def _run_stage(
    stage: Stage,
    embedder: keras.Model,
    crops: Crops,
    folder: Path,
    seed: int,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    finished = folder / FINISHED
    if finished.is_file():
        embedder.load_weights(finished)
        return
    folder.mkdir(parents=True, exist_ok=True)
    model = Siamese(embedder, stage.loss)
    optimizer = keras.optimizers.AdamW(stage.learning_rate, weight_decay=0.01)
    model.compile(optimizer=optimizer, jit_compile=False)
    epoch = _resume(model, folder)
    training, held_out = _batches(stage, crops, seed, epoch)
    model.fit(
        training,
        validation_data=held_out,
        epochs=stage.epochs,
        initial_epoch=epoch,
        verbose=0,
        callbacks=[
            keras.callbacks.LearningRateScheduler(stage.learning_rate_at),
            keras.callbacks.CSVLogger(str(folder / HISTORY), append=epoch > 0),
            keras.callbacks.EarlyStopping(
                monitor="val_loss", patience=stage.patience, restore_best_weights=True
            ),
            keras.callbacks.TerminateOnNaN(),
            SaveCheckpoint(folder),
            *callbacks,
        ],
    )
    embedder.save_weights(finished)
    (folder / CHECKPOINT).unlink(missing_ok=True)
    (folder / STATE).unlink(missing_ok=True)


def _batches(
    stage: Stage, crops: Crops, seed: int, epoch: int
) -> tuple[keras.utils.PyDataset, keras.utils.PyDataset]:
    """Training batches from an epoch on, and the unchanging ones of the held-out people."""
    size = stage.pairs_per_batch
    if stage.loss.contrastive:
        return (
            PairBatches(crops.training(), size, seed, epoch),
            PairBatches(crops.development(), size, seed, epoch=None),
        )
    return (
        CropBatches(crops.training(), 2 * size, seed, epoch),
        CropBatches(crops.development(), 2 * size, seed, epoch=None),
    )


class SaveCheckpoint(keras.callbacks.Callback):
    """After each epoch: the weights, the optimiser's state, and the number of the next epoch."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        written = self._folder / f"next-{CHECKPOINT}"
        self.model.save_weights(written)
        written.replace(self._folder / CHECKPOINT)
        (self._folder / STATE).write_text(json.dumps({"epoch": epoch + 1}), encoding="utf-8")


def _resume(model: Siamese, folder: Path) -> int:
    """Load the stage's checkpoint, if there is one; the epoch to go on with."""
    if not (folder / STATE).is_file():
        return 0
    model.optimizer.build(model.trainable_variables)
    model.load_weights(folder / CHECKPOINT)
    return int(json.loads((folder / STATE).read_text(encoding="utf-8"))["epoch"])
