"""Two training steps of the Siamese stage under the backend in KERAS_BACKEND: FOLDER/trained.keras.

FOLDER/before.keras, where there is one, is what is trained.
"""

import sys
from pathlib import Path

import keras
import numpy as np

from gallery.training.dataset import named_crops
from gallery.training.muon import ConvolutionMuon
from gallery.training.network import ResidualShape, build
from gallery.training.pairs import PairBatches
from gallery.training.recipe import Architecture, siamese
from gallery.training.siamese import Siamese


def main(folder: Path) -> None:
    rng = np.random.default_rng(0)
    identity = np.repeat(np.arange(8, dtype=np.int32), 4)
    images = rng.integers(0, 256, (32, 96, 80), dtype=np.uint8)
    teacher = rng.normal(size=(32, 48)).astype(np.float32)
    teacher /= np.linalg.norm(teacher, axis=1, keepdims=True)
    crops = named_crops(images, identity, np.zeros(32, np.bool_), teacher)

    keras.utils.set_random_seed(0)
    before = folder / "before.keras"
    if before.is_file():
        embedder = keras.saving.load_model(before)
    else:
        embedder = build(Architecture.RESIDUAL, ResidualShape(8, (8, 16), (1, 1)))
        embedder.save(before)
    stage = siamese(1, 16, 0.001, patience=1, teacher=True)
    batches = PairBatches(crops, 16, seed=0)
    model = Siamese(embedder, stage.loss, batches.centres())
    model.compile(optimizer=ConvolutionMuon(0.001), jit_compile=False)
    assert len(batches) == 2
    loss = model.fit(batches, verbose=0).history["loss"][0]
    assert np.isfinite(loss)
    embedder.save(folder / "trained.keras")
    sys.stdout.write(f"{keras.backend.backend()} {loss}\n")


main(Path(sys.argv[1]))
