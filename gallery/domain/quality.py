"""How usable a face is, in numbers, and the limits that refuse one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gallery.errors import FaceUnusable


@dataclass(frozen=True)
class Quality:
    """Measured on one face.

    detection_score: 0..1. face_width: width of the face in source pixels.
    sharpness: variance of the Laplacian of the gray crop. brightness, contrast: mean and standard
    deviation of the gray crop, 0..255. yaw: how far the nose stands from the middle of the eyes,
    in eye distances, 0 = frontal; None without landmarks.
    """

    detection_score: float
    face_width: float
    sharpness: float
    brightness: float
    contrast: float
    yaw: float | None


@dataclass(frozen=True)
class QualityLimits:
    """Outside these a face is refused: faces that show little all look alike to a network.

    Measured with the model residual-48-v1 on LFW photos made worse, at threshold 0.4. Of 120
    people, 0.2 % of the pairs of different people match as the photos are, and
    1.2 % when blurred to sharpness 29, 9.6 % to 15;
    1.3 % when darkened, fogged or washed out to contrast 9 to 14, 14 to 98 % to 4 or 5.
    Of 200 pairs of one person 60 % match as they are, 49 % with one face 25 px wide, 39 % at
    20 px, 10 % at 17 px.
    The worst of 8,120 LFW faces are 59 px wide, sharpness 53, contrast 17, brightness 47 and 198;
    6 of them (0.07 %) are turned beyond a yaw of 1, and nothing else is refused.

    max_outside: the share of the face beyond the photo's edges. With residual-48-v6, of the pairs
    of different people on View 1 of LFW 0.12 % match as they are, and with both photos cut at the
    top 0.34 % where 24 % of the face are gone and 1.2 % at 36 %.
    """

    min_face_width: float = 24.0
    min_sharpness: float = 30.0
    min_brightness: float = 25.0
    max_brightness: float = 230.0
    min_contrast: float = 12.0
    max_yaw: float = 1.0
    max_outside: float = 0.2


class Weakness(StrEnum):
    """What is poor in a face that is usable."""

    SMALL = "small"
    DARK = "dark"
    BRIGHT = "bright"
    FLAT = "flat"
    BLURRED = "blurred"


MEASURED = QualityLimits(
    min_face_width=59, min_sharpness=53, min_brightness=47, max_brightness=198, min_contrast=17
)
"""The worst of 8,120 LFW faces: what the figures of a model were measured on."""


def weaknesses(quality: Quality, measured: QualityLimits = MEASURED) -> tuple[Weakness, ...]:
    """Where a face is worse than any that the model was measured on."""
    found = {
        Weakness.SMALL: quality.face_width < measured.min_face_width,
        Weakness.DARK: quality.brightness < measured.min_brightness,
        Weakness.BRIGHT: quality.brightness > measured.max_brightness,
        Weakness.FLAT: quality.contrast < measured.min_contrast,
        Weakness.BLURRED: quality.sharpness < measured.min_sharpness,
    }
    return tuple(weakness for weakness, poor in found.items() if poor)


def check(quality: Quality, limits: QualityLimits) -> None:
    """Raise FaceUnusable at the first limit missed, with the number, the limit and the remedy."""
    if quality.face_width < limits.min_face_width:
        raise FaceUnusable(
            f"the face is {_too_little(quality.face_width)} px wide; "
            f"{_number(limits.min_face_width)} are needed. Use a larger photo"
        )
    if quality.brightness < limits.min_brightness:
        raise FaceUnusable(
            f"the face is too dark: brightness {_too_little(quality.brightness)}; "
            f"{_number(limits.min_brightness)} is needed. Use a photo with more light"
        )
    if quality.brightness > limits.max_brightness:
        raise FaceUnusable(
            f"the face is too bright: brightness {_number(_too_much(quality.brightness, 1))}; "
            f"at most {_number(limits.max_brightness)} is usable. Use a photo with less light"
        )
    if quality.contrast < limits.min_contrast:
        raise FaceUnusable(
            f"the face is too flat: contrast {_too_little(quality.contrast)}; "
            f"{_number(limits.min_contrast)} is needed. Use a photo with clearer light"
        )
    if quality.sharpness < limits.min_sharpness:
        raise FaceUnusable(
            f"the face is blurred: sharpness {_too_little(quality.sharpness)}; "
            f"{_number(limits.min_sharpness)} is needed. Use a sharper photo"
        )
    if quality.yaw is not None and quality.yaw > limits.max_yaw:
        raise FaceUnusable(
            f"the face is turned away: yaw {_too_much(quality.yaw, 2):.2f}; "
            f"at most {limits.max_yaw:.2f} is usable. Use a photo that faces the camera"
        )


def check_outside(outside: float, limits: QualityLimits) -> None:
    """Raise FaceUnusable where too large a share of a face lies beyond the photo's edges."""
    if outside > limits.max_outside:
        raise FaceUnusable(
            f"{_too_much(outside, 2):.0%} of the face lie beyond the edge of the photo; at most "
            f"{limits.max_outside:.0%} may. Use a photo with the whole face in it"
        )


def _too_little(value: float) -> str:
    """Rounded down, so that it is told as less than a limit that it misses by little."""
    return _number(float(np.floor(10 * value)) / 10)


def _too_much(value: float, digits: int) -> float:
    """Rounded up, for the same reason; what rounding of floats adds is left out."""
    return float(np.ceil(np.round(value * 10.0**digits, 6))) / 10.0**digits


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
