"""A real, short training run: what it writes, that it resumes, that what it writes is served."""

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

keras = pytest.importorskip("keras", reason="the train extra is not installed")
pytest.importorskip("tensorflow", reason="the train extra is not installed")

from gallery.bootstrap import Services  # noqa: E402
from gallery.domain.face import FaceCrop  # noqa: E402
from gallery.embedder.litert import LiteRtEmbedder  # noqa: E402
from gallery.embedder.model_card import read_card  # noqa: E402
from gallery.errors import DataRejected  # noqa: E402
from gallery.services.recognise import Recognise  # noqa: E402
from gallery.settings import Settings  # noqa: E402
from gallery.training import recipe as recipes  # noqa: E402
from gallery.training.augment import windows  # noqa: E402
from gallery.training.dataset import Crops, describe, load_people, named_crops  # noqa: E402
from gallery.training.export import read_embedders  # noqa: E402
from gallery.training.network import build  # noqa: E402
from gallery.training.run import origin, run  # noqa: E402
from gallery.training.siamese import Siamese  # noqa: E402
from gallery.training.train import BEST, Checkpoints, train  # noqa: E402

ROUNDED = 0.03  # of an embedding's length: what integers of 8 bits cost at most
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def toy_crops(teacher: bool) -> Crops:
    """Twelve people of six crops each: a smooth pattern a person, noise on each crop."""
    rng = np.random.default_rng(3)
    patterns = rng.normal(128, 60, (12, 12, 10)).repeat(8, axis=1).repeat(8, axis=2)
    identity = np.repeat(np.arange(12, dtype=np.int32), 6)
    images = np.clip(patterns[identity] + rng.normal(0, 10, (72, 96, 80)), 0, 255).astype(np.uint8)
    points = rng.standard_normal((12, 48)).astype(np.float32)[identity]
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return named_crops(images, identity, identity >= 9, points if teacher else None)


def short(
    architecture: recipes.Architecture,
    epochs: int = 1,
    optimizer: recipes.Optimizer = recipes.Optimizer.ADAMW,
) -> recipes.Recipe:
    distil = architecture is not recipes.Architecture.SEED
    stages = [recipes.siamese(epochs, 8, 1e-3, patience=epochs, teacher=distil)]
    if distil:
        stages.insert(0, recipes.distillation(1, 8, 1e-3))
    return recipes.Recipe(architecture, tuple(stages), optimizer=optimizer)


def litert_agrees_with_keras(folder: Path, crops: Crops) -> bool:
    """Whether both files of a model give some crops the same embeddings, but for rounding."""
    views = windows(crops.images[::9])
    served = LiteRtEmbedder(folder).embed([FaceCrop(view) for view in views])
    trained = keras.models.load_model(folder / "model.keras").predict(
        views.astype(np.float32)[..., None], verbose=0
    )
    apart = np.linalg.norm([one.vector for one in served] - trained, axis=1)
    return bool(apart.max() < ROUNDED * np.linalg.norm(trained, axis=1).max())


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Callable[[recipes.Architecture], Path]:
    """The folder of a whole run of an architecture, which is trained once."""

    @cache
    def once(architecture: recipes.Architecture) -> Path:
        folder = tmp_path_factory.mktemp(architecture)
        crops = toy_crops(teacher=architecture is not recipes.Architecture.SEED)
        run(short(architecture), crops, describe(folder, crops), folder, architecture.value)
        return folder

    return once


@pytest.mark.slow
@pytest.mark.parametrize("architecture", list(recipes.Architecture))
def test_a_run_writes_a_model_that_litert_serves_as_keras_does(
    ran: Callable[[recipes.Architecture], Path], architecture: recipes.Architecture
) -> None:
    folder = ran(architecture)
    for name in ("loss.png", "pairs.png", "test-pairs.png", "model.keras", "card.json"):
        assert (folder / name).stat().st_size > 100
    card = json.loads((folder / "card.json").read_text())
    assert card["recipe"]["stages"][-1]["name"] == "siamese"
    assert card["data"]["held_out_people"] == 3
    assert litert_agrees_with_keras(folder, toy_crops(teacher=False))


@pytest.mark.slow
def test_an_ensemble_is_one_model_that_stands_on_its_own(
    ran: Callable[[recipes.Architecture], Path], tmp_path: Path
) -> None:
    first, both = tmp_path / "first", tmp_path / "both"
    shutil.copytree(ran(recipes.Architecture.SEED), first)
    crops = toy_crops(teacher=False)
    seed = short(recipes.Architecture.SEED)
    again = replace(seed, seed=8, ensemble_with="the hash of first")
    data = describe(tmp_path, crops)
    run(again, crops, data, both, "both", ensemble_with=first / "model.keras")
    shutil.rmtree(first)

    card = read_card(both)
    assert card.recipe is not None
    assert card.recipe["ensemble_with"] == "the hash of first"
    assert card.architecture == "seed, mean of 2"
    told = json.loads((both / "card.json").read_text())["ensemble_with"]
    assert (told["model_id"], told["recipe"]["seed"]) == ("seed", 7)
    networks = read_embedders(both / "model.keras")
    assert len(networks) == 2
    assert card.parameters == sum(one.count_params() for one in networks)
    assert litert_agrees_with_keras(both, crops)


