"""The steps of Muon on the kernels of convolutions."""

from __future__ import annotations

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the train extra is not installed")

from gallery.training.muon import ConvolutionMuon  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

RATE = 0.01


def moved(shape: tuple[int, ...], gradient: np.ndarray) -> np.ndarray:
    """How far one step without weight decay moves a variable of zeros."""
    variable = keras.Variable(np.zeros(shape, np.float32))
    optimizer = ConvolutionMuon(RATE, weight_decay=0.0, adam_weight_decay=0.0)
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor(gradient)])
    return keras.ops.convert_to_numpy(variable)


def test_every_direction_of_a_kernel_moves_about_as_far() -> None:
    rng = np.random.default_rng(0)
    left, _ = np.linalg.qr(rng.standard_normal((36, 8)))
    right, _ = np.linalg.qr(rng.standard_normal((8, 8)))
    steep = (left * np.geomspace(1, 0.1, 8)) @ right  # singular values from 1 to 0.1
    step = moved((3, 3, 4, 8), steep.reshape(3, 3, 4, 8).astype(np.float32)).reshape(36, 8)
    lengths = np.linalg.svd(step, compute_uv=False) / (RATE * 0.2 * np.sqrt(36))
    assert lengths.min() > 0.5
    assert lengths.max() < 1.5
    assert np.sum(step * steep) < 0  # downhill


def test_a_step_is_about_as_long_as_one_of_adam() -> None:
    gradient = np.random.default_rng(0).standard_normal((3, 3, 64, 64)).astype(np.float32)
    assert np.sqrt(np.mean(moved((3, 3, 64, 64), gradient) ** 2)) == pytest.approx(
        0.2 * RATE, rel=0.3
    )


@pytest.mark.parametrize("shape", [(8,), (8, 48), (5, 5, 1, 8), (4, 3, 8, 1)])
def test_what_is_no_kernel_of_many_channels_is_moved_by_adam(shape: tuple[int, ...]) -> None:
    gradient = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    assert moved(shape, gradient) == pytest.approx(-RATE * np.sign(gradient), rel=1e-2)
