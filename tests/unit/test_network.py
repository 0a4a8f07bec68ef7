"""The networks: sizes, shapes, and both towers of a Siamese pair being one."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the train extra is not installed")

from gallery.training.network import Architecture, Pooling, ResidualShape, build  # noqa: E402
from gallery.training.recipe import distillation, siamese  # noqa: E402


def test_the_seed_network_has_the_seed_number_of_parameters() -> None:
    assert build(Architecture.SEED).count_params() == 99_760


@pytest.mark.parametrize("architecture", list(Architecture))
def test_every_network_turns_a_crop_into_48_numbers(architecture: Architecture) -> None:
    network = build(architecture)
    assert network.input_shape == (None, 62, 47, 1)
    assert network.output_shape == (None, 48)


@pytest.mark.parametrize("pooling", list(Pooling))
def test_residual_embeddings_have_unit_length(pooling: Pooling) -> None:
    network = build(Architecture.RESIDUAL, ResidualShape(8, (8, 16), (1, 1), pooling))
    crops = np.random.default_rng(0).uniform(0, 255, (3, 62, 47, 1)).astype(np.float32)
    lengths = np.linalg.norm(keras.ops.convert_to_numpy(network(crops)), axis=1)
    assert lengths == pytest.approx(np.ones(3), rel=1e-5)


def test_the_learning_rate_falls_along_half_a_cosine() -> None:
    stage = siamese(16, 4, 0.001, patience=3, teacher=False)
    rates = [stage.learning_rate_at(epoch) for epoch in range(16)]
    assert rates[0] == 0.001
    assert rates[8] == pytest.approx(0.0005)
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 0.00001


def test_distillation_learns_from_the_teacher_alone() -> None:
    stage = distillation(8, 64, 0.002)
    assert stage.loss.contrastive == 0
    assert stage.loss.point_wise > 0
