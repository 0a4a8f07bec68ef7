"""Wherever a face stands in the photo, the network reads it in the same place."""

import math
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from gallery.detector.haar import Haar
from gallery.detector.yunet import YuNet
from gallery.domain.face import Box, DetectedFace, Landmarks
from gallery.domain.picture import Picture
from gallery.errors import FaceUnusable
from gallery.imaging.align import TEMPLATE, align, align_for_training, window_transform
from gallery.imaging.decode import decode
from gallery.imaging.measure import outside

TRAINING_INDEX = Path(__file__).parents[3] / "shared" / "faces" / "train" / "index.npz"


def face_at(points: np.ndarray) -> DetectedFace:
    one, two, three, four, five = ((float(x), float(y)) for x, y in points)
    left, top = points.min(axis=0)
    width, height = points.max(axis=0) - points.min(axis=0)
    return DetectedFace(
        Box(float(left), float(top), float(width), float(height)),
        0.9,
        Landmarks((one, two, three, four, five)),
    )


def umeyama(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Umeyama (1991), equations 40 to 43, by singular value decomposition."""
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    centred = source - source_mean
    u, d, vt = np.linalg.svd((target - target_mean).T @ centred / len(source))
    sign = np.diag([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ sign @ vt
    scale = np.trace(np.diag(d) @ sign) / centred.var(axis=0).sum()
    result = np.eye(3)
    result[:2, :2] = scale * rotation
    result[:2, 2] = target_mean - scale * rotation @ source_mean
    return result


def apply(transform: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ transform[:2, :2].T + transform[:2, 2]


def turned(degrees: float, scale: float, x: float, y: float) -> np.ndarray:
    c, s = (scale * f(math.radians(degrees)) for f in (math.cos, math.sin))
    return np.array([[c, -s, x], [s, c, y], [0, 0, 1]])


def test_the_template_stands_where_the_training_crops_have_it() -> None:
    # (u, v) = (38.2946, 51.6963): x = 23.5 + 0.5675 * -17.6054, y = 22 + 0.5675 * 0.0963
    assert TEMPLATE[0] == pytest.approx([13.5089, 22.0547], abs=1e-3)
    assert TEMPLATE[4] == pytest.approx([31.9160, 45.0428], abs=1e-3)


def test_the_transform_is_the_one_of_umeyama() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        where = turned(rng.uniform(-180, 180), rng.uniform(0.3, 30), *rng.uniform(-99, 999, 2))
        points = apply(where, TEMPLATE) + rng.normal(0, 2, (5, 2))
        expected = umeyama(points, TEMPLATE)
        np.testing.assert_allclose(window_transform(face_at(points)), expected, atol=1e-7)


@pytest.mark.parametrize("degrees", [0, 25, 90, 180, -60])
@pytest.mark.parametrize("scale", [1, 2.3, 11])
def test_a_turned_and_enlarged_face_gives_the_same_crop(degrees: float, scale: float) -> None:
    rng = np.random.default_rng(8)
    pattern = cv2.resize(rng.integers(0, 256, (9, 7)).astype(np.uint8), (70, 90))
    pattern = np.repeat(cv2.GaussianBlur(pattern, (0, 0), 3)[:, :, None], 3, axis=2)
    upright = Picture(pattern.astype(np.uint8))
    place = np.array([[1, 0, 12], [0, 1, 14], [0, 0, 1]])
    where = turned(degrees, scale, 60 * scale, 70 * scale) @ np.array(
        [[1, 0, -35], [0, 1, -45], [0, 0, 1]]
    )
    side = round(140 * scale)
    photo = cv2.warpAffine(upright.pixels, where[:2], (side, side), flags=cv2.INTER_CUBIC)
    points = apply(place, TEMPLATE)
    one = align(upright, face_at(points)).pixels.astype(float)
    other = align(Picture(photo.astype(np.uint8)), face_at(apply(where, points))).pixels
    assert np.abs(one - other).mean() < 2.5


def test_shrinking_a_fine_pattern_gives_its_mean_and_not_a_moire() -> None:
    pixels = np.zeros((1200, 1000, 3), np.uint8)
    pixels[::2, ::2] = pixels[1::2, 1::2] = 255
    crop = align(Picture(pixels), face_at(TEMPLATE * 17 + 60)).pixels
    assert crop.std() < 6
    assert crop.mean() == pytest.approx(127, abs=4)


@pytest.mark.parametrize("shift", [-300, -20, 0, 60])
def test_beyond_a_white_photo_all_is_white(shift: float) -> None:
    white = Picture(np.full((62, 47, 3), 255, np.uint8))
    assert align(white, face_at(TEMPLATE * 3 + shift)).pixels.min() == 255


@pytest.mark.parametrize("scale", [1, 4])
def test_beyond_the_photo_stands_the_mean_of_what_is_seen(scale: int) -> None:
    rng = np.random.default_rng(6)
    gray = cv2.GaussianBlur(rng.integers(0, 256, (300, 200)).astype(np.uint8), (0, 0), 3)
    gray[:3] = 250  # an edge that would make stripes
    picture = Picture(np.repeat(gray[..., None], 3, axis=2).astype(np.uint8))
    cut = align(picture, face_at((TEMPLATE - np.array([0, 20])) * scale)).pixels
    inside, beyond = cut[21:], cut[:19]
    assert np.ptp(beyond) <= 1
    assert beyond.mean() == pytest.approx(inside.mean(), abs=6)


@pytest.mark.parametrize("shift", [0, 12])  # window pixels: inside the photo, and beyond its edge
def test_a_face_of_many_pixels_is_cut_as_one_of_few_and_costs_no_more(shift: float) -> None:
    rng = np.random.default_rng(7)
    face = cv2.GaussianBlur(rng.integers(0, 256, (67, 52, 3)).astype(np.uint8), (0, 0), 2)
    crops = []
    for scale in (2, 40):
        size = (52 * scale, 67 * scale)
        photo = Picture(cv2.resize(face, size, interpolation=cv2.INTER_CUBIC).astype(np.uint8))
        detected = face_at((TEMPLATE + shift + 2) * scale + (scale - 1) / 2)
        tracemalloc.start()
        crops.append(align(photo, detected).pixels.astype(float))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 20_000_000  # as sampled at each source pixel the larger took 70
    assert np.abs(crops[0] - crops[1]).max() < 3


def test_a_face_inside_its_photo_has_nothing_outside() -> None:
    photo = Picture(np.zeros((62, 47, 3), np.uint8))
    assert outside(photo, face_at(TEMPLATE)) == 0
    assert outside(photo, face_at(TEMPLATE + np.array([2, -3]))) == 0  # the rim alone
    assert outside(photo, face_at(TEMPLATE - np.array([0, 31]))) == pytest.approx(0.5, abs=0.02)
    assert outside(photo, face_at(TEMPLATE + np.array([500, 0]))) == 1


def test_gray_is_the_usual_weighting_of_red_green_and_blue() -> None:
    pixels = np.zeros((80, 60, 3), np.uint8)
    pixels[:] = (200, 100, 50)
    crop = align(Picture(pixels), face_at(TEMPLATE))
    assert crop.pixels[30, 20] == round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)


def test_a_photo_of_many_pixels_a_side_is_cut() -> None:
    pixels = np.full((100, 40000, 3), 90, np.uint8)
    assert align(Picture(pixels), face_at(TEMPLATE + np.array([39000, 10]))).pixels.max() == 90


def test_landmarks_on_one_point_are_refused() -> None:
    with pytest.raises(FaceUnusable, match="on one point"):
        window_transform(face_at(np.full((5, 2), 7.0)))


def test_the_training_crop_is_the_same_view_larger_with_a_margin() -> None:
    rng = np.random.default_rng(4)
    photo = cv2.GaussianBlur(rng.integers(0, 256, (400, 400, 3)).astype(np.uint8), (0, 0), 9)
    picture = Picture(photo.astype(np.uint8))
    face = face_at(apply(turned(10, 3, 130, 100), TEMPLATE))
    large = align_for_training(picture, face)
    assert large.shape == (96, 80)
    assert large.dtype == np.uint8
    view = np.array([[1 / 1.25, 0, -8.5], [0, 1 / 1.25, -8.4]])
    small = cv2.warpAffine(large, view, (47, 62))
    assert np.abs(small.astype(float) - align(picture, face).pixels).mean() < 1.5


def test_a_box_alone_puts_the_face_near_where_landmarks_put_it(sample_photos: list[Path]) -> None:
    yunet, haar, apart = YuNet(), Haar(), []
    for photo in sample_photos:
        picture = decode(photo.read_bytes())
        (face,), (box,) = yunet.detect(picture), haar.detect(picture)
        assert face.landmarks is not None
        apart.append(apply(window_transform(box), np.array(face.landmarks.points)) - TEMPLATE)
    assert np.abs(np.mean(apart, axis=(0, 1))).max() < 4


def test_boxes_of_lfw_put_the_face_where_the_network_expects_it(lfw_photos: list[Path]) -> None:
    yunet, haar, apart = YuNet(), Haar(), []
    for photo in lfw_photos[:60]:
        picture = decode(photo.read_bytes())
        faces, boxes = yunet.detect(picture), haar.detect(picture)
        if len(faces) == len(boxes) == 1 and faces[0].landmarks is not None:
            points = np.array(faces[0].landmarks.points)
            apart.append(apply(window_transform(boxes[0]), points) - TEMPLATE)
    assert np.abs(np.median(apart, axis=0)).max() < 2.5


def test_landmarks_of_lfw_stand_where_those_of_the_training_crops_do(
    lfw_photos: list[Path],
) -> None:
    if not TRAINING_INDEX.is_file():
        pytest.skip(f"no training crops at {TRAINING_INDEX}")
    with np.load(TRAINING_INDEX) as index:
        trained = index["landmarks"].astype(float).mean(axis=0)
    yunet, stand = YuNet(), []
    for photo in lfw_photos[:200]:
        face = yunet.detect(decode(photo.read_bytes()))[0]
        assert face.landmarks is not None
        stand.append(apply(window_transform(face), np.array(face.landmarks.points)))
    assert np.abs(np.mean(stand, axis=0) - trained).max() < 0.5
