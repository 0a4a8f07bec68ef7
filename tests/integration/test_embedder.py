"""The serving embedder gives Keras' numbers, rounded, and the same whatever runs beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gallery.domain.face import FaceCrop
from gallery.embedder.litert import LiteRtEmbedder
from gallery.embedder.model_card import default_model_folder, shipped_models
from gallery.errors import ModelUnavailable

SAME = 1e-5
ROUNDED = 0.03  # a distance; the threshold is at 0.4


def crops(count: int) -> list[FaceCrop]:
    """Smooth random pictures: light and dark places as large as those of a face."""
    coarse = np.random.default_rng(5).uniform(0, 255, (count, 8, 6))
    fine = coarse.repeat(8, axis=1).repeat(8, axis=2)[:, :62, :47]
    return [FaceCrop(pixels.astype(np.uint8)) for pixels in fine]


def vectors(embedder: LiteRtEmbedder, faces: list[FaceCrop]) -> NDArray[np.float32]:
    return np.stack([embedding.vector for embedding in embedder.embed(faces)])


@pytest.fixture(scope="module")
def embedder() -> LiteRtEmbedder:
    return LiteRtEmbedder(default_model_folder())


def test_embeddings_are_stamped_with_the_model(embedder: LiteRtEmbedder) -> None:
    (embedding,) = embedder.embed(crops(1))
    assert embedding.model_id == embedder.model_id == default_model_folder().name


def test_no_crops_give_no_embeddings(embedder: LiteRtEmbedder) -> None:
    assert embedder.embed([]) == ()


@pytest.mark.slow
@pytest.mark.parametrize("model_id", [card.model_id for card in shipped_models()])
def test_keras_and_litert_differ_by_no_more_than_rounding_to_8_bits(model_id: str) -> None:
    keras = pytest.importorskip("keras")
    folder = default_model_folder(model_id)
    faces = crops(8)
    pixels = np.stack([face.pixels for face in faces]).astype(np.float32)[..., None]
    expected = np.asarray(keras.saving.load_model(folder / "model.keras")(pixels, training=False))
    served = vectors(LiteRtEmbedder(folder), faces)
    assert np.linalg.norm(served - expected, axis=1).max() < ROUNDED


def test_an_embedding_does_not_depend_on_what_stands_beside_it(embedder: LiteRtEmbedder) -> None:
    faces = crops(7)
    alone = np.concatenate([vectors(embedder, [face]) for face in faces])
    backwards = vectors(embedder, faces[::-1])[::-1]
    np.testing.assert_allclose(vectors(embedder, faces), alone, atol=SAME, rtol=0)
    np.testing.assert_allclose(backwards, alone, atol=SAME, rtol=0)


@pytest.mark.parametrize("threads", [2, 4])
def test_an_embedding_does_not_depend_on_the_number_of_threads(
    embedder: LiteRtEmbedder, threads: int
) -> None:
    faces = crops(4)
    threaded = vectors(LiteRtEmbedder(default_model_folder(), threads), faces)
    np.testing.assert_allclose(threaded, vectors(embedder, faces), atol=SAME, rtol=0)


def test_threads_that_embed_at_once_do_not_disturb_each_other(embedder: LiteRtEmbedder) -> None:
    faces = crops(40)
    expected = vectors(embedder, faces)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            found = list(pool.map(lambda face: embedder.embed([face])[0].vector, faces))
            np.testing.assert_allclose(np.stack(found), expected, atol=SAME, rtol=0)


def test_another_process_gives_the_same_embedding_and_writes_nothing_to_standard_error(
    embedder: LiteRtEmbedder, tmp_path: Path
) -> None:
    faces = crops(3)
    np.save(tmp_path / "crops.npy", np.stack([face.pixels for face in faces]))
    program = (
        "import sys, numpy as np\n"
        "from gallery.domain.face import FaceCrop\n"
        "from gallery.embedder.litert import LiteRtEmbedder\n"
        "from gallery.embedder.model_card import default_model_folder\n"
        "embedder = LiteRtEmbedder(default_model_folder())\n"
        "faces = [FaceCrop(crop) for crop in np.load(sys.argv[1])]\n"
        "np.save(sys.argv[2], np.stack([e.vector for e in embedder.embed(faces)]))\n"
    )
    files = [str(tmp_path / "crops.npy"), str(tmp_path / "vectors.npy")]
    run = subprocess.run([sys.executable, "-c", program, *files], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    np.testing.assert_allclose(np.load(files[1]), vectors(embedder, faces), atol=SAME, rtol=0)


def test_other_lines_on_standard_error_are_kept() -> None:
    program = (
        "import os\n"
        "from gallery.embedder.quiet import DELEGATE_NOTICE, without_lines\n"
        "with without_lines(DELEGATE_NOTICE):\n"
        "    os.write(2, b'INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\\n')\n"
        "    os.write(2, b'mind this\\n')\n"
        "os.write(2, b'and this\\n')\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stderr == "mind this\nand this\n"


def test_a_closed_standard_error_does_no_harm() -> None:
    program = (
        "from gallery.embedder.litert import LiteRtEmbedder\n"
        "from gallery.embedder.model_card import default_model_folder\n"
        "print(LiteRtEmbedder(default_model_folder()).model_id)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.close(2),
    )
    assert run.returncode == 0
    assert run.stdout.strip() == default_model_folder().name


def test_a_network_that_litert_cannot_load_is_refused(tmp_path: Path) -> None:
    import hashlib
    import json

    folder = tmp_path / "broken"
    shutil.copytree(default_model_folder(), folder, ignore=shutil.ignore_patterns("*.keras"))
    network = b"not a flatbuffer" * 64
    (folder / "model.tflite").write_bytes(network)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card["tflite_sha256"] = hashlib.sha256(network).hexdigest()
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        LiteRtEmbedder(folder)
