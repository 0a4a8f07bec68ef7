"""One change at a time to the narrow network's recipe, each trained shortly on a fifth of the data.

    python -m gallery.training.ablations ../shared/faces/train runs/ablations

Writes ablations.json and ablations.md, a table; a stopped run goes on where it was. The figures
compare changes with each other; a full training gets further (see the shipped model's card).
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gallery.training.dataset import Crops, load_archive, quietly
from gallery.training.network import NARROW, Pooling, ResidualShape
from gallery.training.recipe import (
    Architecture,
    LossWeights,
    Optimizer,
    Precision,
    Recipe,
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
    shape: ResidualShape = NARROW
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
            precision=Precision.MIXED_BFLOAT16,
            mirrored=self.mirrored,
            optimizer=self.optimizer,
        )


def _with_margin(margin: float) -> LossWeights:
    return replace(SECOND.loss, margin=margin)


VARIANTS = (
    Variant("distillation alone"),
    Variant("not mirror-averaged", mirrored=False),
    Variant("global maximum as pooling", replace(NARROW, pooling=Pooling.MAX)),
    Variant("half as many channels again, as shipped", ResidualShape()),
    Variant("three quarters of the channels", ResidualShape(24, (24, 48, 96, 192))),
    Variant("half of the channels", ResidualShape(16, (16, 32, 64, 128))),
    Variant("one block a resolution", replace(NARROW, blocks=(1, 1, 1, 1))),
    Variant("convolutions moved by Muon", optimizer=Optimizer.MUON),
    Variant("without the centres", distil=replace(FIRST.loss, centres=0.0)),
    Variant("point-wise term alone", distil=LossWeights(point_wise=1.0)),
    Variant("relational term alone", distil=LossWeights(relational=2.0)),
    Variant("centres alone", distil=LossWeights(centres=1.0)),
    Variant("pairs after it, margin 1", pairs=SECOND.loss),
    Variant("pairs after it, margin 0.8", pairs=_with_margin(0.8)),
    Variant("pairs after it, margin 1.2", pairs=_with_margin(1.2)),
    Variant(
        "pairs after it, without the teacher",
        pairs=replace(SECOND.loss, point_wise=0.0, relational=0.0),
    ),
)


def main(archive: Path, output: Path) -> None:
    crops = _part(load_archive(archive, quietly))
    told = output / "ablations.json"
    done = json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}
    for variant in VARIANTS:
        if variant.name not in done:
            done[variant.name] = _measured(variant, crops, output)
            told.write_text(json.dumps(done, indent=2) + "\n", encoding="utf-8")
    lines = ["| variant | TAR at FMR 1e-3 | parameters | seconds |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {' | '.join(str(v) for v in row.values())} |" for name, row in done.items()
    ]
    (output / "ablations.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _part(crops: Crops) -> Crops:
    """A fifth of the people that may be trained on and of the crops without a name; all others."""
    rng = np.random.default_rng(0)
    people = np.unique(crops.identity)
    chosen = rng.choice(people, round(len(people) * SHARE), replace=False)
    nameless = (crops.identity < 0) & (rng.random(len(crops)) < SHARE)
    named = (crops.identity >= 0) & np.isin(crops.identity, chosen)
    return crops.select(crops.held_out | nameless | named)


def _measured(variant: Variant, crops: Crops, output: Path) -> dict[str, float]:
    """On the people held out. Those that differ after the first stage only begin with that of
    the first variant, whose seconds count for them too."""
    folder, first = output / variant.name.replace(" ", "-"), output / "distillation-alone"
    same_start = variant.recipe.stages[0] == FIRST and variant.shape == NARROW
    same_start &= variant.optimizer is VARIANTS[0].optimizer
    if same_start and first.is_dir() and not folder.is_dir():
        shutil.copytree(first / FIRST.name, folder / FIRST.name)
    began = time.monotonic()
    served, calibration = train(variant.recipe, crops, folder, shape=variant.shape)
    return {
        "true_match_rate": round(calibration.true_match_rate, 4),
        "parameters": served.count_params(),
        "seconds": round(time.monotonic() - began),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
