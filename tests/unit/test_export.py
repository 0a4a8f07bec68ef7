"""What is served is what was trained; what is exported is the same, in a form that 8 bits hold."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the train extra is not installed")
pytest.importorskip("tensorflow", reason="the train extra is not installed")

from gallery.errors import DataRejected  # noqa: E402
from gallery.training.export import (  # noqa: E402
    embedders_in,
    evened,
    read_embedders,
    serving_network,
)
from gallery.training.network import Pooling, ResidualShape, build  # noqa: E402
from gallery.training.recipe import Architecture  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def trained(pooling: Pooling, seed: int = 1) -> Any:
    """A small network with normalisation that is not the identity."""
    keras.utils.set_random_seed(seed)
    network = build(Architecture.RESIDUAL, ResidualShape(8, (8, 16), (1, 1), pooling))
    rng = np.random.default_rng(seed)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.1, 3, w.shape) for w in layer.get_weights()])
    return network


def crops() -> np.ndarray:
    return np.random.default_rng(2).uniform(0, 255, (4, 62, 47, 1)).astype(np.float32)


@pytest.mark.parametrize("pooling", list(Pooling))
def test_the_exported_network_has_the_points_of_the_trained_one(pooling: Pooling) -> None:
    network = trained(pooling)
    exported = evened(serving_network([network], 0.5, mirrored=False))
    assert np.allclose(exported(crops()), 0.5 * np.asarray(network(crops())), atol=1e-5)


@pytest.mark.parametrize("mirrored", [False, True])
def test_an_ensemble_has_the_mean_of_its_networks_points(mirrored: bool) -> None:
    networks = [trained(Pooling.SPATIAL, seed) for seed in (1, 2)]
    exported = evened(serving_network(networks, 0.5, mirrored))
    views = [crops(), crops()[:, :, ::-1]] if mirrored else [crops()]
    mean = sum(np.asarray(network(view)) for network in networks for view in views)
    mean = 0.5 * mean / np.linalg.norm(mean, axis=1, keepdims=True)
    assert np.allclose(exported(crops()), mean, atol=1e-5)


def test_every_input_of_the_exported_dense_layer_reaches_as_far() -> None:
    networks = [trained(Pooling.SPATIAL, seed) for seed in (1, 2)]
    for embedder in embedders_in(evened(serving_network(networks, 0.5, mirrored=False))):
        kernel, _ = embedder.get_layer("embedding").get_weights()
        assert np.allclose(np.abs(kernel).max(axis=1), 1)


def test_a_served_network_keeps_the_weights_to_go_on_training_with(tmp_path: Path) -> None:
    networks = [trained(Pooling.SPATIAL, seed) for seed in (1, 2)]
    served = serving_network(networks, 0.5, mirrored=True)
    evened(served)
    served.save(tmp_path / "model.keras")
    kept = read_embedders(tmp_path / "model.keras")
    assert len(kept) == 2
    for one, network in zip(kept, networks, strict=True):
        assert all(map(np.array_equal, one.get_weights(), network.get_weights()))


def test_a_file_that_is_no_embedder_is_refused(tmp_path: Path) -> None:
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(tmp_path / "other.keras")
    with pytest.raises(DataRejected, match="no model of `gallery train`"):
        read_embedders(tmp_path / "other.keras")
    (tmp_path / "broken.keras").write_bytes(b"not a model")
    with pytest.raises(DataRejected, match="cannot be read"):
        read_embedders(tmp_path / "broken.keras")
