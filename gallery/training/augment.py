"""What real photos do to a face: a crop becomes a 62 x 47 window, differently each time."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.domain.face import CROP_HEIGHT as WINDOW_HEIGHT
from gallery.domain.face import CROP_WIDTH as WINDOW_WIDTH
from gallery.training.dataset import CROP_MARGIN_X, CROP_MARGIN_Y, CROP_SCALE

LOOSE_SHARE = 0.15  # as a detector that gives a box and no landmarks would crop
WINDOW_CENTRE = np.array([(WINDOW_WIDTH - 1) / 2, (WINDOW_HEIGHT - 1) / 2])


def window(crop: NDArray[np.uint8], mirror: bool = False) -> NDArray[np.uint8]:
    """The window of a (96, 80) crop as the aligner cuts it, or its mirror image: (62, 47) uint8."""
    return cut(crop, to_crop(scale=1.0, turn=0.0, shift=np.zeros(2), mirror=mirror))


def windows(crops: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The unchanged windows of (N, 96, 80) crops: (N, 62, 47) uint8."""
    return np.stack([window(crop) for crop in crops])


def augmented(
    crops: NDArray[np.uint8], rng: np.random.Generator, unchanged: float = 0.0
) -> NDArray[np.float32]:
    """Random views of (N, 96, 80) crops: float32 (N, 62, 47, 1) in 0..255.

    unchanged: the share of them that are the window as the aligner cuts it, or its mirror image.
    """
    seen = np.empty((len(crops), WINDOW_HEIGHT, WINDOW_WIDTH, 1), np.float32)
    mirror = rng.random(len(crops)) < 0.5
    as_cut = rng.random(len(crops)) < unchanged
    for i in np.flatnonzero(as_cut):
        seen[i, ..., 0] = window(crops[i], bool(mirror[i]))
    others = np.flatnonzero(~as_cut)
    if len(others):
        seen[others] = photographed(_misaligned(crops[others], mirror[others], rng), rng)
    return seen


def _misaligned(
    crops: NDArray[np.uint8], mirror: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Windows as an aligner that errs would cut them, mirrored where asked: (N, 62, 47) uint8."""
    count = len(crops)
    loose = rng.random(count) < LOOSE_SHARE
    scale = np.exp(rng.normal(0, np.where(loose, 0.09, 0.035)))
    turn = np.deg2rad(rng.normal(0, np.where(loose, 8.0, 3.5)))
    shift = rng.normal(0, np.where(loose, 2.5, 0.9), (2, count)).T
    return np.stack(
        [cut(crops[i], to_crop(scale[i], turn[i], shift[i], bool(mirror[i]))) for i in range(count)]
    )


def photographed(views: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Views (N, 62, 47) with other light, blur, noise and the like: float32 (N, 62, 47, 1)."""
    worn = np.stack([_worn(view, rng) for view in views])
    return _relit(worn.astype(np.float32), rng)[..., None]


def to_crop(
    scale: float, turn: float, shift: NDArray[np.float64], mirror: bool
) -> NDArray[np.float64]:
    """(2, 3) matrix from the pixels of a view to those of the crop it is cut from.

    scale: crop pixels a view pixel spans, in units of the unchanged window's. turn: in radians.
    shift: (2,), in window pixels.
    """
    cos, sin = np.cos(turn) * scale, np.sin(turn) * scale
    linear = np.array([[cos, -sin], [sin, cos]]) * CROP_SCALE
    if mirror:
        linear[:, 0] = -linear[:, 0]
    centre = CROP_SCALE * (WINDOW_CENTRE + shift + (CROP_MARGIN_X, CROP_MARGIN_Y))
    return np.column_stack([linear, centre - linear @ WINDOW_CENTRE])


def cut(crop: NDArray[np.uint8], from_view: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The view of a (96, 80) crop by a matrix of `to_crop`: (62, 47) uint8."""
    view = cv2.warpAffine(
        crop,
        from_view,
        (WINDOW_WIDTH, WINDOW_HEIGHT),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(view, np.uint8)


def _worn(crop: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Blur, fewer pixels, JPEG and occlusion, each on a share of the images."""
    image: Any = crop
    blur, small, jpeg, hidden = rng.random(4)
    if blur < 0.15:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.5))
    if small < 0.12:
        factor = rng.uniform(0.35, 0.8)
        size = (int(WINDOW_WIDTH * factor), int(WINDOW_HEIGHT * factor))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        image = cv2.resize(image, (WINDOW_WIDTH, WINDOW_HEIGHT), interpolation=cv2.INTER_LINEAR)
    if jpeg < 0.12:
        quality = int(rng.integers(20, 80))
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    if hidden < 0.12:
        height, width = rng.integers(8, 26), rng.integers(8, 26)
        top = rng.integers(0, WINDOW_HEIGHT - height)
        left = rng.integers(0, WINDOW_WIDTH - width)
        image = image.copy()
        image[top : top + height, left : left + width] = rng.integers(0, 256)
    return np.asarray(image, np.uint8)


def _relit(images: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Gamma, contrast, brightness, light from one side, and noise; the whole batch at once."""
    count = len(images)

    def each(low: float, high: float) -> NDArray[np.float32]:
        return rng.uniform(low, high, (count, 1, 1)).astype(np.float32)

    bent = rng.random((count, 1, 1)) < 0.5
    gamma = np.where(bent, np.exp(each(-0.4, 0.4)), np.float32(1))
    images = np.float32(255) * (images / np.float32(255)) ** gamma
    images = (images - 128) * np.exp(each(-0.35, 0.25)) + 128 + each(-25, 25)
    across = np.linspace(-1, 1, WINDOW_WIDTH, dtype=np.float32)[None, None, :]
    down = np.linspace(-1, 1, WINDOW_HEIGHT, dtype=np.float32)[None, :, None]
    images *= 1 + each(-0.25, 0.25) * across + each(-0.15, 0.15) * down
    noise = rng.standard_normal(images.shape, dtype=np.float32)
    images += noise * np.maximum(each(-8, 8), 0)
    return np.clip(images, 0, 255, out=images)
