"""The second teacher: its network as it is put together, and where its weights come from."""

import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the train extra is not installed")
pytest.importorskip("tensorflow", reason="the train extra is not installed")

from gallery.errors import DataRejected  # noqa: E402
from gallery.training import dlib_teacher  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def drawn_weights() -> dict[str, np.ndarray]:
    """Weights of the shapes that dlib's network has, at random."""
    rng = np.random.default_rng(0)
    weights = {"fc": rng.standard_normal((256, 128))}

    def convolution(name: str, size: int, inputs: int, outputs: int) -> None:
        kernel = rng.standard_normal((size, size, inputs, outputs)) / (size * np.sqrt(inputs))
        weights[f"{name}/conv/filters"] = kernel
        weights[f"{name}/conv/bias"] = weights[f"{name}/scale/biases"] = np.zeros(outputs)
        weights[f"{name}/scale/weights"] = np.ones(outputs)

    convolution("conv32_down", 7, 3, 32)
    inputs = 32
    for block in dlib_teacher.BLOCKS:
        outputs = int(block.removeprefix("conv").split("_")[0])
        convolution(f"{block}/conv1", 3, inputs, outputs)
        convolution(f"{block}/conv2", 3, outputs, outputs)
        inputs = outputs
    return {name: values.astype(np.float32) for name, values in weights.items()}


def test_a_crop_and_its_mirror_image_have_one_point() -> None:
    coarse = np.random.default_rng(1).integers(0, 256, (3, 6, 5), np.uint8)
    crops = np.stack([cv2.resize(one, (80, 96), interpolation=cv2.INTER_CUBIC) for one in coarse])
    network = dlib_teacher.build(drawn_weights())
    points = dlib_teacher.points(network, crops)
    assert points.shape == (3, 128)
    assert np.isfinite(points).all()
    mirrored = dlib_teacher.points(network, crops[:, :, ::-1])
    assert np.linalg.norm(points - mirrored) < 0.3 * np.linalg.norm(points - points[::-1])


def test_rounded_weights_are_read_with_their_scale() -> None:
    rounded = {"dtype": "uint8", "scale": 0.5, "min": -1.0}
    entries = [
        {"name": "a", "shape": [2, 1], "dtype": "float32", "quantization": rounded},
        {"name": "b", "shape": [1], "dtype": "float32"},
    ]
    data = bytes([0, 4]) + np.float32(7).tobytes()
    weights = dlib_teacher.unpack(entries, data)
    assert weights["a"].tolist() == [[-1.0], [1.0]]
    assert weights["b"].tolist() == [7.0]


def test_another_package_than_the_one_it_was_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "package.tgz"
    with tarfile.open(path, "w:gz"):
        pass
    with pytest.raises(DataRejected, match="SHA-256 differs"):
        dlib_teacher.fetch(path.as_uri())


def test_a_package_that_cannot_be_had_is_told_with_its_address(tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match=r"nowhere\.tgz cannot be fetched"):
        dlib_teacher.fetch((tmp_path / "nowhere.tgz").as_uri())
