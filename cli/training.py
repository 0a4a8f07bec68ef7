"""train: teach an embedder on photos of people, or on the prepared crops."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import AsJson
from cli.session import services_of
from gallery.errors import DataRejected, ExtraNotInstalled, PathNotFound
from gallery.training.recipe import Architecture, Optimizer, Precision

if TYPE_CHECKING:
    from gallery.training.calibration import Calibration
    from gallery.training.dataset import Crops, DataDescription


def train(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="Photos of people, a sub-folder each; or the prepared crops (index.npz).",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Where the model, its card and the pictures go. A run that was stopped goes on "
            "from its last epoch when it is started again with the same folder.",
        ),
    ],
    architecture: Annotated[
        Architecture,
        typer.Option(
            help="narrow learns faster, for --grow-from; seed is what the project began with."
        ),
    ] = Architecture.RESIDUAL,
    epochs: Annotated[
        int,
        typer.Option(min=0, max=10_000, help="Most epochs of the Siamese stage; 0 leaves it out."),
    ] = 20,
    distil_epochs: Annotated[
        list[int],
        typer.Option(
            min=1,
            max=10_000,
            help="Epochs of learning from the teacher first. Given again: another cycle, that "
            "goes on with the learning rate up again.",
        ),
    ] = [],  # noqa: B006 - Typer wants a list, and hands out a new one
    batch_size: Annotated[
        int, typer.Option(min=1, max=4096, help="Pairs in a batch; twice as many crops.")
    ] = 4,
    learning_rate: Annotated[
        float, typer.Option(min=1e-7, max=1.0, help="At the start; it falls along half a cosine.")
    ] = 1e-3,
    distil_learning_rate: Annotated[
        float, typer.Option(min=1e-7, max=1.0, help="The same, of learning from the teacher.")
    ] = 2e-3,
    unchanged: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Share of the crops that are seen as they are, the others as worse photos would "
            "show them: 0 at first, 0.5 for a last cycle.",
        ),
    ] = 0.0,
    patience: Annotated[
        int, typer.Option(min=1, help="Epochs without a better test loss before it stops early.")
    ] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Makes the order of the data the same.")] = 7,
    precision: Annotated[
        Precision, typer.Option(help="mixed_bfloat16 is faster where the processor has it.")
    ] = Precision.FLOAT32,
    optimizer: Annotated[
        Optimizer, typer.Option(help="muon moves the convolutions by Muon and all else by AdamW.")
    ] = Optimizer.ADAMW,
    weight_decay: Annotated[
        float,
        typer.Option(
            min=0,
            max=100,
            help="The share of each weight that a step takes away, times the learning rate: small "
            "weights learn on where large ones hardly move.",
        ),
    ] = 0.01,
    grow_from: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Begin as this trained model.keras of a network with the same layers, as wide "
            "or narrower.",
        ),
    ] = None,
    grow_resolutions: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Take over its layers up to the N-th pooling only; the others begin at random. "
            "For --ensemble-with: sooner trained than a whole network, and it errs elsewhere.",
        ),
    ] = None,
    ensemble_with: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Serve the mean of this trained model.keras' embeddings and the new network's: "
            "two that were trained apart (another --seed) err less together.",
        ),
    ] = None,
    second_teacher: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Another embedder's points of the prepared crops (.npy, one row a crop): the "
            "network learns the distances of both teachers together.",
        ),
    ] = None,
    model_id: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="What the model is called; else as the folder, with its hash."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train an embedder, split by person, and write a model that the gallery can serve.

    Writes model.keras, model.tflite, card.json, loss.png, pairs.png and test-pairs.png. Serve it
    with GALLERY_MODEL=DIR/. Needs the extra packages: pip install 'face-gallery[train]'.
    """
    _require_extra()
    if not folder.is_dir():
        raise PathNotFound(f"there is no folder {folder}")
    for given in (grow_from, ensemble_with, second_teacher):
        if given and not given.is_file():
            raise PathNotFound(f"there is no file {given}")
    if grow_resolutions and not grow_from:
        raise DataRejected("--grow-resolutions says how much to take over; give --grow-from too")

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's chatter is not ours
    from cli.output import warn
    from gallery.embedder.quiet import TENSORFLOW_NOTICES, without_lines
    from gallery.training import recipe as recipes

    with without_lines(TENSORFLOW_NOTICES):
        from cli.training_progress import TrainingProgress
        from gallery.training.dataset import is_archive
        from gallery.training.export import sha256_of
        from gallery.training.run import run

    taught = is_archive(folder)
    stages = [
        recipes.distillation(count, batch_size, distil_learning_rate, cycle, unchanged)
        for cycle, count in enumerate(distil_epochs if taught else (), 1)
    ]
    if epochs:
        stages.append(
            recipes.siamese(epochs, batch_size, learning_rate, patience, bool(stages), unchanged)
        )
    if not stages:
        raise DataRejected("--epochs 0 leaves nothing to train here; give it 1 or more")
    if second_teacher and not taught:
        raise DataRejected("--second-teacher is for the prepared crops (index.npz), not for photos")
    if distil_epochs and not taught:
        warn("These photos have no teacher to learn from: --distil-epochs is left out.")
    mirrored = architecture is not Architecture.SEED  # the seed's network is served as it was
    recipe = recipes.Recipe(
        architecture,
        tuple(stages),
        seed,
        precision,
        mirrored,
        optimizer=optimizer,
        grown_from=sha256_of(grow_from) if grow_from else None,
        grown_resolutions=grow_resolutions,
        ensemble_with=sha256_of(ensemble_with) if ensemble_with else None,
        weight_decay=weight_decay,
        second_teacher=sha256_of(second_teacher) if second_teacher else None,
    )
    crops, data = _load(folder, context, taught, second_teacher)
    output.mkdir(parents=True, exist_ok=True)
    with TrainingProgress() as progress:
        calibration = run(
            recipe,
            crops,
            data,
            output,
            model_id,
            [progress],
            grow_from,
            ensemble_with,
        )
    _tell(calibration, output, as_json)


def _require_extra() -> None:
    needed = ("keras", "tensorflow", "matplotlib")
    if missing := [name for name in needed if find_spec(name) is None]:
        raise ExtraNotInstalled(
            f"training needs {', '.join(missing)}; run: pip install 'face-gallery[train]'"
        )


def _load(
    folder: Path, context: typer.Context, prepared: bool, second_teacher: Path | None
) -> tuple[Crops, DataDescription]:
    """The crops of the prepared archive, or those cut from photos of people."""
    from cli.output import track, warn
    from gallery.training.dataset import describe, load_archive, load_people

    if prepared:
        crops = load_archive(folder, track, second_teacher)
    else:
        with services_of(context) as services:
            crops, refused = load_people(folder, services.recognise, track)
        if refused:
            warn(f"{refused} photos were refused: no face, several faces, or not readable.")
    return crops, describe(folder, crops, second_teacher)


def _tell(calibration: Calibration, output: Path, as_json: bool) -> None:
    from dataclasses import asdict

    from cli.output import cell, flattened, print_json, print_table, say, table

    if as_json:
        print_json({"folder": str(output), "held_out_people": asdict(calibration)})
        return
    rows = table("On the people held out", ">Value")
    for name, value in flattened(asdict(calibration)):
        rows.add_row(cell(name), cell(value))
    print_table(rows)
    say(f"The model is in {output}. Serve it: GALLERY_MODEL={output}/ gallery serve")
