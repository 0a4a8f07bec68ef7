"""How usable a face is, measured."""

from __future__ import annotations

import math

import cv2
import numpy as np

from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH, DetectedFace, FaceCrop, Landmarks
from gallery.domain.picture import Picture
from gallery.domain.quality import Quality
from gallery.imaging.align import window_transform

_RIM = 0.1
_Y, _X = np.mgrid[
    _RIM * CROP_HEIGHT : (1 - _RIM) * CROP_HEIGHT, _RIM * CROP_WIDTH : (1 - _RIM) * CROP_WIDTH
]
_FACE = np.stack([_X.ravel(), _Y.ravel(), np.ones(_X.size)])
"""(3, N): x, y and 1 of places a pixel apart all over the face, in the window."""


def measure(face: DetectedFace, crop: FaceCrop) -> Quality:
    """The numbers that `gallery.domain.quality.check` holds against the limits."""
    sharpness, brightness, contrast = crop_numbers(crop)
    return Quality(
        detection_score=face.score,
        face_width=face.box.width,
        sharpness=sharpness,
        brightness=brightness,
        contrast=contrast,
        yaw=None if face.landmarks is None else _yaw(face.landmarks),
    )


def crop_numbers(crop: FaceCrop) -> tuple[float, float, float]:
    """Sharpness, brightness and contrast: what the crop alone says."""
    return (
        float(cv2.Laplacian(crop.pixels, cv2.CV_64F).var()),
        float(crop.pixels.mean()),
        float(crop.pixels.std()),
    )


def outside(picture: Picture, face: DetectedFace) -> float:
    """Which share of the face lies beyond the photo's edges: of its window without a rim.

    The rim, a tenth at each side, holds background and hair in a photo that is cut at the face.
    """
    x, y = (np.linalg.inv(window_transform(face)) @ _FACE)[:2]
    inside = (x >= 0) & (x < picture.width) & (y >= 0) & (y < picture.height)
    return float(1 - inside.mean())


def _yaw(landmarks: Landmarks) -> float:
    """How far the nose tip stands from the middle of the eyes, along the line of the eyes."""
    (left_x, left_y), (right_x, right_y), (nose_x, nose_y), *_ = landmarks.points
    across, down = right_x - left_x, right_y - left_y
    distance = math.hypot(across, down)
    if distance == 0:
        return math.inf
    middle_x, middle_y = (left_x + right_x) / 2, (left_y + right_y) / 2
    return abs((nose_x - middle_x) * across + (nose_y - middle_y) * down) / distance**2
