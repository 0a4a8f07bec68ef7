"""A face that shows too little is refused, with the number, the limit and what to do."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from gallery.domain.face import Box, DetectedFace, FaceCrop, Landmarks
from gallery.domain.quality import (
    Quality,
    QualityLimits,
    Weakness,
    check,
    check_outside,
    weaknesses,
)
from gallery.errors import FaceUnusable
from gallery.imaging.measure import measure

GOOD = Quality(
    detection_score=0.9, face_width=90, sharpness=400, brightness=120, contrast=45, yaw=0.1
)


def face_with(points: np.ndarray) -> DetectedFace:
    one, two, three, four, five = ((float(x), float(y)) for x, y in points)
    return DetectedFace(Box(0, 0, 50, 60), 0.93, Landmarks((one, two, three, four, five)))


FRONTAL = np.array([[10.0, 20], [30, 20], [20, 32], [12, 45], [28, 45]])


def test_a_good_face_passes() -> None:
    check(GOOD, QualityLimits())
    check(replace(GOOD, yaw=None), QualityLimits())


def test_a_face_that_the_photo_cuts_off_is_refused() -> None:
    check_outside(0.2, QualityLimits())
    with pytest.raises(
        FaceUnusable, match=r"31% of the face lie beyond .* at most 20% may\. Use a"
    ):
        check_outside(0.31, QualityLimits())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"face_width": 19.6}, "the face is 19.6 px wide; 24 are needed. Use a larger photo"),
        ({"brightness": 12.0}, "the face is too dark: brightness 12; 25 is needed"),
        ({"brightness": 241.26}, "the face is too bright: brightness 241.3; at most 230 is"),
        ({"contrast": 3.0}, "the face is too flat: contrast 3; 12 is needed"),
        ({"sharpness": 15.0}, "the face is blurred: sharpness 15; 30 is needed"),
        ({"yaw": 1.58}, "the face is turned away: yaw 1.58; at most 1.00 is usable"),
        # however near the limit is, the number is not told as the limit
        ({"face_width": 23.99}, "the face is 23.9 px wide; 24 are needed. Use a larger photo"),
        ({"sharpness": 29.999}, "the face is blurred: sharpness 29.9; 30 is needed"),
        ({"brightness": 230.01}, "the face is too bright: brightness 230.1; at most 230 is"),
        ({"yaw": 1.0001}, "the face is turned away: yaw 1.01; at most 1.00 is usable"),
    ],
)
def test_a_refusal_gives_the_number_the_limit_and_the_remedy(
    change: dict[str, float], message: str
) -> None:
    with pytest.raises(FaceUnusable) as refusal:
        check(replace(GOOD, **change), QualityLimits())
    assert refusal.value.message.startswith(message)
    assert " Use a " in refusal.value.message


def test_exactly_at_the_limits_a_face_passes() -> None:
    limits = QualityLimits()
    edge = Quality(
        detection_score=0.7,
        face_width=limits.min_face_width,
        sharpness=limits.min_sharpness,
        brightness=limits.min_brightness,
        contrast=limits.min_contrast,
        yaw=limits.max_yaw,
    )
    check(edge, limits)
    check(replace(edge, brightness=limits.max_brightness), limits)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_flat_crop_is_never_usable(value: int) -> None:
    crop = FaceCrop(np.full((62, 47), value, np.uint8))
    with pytest.raises(FaceUnusable):
        check(measure(face_with(FRONTAL), crop), QualityLimits())


def test_brightness_and_contrast_are_the_mean_and_deviation_of_the_crop() -> None:
    pixels = np.zeros((62, 47), np.uint8)
    pixels[:31] = 200
    quality = measure(face_with(FRONTAL), FaceCrop(pixels))
    assert quality.brightness == pytest.approx(100)
    assert quality.contrast == pytest.approx(100)
    assert quality.face_width == 50
    assert quality.detection_score == 0.93


def test_blurring_lowers_sharpness() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (62, 47)).astype(np.uint8)
    blurred = cv2.GaussianBlur(pixels, (0, 0), 2).astype(np.uint8)
    sharp = measure(face_with(FRONTAL), FaceCrop(pixels)).sharpness
    assert measure(face_with(FRONTAL), FaceCrop(blurred)).sharpness < sharp / 10


@pytest.mark.parametrize("turn", [0.0, 0.4, -1.2])
def test_yaw_is_the_nose_off_the_middle_of_the_eyes_however_the_head_is_tilted(turn: float) -> None:
    crop = FaceCrop(np.zeros((62, 47), np.uint8))
    aside = FRONTAL.copy()
    aside[2, 0] += 5  # a quarter of the 20 px between the eyes
    c, s = np.cos(turn), np.sin(turn)
    tilt = np.array([[c, s], [-s, c]])
    assert measure(face_with(FRONTAL @ tilt), crop).yaw == pytest.approx(0, abs=1e-9)
    assert measure(face_with(aside @ tilt), crop).yaw == pytest.approx(0.25)


def test_eyes_on_one_point_are_turned_away_beyond_any_limit() -> None:
    points = FRONTAL.copy()
    points[1] = points[0]
    quality = measure(face_with(points), FaceCrop(np.zeros((62, 47), np.uint8)))
    with pytest.raises(FaceUnusable, match="turned away"):
        check(replace(GOOD, yaw=quality.yaw), QualityLimits())


def test_a_box_without_landmarks_has_no_yaw() -> None:
    face = DetectedFace(Box(0, 0, 40, 40), 1.0, None)
    assert measure(face, FaceCrop(np.zeros((62, 47), np.uint8))).yaw is None


@pytest.mark.parametrize(
    ("change", "weakness"),
    [
        ({"face_width": 58.0}, Weakness.SMALL),
        ({"brightness": 46.0}, Weakness.DARK),
        ({"brightness": 199.0}, Weakness.BRIGHT),
        ({"contrast": 16.0}, Weakness.FLAT),
        ({"sharpness": 52.0}, Weakness.BLURRED),
    ],
)
def test_a_usable_face_that_is_poorer_than_any_measured_one_is_told(change, weakness) -> None:
    assert weaknesses(GOOD) == ()
    check(replace(GOOD, **change), QualityLimits())
    assert weaknesses(replace(GOOD, **change)) == (weakness,)
