"""What is served is what was trained; what is exported is the same, in a form that 8 bits hold."""

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the train extra is not installed")

from gallery.training.export import embedder_in, evened, serving_network  # noqa: E402
from gallery.training.network import Pooling, ResidualShape, build  # noqa: E402
from gallery.training.recipe import Architecture  # noqa: E402


def trained(pooling: Pooling) -> Any:
    """A small network with normalisation that is not the identity."""
    keras.utils.set_random_seed(1)
    network = build(Architecture.RESIDUAL, ResidualShape(8, (8, 16), (1, 1), pooling))
    rng = np.random.default_rng(1)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.1, 3, w.shape) for w in layer.get_weights()])
    return network


@pytest.mark.parametrize("pooling", list(Pooling))
def test_the_exported_network_has_the_points_of_the_trained_one(pooling: Pooling) -> None:
    network = trained(pooling)
    crops = np.random.default_rng(2).uniform(0, 255, (4, 62, 47, 1)).astype(np.float32)
    exported = evened(serving_network(network, 0.5, mirrored=False))
    assert np.allclose(exported(crops), 0.5 * np.asarray(network(crops)), atol=1e-5)


def test_every_input_of_the_exported_dense_layer_reaches_as_far() -> None:
    exported = evened(serving_network(trained(Pooling.SPATIAL), 0.5, mirrored=False))
    kernel, _ = embedder_in(exported).get_layer("embedding").get_weights()
    assert np.allclose(np.abs(kernel).max(axis=1), 1)


def test_a_served_network_keeps_the_weights_to_go_on_training_with() -> None:
    network = trained(Pooling.SPATIAL)
    served = serving_network(network, 0.5, mirrored=True)
    evened(served)
    kept = embedder_in(served).get_weights()
    assert all(map(np.array_equal, kept, network.get_weights()))
