"""A wider network begins with the embeddings of the trained one it is grown from."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the train extra is not installed")
pytest.importorskip("tensorflow", reason="the train extra is not installed")

from gallery.errors import DataRejected  # noqa: E402
from gallery.training.grow import grow  # noqa: E402
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
