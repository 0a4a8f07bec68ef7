"""One change at a time to a small network's recipe, each trained shortly on a fifth of the data.

    python -m gallery.training.ablations ../shared/faces/train runs/ablations networks

The last word is networks or losses, and names what it writes: networks.json, and networks.md, a
table. A stopped run goes on where it was. The figures compare changes with the first row; a full
training gets further (see the model's card).
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gallery.progress import quietly
from gallery.training.dataset import Crops, load_archive
from gallery.training.network import NARROW, Pooling, ResidualShape
from gallery.training.recipe import (
    Architecture,
    LossWeights,
    Optimizer,
    Precision,
    Recipe,
    Stage,
    distillation,
    siamese,
)
from gallery.training.train import train

SHARE, EPOCHS, PAIRS_PER_BATCH = 0.2, 4, 64
FIRST = distillation(EPOCHS, PAIRS_PER_BATCH, 2e-3)
SECOND = siamese(1, PAIRS_PER_BATCH, 5e-4, 1, teacher=True)


@dataclass(frozen=True)
class Variant:
    """distil, pairs: the losses of the two stages; pairs None leaves the second out."""

    name: str
    shape: ResidualShape
    distil: LossWeights = FIRST.loss
    pairs: LossWeights | None = None
    mirrored: bool = True
    optimizer: Optimizer = Optimizer.ADAMW

    @property
    def recipe(self) -> Recipe:
        stages = [replace(FIRST, loss=self.distil)]
        if self.pairs is not None:
            stages.append(replace(SECOND, loss=self.pairs))
        return Recipe(
            Architecture.RESIDUAL,
            tuple(stages),
            precision=Precision.FLOAT32,  # as fast as any on some processors, and by far on others
            mirrored=self.mirrored,
            optimizer=self.optimizer,
        )

    @property
    def start(self) -> tuple[ResidualShape, Stage, Optimizer]:
        """What the first stage comes from; variants that share it train it once."""
        return self.shape, self.recipe.stages[0], self.optimizer


def _with_margin(margin: float) -> LossWeights:
    return replace(SECOND.loss, margin=margin)


HALF = ResidualShape(16, (16, 32, 64, 128))
NETWORKS = (
    Variant("distillation alone", NARROW),
    Variant("not mirror-averaged", NARROW, mirrored=False),
    Variant("global maximum as pooling", replace(NARROW, pooling=Pooling.MAX)),
    Variant("half as many channels again, as shipped", ResidualShape()),
    Variant("three quarters of the channels", ResidualShape(24, (24, 48, 96, 192))),
    Variant("half of the channels", HALF),
    Variant("one block a resolution", replace(NARROW, blocks=(1, 1, 1, 1))),
)
LOSSES = (
    Variant("half of the channels", HALF),
    Variant("convolutions moved by Muon", HALF, optimizer=Optimizer.MUON),
    Variant("without the centres", HALF, replace(FIRST.loss, centres=0.0)),
    Variant("point-wise term alone", HALF, LossWeights(point_wise=1.0)),
    Variant("relational term alone", HALF, LossWeights(relational=2.0)),
    Variant("centres alone", HALF, LossWeights(centres=1.0)),
    Variant("pairs after it, margin 1", HALF, pairs=SECOND.loss),
    Variant("pairs after it, margin 0.8", HALF, pairs=_with_margin(0.8)),
    Variant("pairs after it, margin 1.2", HALF, pairs=_with_margin(1.2)),
    Variant(
        "pairs after it, without the teacher",
        HALF,
        pairs=replace(SECOND.loss, point_wise=0.0, relational=0.0),
    ),
)
CHANGES = {"networks": NETWORKS, "losses": LOSSES}


def main(archive: Path, output: Path, changes: str) -> None:
    crops = _part(load_archive(archive, quietly))
    output.mkdir(parents=True, exist_ok=True)
    told = output / f"{changes}.json"
    done = json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}
    for variant in CHANGES[changes]:
        if variant.name not in done:
            first = next(one for one in CHANGES[changes] if one.start == variant.start)
            done[variant.name] = _measured(variant, first, crops, output / changes)
            told.write_text(json.dumps(done, indent=2) + "\n", encoding="utf-8")
    lines = ["| variant | TAR at FMR 1e-3 | parameters | seconds |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {' | '.join(str(v) for v in row.values())} |" for name, row in done.items()
    ]
    told.with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _part(crops: Crops) -> Crops:
    """A fifth of the people that may be trained on and of the crops without a name; all others."""
    rng = np.random.default_rng(0)
    people = np.unique(crops.identity)
    chosen = rng.choice(people, round(len(people) * SHARE), replace=False)
    nameless = (crops.identity < 0) & (rng.random(len(crops)) < SHARE)
    named = (crops.identity >= 0) & np.isin(crops.identity, chosen)
    return crops.select(crops.held_out | nameless | named)


def _measured(
    variant: Variant, first: Variant, crops: Crops, output: Path
) -> dict[str, float | int]:
    """On the people held out. The first stage is that of `first`, whose seconds tell its cost."""
    folder, started = (output / one.name.replace(" ", "-") for one in (variant, first))
    if started.is_dir() and not folder.is_dir():
        shutil.copytree(started / FIRST.name, folder / FIRST.name)
    began = time.monotonic()
    served, calibration = train(variant.recipe, crops, folder, shape=variant.shape)
    return {
        "true_match_rate": round(calibration.true_match_rate, 4),
        "parameters": served.count_params(),
        "seconds": round(time.monotonic() - began),
    }


if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m gallery.training.ablations")
    asked.add_argument("archive", type=Path, help="the folder of index.npz")
    asked.add_argument("output", type=Path)
    asked.add_argument("changes", choices=CHANGES)
    main(**vars(asked.parse_args()))
