"""How usable a face is, measured."""

from __future__ import annotations

import math

import cv2

from gallery.domain.face import DetectedFace, FaceCrop, Landmarks
from gallery.domain.quality import Quality


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


def _yaw(landmarks: Landmarks) -> float:
    """How far the nose tip stands from the middle of the eyes, along the line of the eyes."""
    (left_x, left_y), (right_x, right_y), (nose_x, nose_y), *_ = landmarks.points
    across, down = right_x - left_x, right_y - left_y
    distance = math.hypot(across, down)
    if distance == 0:
        return math.inf
    middle_x, middle_y = (left_x + right_x) / 2, (left_y + right_y) / 2
    return abs((nose_x - middle_x) * across + (nose_y - middle_y) * down) / distance**2
