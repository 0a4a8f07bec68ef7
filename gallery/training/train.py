"""Run a recipe: its stages in order, each resumed where it stopped, then calibrate and export."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras

from gallery.errors import DataRejected
from gallery.training import network
from gallery.training.calibration import Calibration, calibrate
from gallery.training.dataset import Crops
from gallery.training.export import read_embedders, serving_network
from gallery.training.grow import fit_embedding, grow
from gallery.training.muon import ConvolutionMuon
from gallery.training.pairs import Batches, CropBatches, PairBatches
from gallery.training.recipe import Optimizer, Recipe, Stage
from gallery.training.siamese import Siamese

HISTORY = "history.csv"
FINISHED = "finished.weights.h5"
CHECKPOINT = "checkpoint.weights.h5"
BEST = "best.weights.h5"
RECIPE = "recipe.json"
STATE = "checkpoint.json"


def train(
    recipe: Recipe,
    crops: Crops,
    folder: Path,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    shape: network.ResidualShape | None = None,
    grow_from: Path | None = None,
    ensemble_with: Path | None = None,
) -> tuple[keras.Model, Calibration]:
    """Train, calibrate, and return the network to serve.

    folder: keeps a checkpoint and a loss history for each stage; a second call with the same
    recipe goes on where the first was stopped. shape: of a residual network, else the shipped one.
    grow_from: a model.keras that a smaller network was trained to, which this one begins as; of an
    ensemble, the network that was trained last. ensemble_with: a model.keras to serve the mean of
    its points and this network's with.
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
        grow(embedder, read_embedders(grow_from)[-1], recipe.grown_resolutions)
        if recipe.second_teacher:
            fit_embedding(embedder, crops)
    trained = read_embedders(ensemble_with) if ensemble_with else []
    for number, stage in enumerate(recipe.stages):
        optimizer = _optimizer(recipe, stage.learning_rate)
        seed = recipe.seed + number
        _run_stage(stage, optimizer, embedder, crops, folder / stage.name, seed, callbacks)
    ensemble = [*trained, embedder]
    unscaled = serving_network(ensemble, 1.0, recipe.mirrored)
    calibration = calibrate(unscaled, crops.development(), recipe.false_match_rate)
    return serving_network(ensemble, calibration.scale, recipe.mirrored), calibration


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


def _optimizer(recipe: Recipe, learning_rate: float) -> keras.optimizers.Optimizer:
    decay = recipe.weight_decay
    if recipe.optimizer is Optimizer.MUON:
        return ConvolutionMuon(learning_rate, weight_decay=decay, adam_weight_decay=decay)
    return keras.optimizers.AdamW(learning_rate, weight_decay=decay)


def _run_stage(
    stage: Stage,
    optimizer: keras.optimizers.Optimizer,
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
    checkpoints = Checkpoints(folder, stage.patience)
    epoch = checkpoints.epoch
    training, held_out = _batches(stage, crops, seed, epoch)
    centres = training.centres() if stage.loss.centres else None
    model = Siamese(embedder, stage.loss, centres, training.spread())
    model.compile(optimizer=optimizer, jit_compile=False)
    if epoch:
        model.optimizer.build(model.trainable_variables)
        model.load_weights(folder / CHECKPOINT)
    model.fit(
        training,
        validation_data=held_out,
        epochs=stage.epochs if checkpoints.hopeful else epoch,
        initial_epoch=epoch,
        verbose=0,
        callbacks=[
            FallingRate(stage, len(training)),
            keras.callbacks.CSVLogger(str(folder / HISTORY), append=epoch > 0),
            keras.callbacks.TerminateOnNaN(),
            checkpoints,
            *callbacks,
        ],
    )
    embedder.load_weights(folder / BEST)
    (folder / BEST).replace(finished)
    (folder / CHECKPOINT).unlink(missing_ok=True)
    (folder / STATE).unlink(missing_ok=True)


def _batches(stage: Stage, crops: Crops, seed: int, epoch: int) -> tuple[Batches, Batches]:
    """Training batches from an epoch on, and the unchanging ones of the held-out people."""
    size = stage.pairs_per_batch
    training, held_out = crops.training(), crops.development()
    if stage.loss.contrastive:
        return (
            PairBatches(training, size, seed, epoch, stage.unchanged),
            PairBatches(held_out, size, seed, epoch=None),
        )
    return (
        CropBatches(training, 2 * size, seed, epoch, stage.unchanged),
        CropBatches(held_out, 2 * size, seed, epoch=None),
    )


class FallingRate(keras.callbacks.Callback):
    """Sets the learning rate of each batch; the log tells that of each epoch's last one."""

    def __init__(self, stage: Stage, batches: int) -> None:
        super().__init__()
        self._stage, self._batches = stage, batches
        self._epoch, self._rate = 0, stage.learning_rate

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        self._rate = self._stage.learning_rate_at(self._epoch + batch / self._batches)
        self.model.optimizer.learning_rate = self._rate

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = self._rate


class Checkpoints(keras.callbacks.Callback):
    """After each epoch: all that is needed to go on with the next, and the best weights so far.

    The best are those of the least loss on the held-out people; the stage ends when `patience`
    epochs brought none. Refuses with DataRejected, and keeps the epoch before, where the loss is no
    number.
    """

    def __init__(self, folder: Path, patience: int) -> None:
        super().__init__()
        self._folder, self._patience = folder, patience
        self.epoch, self._least, self._waited = 0, math.inf, 0
        if (folder / STATE).is_file():
            state = json.loads((folder / STATE).read_text(encoding="utf-8"))
            self.epoch, self._least, self._waited = (
                state[name] for name in ("epoch", "least_loss", "epochs_without_less")
            )

    @property
    def hopeful(self) -> bool:
        """Whether another epoch is worth it."""
        return self._waited < self._patience

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        losses = logs or {}
        if not math.isfinite(losses["loss"]):
            raise DataRejected(
                f"the loss of epoch {epoch + 1} is no number; train with a lower learning rate, "
                "into another --output"
            )
        self._waited += 1
        if losses["val_loss"] < self._least:
            self._least, self._waited = losses["val_loss"], 0
            self.model.embedder.save_weights(self._folder / BEST)
        written = self._folder / f"next-{CHECKPOINT}"
        self.model.save_weights(written)
        written.replace(self._folder / CHECKPOINT)
        state = {
            "epoch": epoch + 1,
            "least_loss": self._least,
            "epochs_without_less": self._waited,
        }
        (self._folder / STATE).write_text(json.dumps(state), encoding="utf-8")
        self.model.stop_training = not self.hopeful
