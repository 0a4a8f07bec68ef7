"""Landmarks for a detector that has none, so that its faces stand upright in the crop too."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from gallery.detector.haar import Haar
from gallery.detector.landmarks import SHIPPED, LandmarkNetwork
from gallery.detector.yunet import YuNet
from gallery.domain.face import DetectedFace, Landmarks
from gallery.domain.picture import Picture
from gallery.errors import ModelUnavailable
from gallery.imaging.align import align, window_transform, with_landmarks
from gallery.imaging.decode import decode


def apart(first: DetectedFace, second: DetectedFace) -> float:
    """Mean distance of the points of two faces, in eye distances of the second."""
    assert first.landmarks is not None
    assert second.landmarks is not None
    ours, theirs = np.array(first.landmarks.points), np.array(second.landmarks.points)
    return float(
        np.linalg.norm(ours - theirs, axis=1).mean() / np.linalg.norm(theirs[1] - theirs[0])
    )


def located(picture: Picture) -> DetectedFace:
    """Haar's face with the network's landmarks, as `recognise` finds them."""
    face, network = Haar().detect(picture)[0], LandmarkNetwork()
    for _ in range(2):
        face = with_landmarks(face, network.find(align(picture, face)))
    return face


def test_points_of_the_window_go_where_they_came_from(portrait: bytes) -> None:
    face = YuNet().detect(decode(portrait))[0]
    assert face.landmarks is not None
    points = np.column_stack([np.array(face.landmarks.points), np.ones(5)])
    in_window = (points @ window_transform(face)[:2].T).tolist()
    back = with_landmarks(face, Landmarks(tuple(map(tuple, in_window))))  # type: ignore[arg-type]
    assert apart(back, face) < 1e-9


@pytest.mark.parametrize("degrees", [-12, 0, 12])
def test_the_points_are_near_yunets_also_in_a_tilted_face(
    degrees: int, sample_people: dict[str, list[Path]]
) -> None:
    errors = []
    for photos in sample_people.values():
        upright = decode(photos[0].read_bytes()).pixels
        height, width, _ = upright.shape
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        tilted = cv2.warpAffine(upright, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
        picture = Picture(np.asarray(tilted, np.uint8))
        if Haar().detect(picture):
            errors.append(apart(located(picture), YuNet().detect(picture)[0]))
    assert len(errors) >= 10
    assert np.median(errors) < 0.08


def test_a_damaged_network_is_refused_in_words(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "network")
    network = tmp_path / "network" / "model.tflite"
    network.write_bytes(network.read_bytes()[:-1] + b"?")
    with pytest.raises(ModelUnavailable, match="Install face-gallery again"):
        LandmarkNetwork(tmp_path / "network")
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        LandmarkNetwork(tmp_path / "nowhere")
