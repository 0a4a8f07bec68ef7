"""A wider network begins with the embeddings of the trained one it is grown from."""

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the train extra is not installed")
pytest.importorskip("tensorflow", reason="the train extra is not installed")

from gallery.errors import DataRejected  # noqa: E402
from gallery.training.export import serving_network  # noqa: E402
from gallery.training.grow import embedder_of, grow  # noqa: E402
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


def test_a_shipped_file_holds_the_network_to_grow_from(tmp_path: Path) -> None:
    trained = residual(NARROW)
    serving_network(trained, 0.5, mirrored=True).save(tmp_path / "model.keras")
    found = embedder_of(tmp_path / "model.keras")
    assert [weights.shape for weights in found.weights] == [w.shape for w in trained.weights]


def test_a_wider_network_cannot_be_grown_into_a_narrower() -> None:
    with pytest.raises(DataRejected, match="has a weight of"):
        grow(residual(NARROW), residual(WIDE))


@pytest.mark.parametrize(
    "other", [ResidualShape(8, (8, 16), (1, 2)), ResidualShape(8, (8, 16), (1, 1), Pooling.MAX)]
)
def test_a_network_of_other_layers_is_refused(other: ResidualShape) -> None:
    with pytest.raises(DataRejected, match="other layers"):
        grow(residual(WIDE), residual(other))


def test_a_file_that_is_no_embedder_is_refused(tmp_path: Path) -> None:
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(tmp_path / "other.keras")
    with pytest.raises(DataRejected, match="no model of `gallery train`"):
        embedder_of(tmp_path / "other.keras")
    (tmp_path / "broken.keras").write_bytes(b"not a model")
    with pytest.raises(DataRejected, match="cannot be read"):
        embedder_of(tmp_path / "broken.keras")
