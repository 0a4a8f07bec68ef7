"""A wider network begins with the embeddings of the trained one it is grown from."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the train extra is not installed")
pytest.importorskip("tensorflow", reason="the train extra is not installed")

from gallery.errors import DataRejected  # noqa: E402
from gallery.training.augment import windows  # noqa: E402
from gallery.training.dataset import named_crops  # noqa: E402
from gallery.training.grow import fit_embedding, grow  # noqa: E402
from gallery.training.network import Pooling, ResidualShape, build  # noqa: E402
from gallery.training.recipe import Architecture  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NARROW, WIDE = ResidualShape(8, (8, 16), (1, 1)), ResidualShape(12, (12, 24), (1, 1))


def residual(shape: ResidualShape) -> keras.Model:
    return build(Architecture.RESIDUAL, shape)


def crops() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (4, 62, 47, 1)).astype(np.float32)


def test_a_grown_network_begins_with_the_same_embeddings() -> None:
    trained, network = residual(NARROW), residual(WIDE)
    grow(network, trained)
    assert network.count_params() > trained.count_params()
    assert network.predict(crops(), verbose=0) == pytest.approx(
        trained.predict(crops(), verbose=0), abs=1e-5
    )


def test_the_new_channels_learn() -> None:
    trained, network = residual(NARROW), residual(WIDE)
    grow(network, trained)
    dense = network.get_layer("embedding")
    new_inputs = slice(trained.get_layer("embedding").kernel.shape[0], None)
    assert not np.any(dense.kernel.numpy()[new_inputs])
    network.compile(optimizer="sgd", loss="mse")
    network.fit(crops(), np.eye(4, 48, dtype=np.float32), verbose=0)
    assert np.any(dense.kernel.numpy()[new_inputs])


def test_a_branch_begins_as_the_trained_network_up_to_a_pooling() -> None:
    trained, network = residual(NARROW), residual(NARROW)
    drawn = [weights.numpy() for weights in network.weights]
    grow(network, trained, resolutions=1)
    taken = [
        np.array_equal(own, theirs)
        for own, theirs in zip(network.weights, trained.weights, strict=True)
    ]
    kept = [np.array_equal(own, was) for own, was in zip(network.weights, drawn, strict=True)]
    kernels = [i for i, own in enumerate(network.weights) if own.path.endswith("kernel")]
    # the stem and one block's two convolutions, then the second resolution
    assert [taken[i] for i in kernels] == [True] * 3 + [False] * (len(kernels) - 3)
    assert [kept[i] for i in kernels] == [False] * 3 + [True] * (len(kernels) - 3)


def test_a_network_that_was_taught_other_points_is_turned_towards_the_new_ones() -> None:
    rng = np.random.default_rng(1)
    patterns = rng.integers(0, 256, (8, 12, 10)).repeat(8, axis=1).repeat(8, axis=2)
    identity = np.repeat(np.arange(8, dtype=np.int32), 4)
    images = np.clip(patterns[identity] + rng.normal(0, 5, (32, 96, 80)), 0, 255).astype(np.uint8)
    points = np.eye(48, dtype=np.float32)[identity]
    crops = named_crops(images, identity, np.zeros(32, np.bool_), points)
    network = residual(NARROW)

    def cosine() -> float:
        seen = network.predict(windows(images).astype(np.float32)[..., None], verbose=0)
        return float(np.mean(np.sum(seen * points, axis=1)))

    before = cosine()
    fit_embedding(network, crops)
    assert before < 0.3
    assert cosine() > 0.8


def test_a_branch_cannot_begin_after_more_poolings_than_there_are() -> None:
    with pytest.raises(DataRejected, match="has 1 poolings, not 2"):
        grow(residual(NARROW), residual(NARROW), resolutions=2)


def test_a_wider_network_cannot_be_grown_into_a_narrower() -> None:
    with pytest.raises(DataRejected, match="has a weight of"):
        grow(residual(NARROW), residual(WIDE))


@pytest.mark.parametrize(
    "other", [ResidualShape(8, (8, 16), (1, 2)), ResidualShape(8, (8, 16), (1, 1), Pooling.MAX)]
)
def test_a_network_of_other_layers_is_refused(other: ResidualShape) -> None:
    with pytest.raises(DataRejected, match="other layers"):
        grow(residual(WIDE), residual(other))
