"""A face in a photo, and the crop of it that the network reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

CROP_HEIGHT, CROP_WIDTH = 62, 47


class FaceChoice(StrEnum):
    """What to do with a photo of several people: refuse it, or take the largest face.

    Of the largest, one near the middle of the photo counts for more.
    """

    ONLY = "only"
    LARGEST = "largest"


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the upright photo; it may reach beyond the photo's edge."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height


@dataclass(frozen=True)
class Landmarks:
    """Five (x, y) points in pixels, image left first: eye, eye, nose tip, mouth corners."""

    points: tuple[
        tuple[float, float],
        tuple[float, float],
        tuple[float, float],
        tuple[float, float],
        tuple[float, float],
    ]


@dataclass(frozen=True)
class DetectedFace:
    """One face as a detector saw it; landmarks are None where the detector gives only a box."""

    box: Box
    score: float
    landmarks: Landmarks | None


@dataclass(frozen=True, eq=False)
class FaceCrop:
    """What the network reads: uint8 (62, 47) gray, cut as the model's window asks."""

    pixels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.pixels.dtype != np.uint8 or self.pixels.shape != (CROP_HEIGHT, CROP_WIDTH):
            raise ValueError(f"not a uint8 62 x 47 crop: {self.pixels.dtype} {self.pixels.shape}")