@pytest.mark.parametrize("card", [None, "not JSON", "3"])
def test_a_card_that_cannot_be_read_does_not_end_a_training(
    card: str | None, tmp_path: Path
) -> None:
    if card:
        (tmp_path / "card.json").write_text(card)
    assert origin(tmp_path / "model.keras") == {"file": "model.keras"}


class StopAfter(keras.callbacks.Callback):
    """Ends the process's work as a kill would: in the middle of an epoch."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        if epoch == self.epoch:
            raise KeyboardInterrupt


class Epochs(keras.callbacks.Callback):
    """Notes which epochs were run."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self.seen.append(epoch)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Keras' CSV file
@pytest.mark.parametrize("optimizer", list(recipes.Optimizer))
def test_a_stopped_run_goes_on_from_its_last_epoch(
    optimizer: recipes.Optimizer, tmp_path: Path
) -> None:
    crops = toy_crops(teacher=False)
    recipe = short(recipes.Architecture.SEED, epochs=3, optimizer=optimizer)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, crops, tmp_path, [StopAfter(2)])
    rest, nothing = Epochs(), Epochs()
    train(recipe, crops, tmp_path, [rest])
    assert rest.seen == [2]
    train(recipe, crops, tmp_path, [nothing])
    assert nothing.seen == []


def test_a_resumed_run_knows_the_best_weights_and_how_long_it_has_waited(tmp_path: Path) -> None:
    embedder = build(recipes.Architecture.SEED)
    model = Siamese(embedder, recipes.LossWeights(contrastive=1.0))
    model.compile(optimizer="sgd", jit_compile=False)
    best = embedder.get_weights()
    for epoch, loss in enumerate((0.2, 0.3, 0.25)):
        checkpoints = Checkpoints(tmp_path, patience=2)  # as if each epoch were a process
        assert checkpoints.hopeful
        assert checkpoints.epoch == epoch
        checkpoints.set_model(model)
        checkpoints.on_epoch_end(epoch, {"loss": 1.0, "val_loss": loss})
        embedder.set_weights([weight + 1 for weight in embedder.get_weights()])
    assert model.stop_training
    assert not Checkpoints(tmp_path, patience=2).hopeful
    embedder.load_weights(tmp_path / BEST)
    for one, other in zip(best, embedder.get_weights(), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Keras' CSV file
def test_a_loss_that_is_no_number_ends_the_training_in_words(tmp_path: Path) -> None:
    recipe = short(recipes.Architecture.SEED)
    recipe = replace(recipe, stages=(replace(recipe.stages[0], learning_rate=1e30),))
    with pytest.raises(DataRejected, match="no number; train with a lower learning rate"):
        train(recipe, toy_crops(teacher=False), tmp_path)
    assert not list(tmp_path.rglob("finished.*"))


@pytest.mark.parametrize("optimizer", list(recipes.Optimizer))
def test_weights_are_smaller_where_more_of_them_is_taken_away(
    optimizer: recipes.Optimizer, tmp_path: Path
) -> None:
    def kernels(decay: float) -> float:
        recipe = short(recipes.Architecture.SEED, optimizer=optimizer)
        recipe = replace(recipe, weight_decay=decay)
        network, _ = train(recipe, toy_crops(teacher=False), tmp_path / str(decay))
        kept = [weight for weight in network.get_weights() if weight.ndim == 4]
        return float(sum(np.square(weight).sum() for weight in kept))

    assert kernels(20) < 0.9 * kernels(0)


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text("{}")
    with pytest.raises(DataRejected, match="another recipe"):
        train(short(recipes.Architecture.SEED), toy_crops(teacher=False), tmp_path)


def one_by_one(items: Iterable[int], _total: int, _label: str) -> Iterable[int]:
    return items


@pytest.fixture
def recognise() -> Recognise:
    return Services(Settings()).recognise


def test_a_folder_with_too_few_people_is_refused_with_numbers(
    tmp_path: Path, recognise: Recognise
) -> None:
    (tmp_path / "somebody").mkdir()
    (tmp_path / "somebody" / "note.txt").write_text("no photo")
    with pytest.raises(DataRejected, match=r"0 people .*1 photos refused.*4 are needed"):
        load_people(tmp_path, recognise, one_by_one)


def test_names_decide_who_is_held_out_and_a_turned_photo_is_refused_as_in_the_gallery(
    tmp_path: Path, recognise: Recognise, sample_people: dict[str, list[Path]]
) -> None:
    def held_out() -> set[bytes]:
        crops, refused = load_people(tmp_path, recognise, one_by_one)
        assert refused == 1  # the photo that lies on its side, which the program refuses too
        return {image.tobytes() for image in crops.development().images}

    for person, photos in list(sample_people.items())[:5]:
        shutil.copytree(photos[0].parent, tmp_path / person)
    turned = Image.open(sample_people["ariel-quillmore"][0]).transpose(Image.Transpose.ROTATE_180)
    turned.save(tmp_path / "ariel-quillmore" / "turned.png")
    before = held_out()
    (tmp_path / "aaron without photos").mkdir()
    assert held_out() == before
