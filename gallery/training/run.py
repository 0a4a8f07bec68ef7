"""A whole training run, from crops to a folder that can be shipped."""

from __future__ import annotations

import csv
import importlib.metadata
import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np

from gallery.domain.decision import DEFAULT_THRESHOLD
from gallery.embedder.model_card import CARD_FILE
from gallery.training import plots
from gallery.training.calibration import Calibration, embed
from gallery.training.cohorts import cohort_figures
from gallery.training.dataset import UNKNOWN_PERSON, Crops, DataDescription
from gallery.training.export import embedders_in, sha256_of, write_card, write_model
from gallery.training.recipe import Recipe
from gallery.training.train import HISTORY, train

PURPOSE = (
    "Tells whether two photos show the same person: a 62 x 47 gray face crop becomes 48 numbers, "
    "and two faces match when their Euclidean distance is below the threshold."
)
ORIGIN = (
    "model_id",
    "created",
    "recipe",
    "versions",
    "history",
    "ensemble_with",
    "keras_sha256",
)
LIMITS = [
    "No liveness check: a photo of a photo passes. Do not guard a door with it alone.",
    "Trained mostly on adult celebrities in good light; children, old people, profiles, masks and "
    "dark photos are recognised less well.",
    "The false match rate is an average over people; it differs between groups of people, and "
    "relatives match more often than strangers.",
    "Embeddings of different models must never be compared.",
]


def run(
    recipe: Recipe,
    crops: Crops,
    data: DataDescription,
    folder: Path,
    model_id: str | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    grow_from: Path | None = None,
    ensemble_with: Path | None = None,
) -> Calibration:
    """Train, calibrate, write model.keras, model.tflite, card.json and three pictures.

    model_id: else the folder's name and eight digits of the model's hash, as embeddings of two
    models of one id would be compared.
    """
    embedder, calibration = train(
        recipe, crops, folder, callbacks, grow_from=grow_from, ensemble_with=ensemble_with
    )
    write_model(embedder, folder)
    model_id = model_id or f"{folder.name}-{sha256_of(folder / 'model.tflite')[:8]}"
    card = _card(recipe, crops, data, model_id, embedder, calibration, folder)
    if ensemble_with:
        card["ensemble_with"] = origin(ensemble_with)
    write_card(card, folder)
    plots.draw_loss(recipe.stages, folder)
    plots.draw_training_pairs(crops, recipe.seed, folder)
    held_out = crops.development()
    plots.draw_test_pairs(
        held_out, embed(embedder, held_out), DEFAULT_THRESHOLD, recipe.seed, folder
    )
    return calibration


def origin(model: Path) -> dict[str, Any]:
    """How a model.keras came about, by a readable card beside it; else its name alone."""
    try:
        card = json.loads(model.with_name(CARD_FILE).read_text(encoding="utf-8"))
        return {name: card[name] for name in ORIGIN if name in card}
    except (OSError, ValueError, TypeError):  # hours of training do not end at another's card
        return {"file": model.name}


def _card(
    recipe: Recipe,
    crops: Crops,
    data: DataDescription,
    model_id: str,
    embedder: keras.Model,
    calibration: Calibration,
    folder: Path,
) -> dict[str, Any]:
    identity = crops.identity[~crops.held_out]
    known = identity != UNKNOWN_PERSON
    networks = len(embedders_in(embedder))
    return {
        "model_id": model_id,
        "created": datetime.now(UTC).date().isoformat(),
        "purpose": PURPOSE,
        "architecture": recipe.architecture + (f", mean of {networks}" if networks > 1 else ""),
        "parameters": embedder.count_params(),
        "threshold": DEFAULT_THRESHOLD,
        "scale": calibration.scale,
        "data": {
            **asdict(data),
            "training_crops": len(identity),
            "training_crops_with_identity": int(known.sum()),
            "training_people": len(np.unique(identity[known])),
            "held_out_crops": calibration.crops,
            "held_out_people": calibration.people,
        },
        "recipe": asdict(recipe),
        "versions": {
            name: importlib.metadata.version(name) for name in ("keras", "tensorflow", "numpy")
        }
        | {"python": platform.python_version()},
        "history": {stage.name: _history(folder / stage.name) for stage in recipe.stages},
        "figures": {
            "held_out_people": asdict(calibration),
            "cohorts": cohort_figures(embedder, crops, recipe.seed) or "none in the data",
        },
        "limits": LIMITS,
    }


def _history(folder: Path) -> list[dict[str, float]]:
    """Learning rate and losses of a stage, epoch by epoch, as they were."""
    with (folder / HISTORY).open(encoding="utf-8") as file:
        return [
            {name: round(float(value), 6) for name, value in row.items()}
            for row in csv.DictReader(file)
        ]
