"""Pixels of any Pillow mode as uint8 RGB, upright.

A photo of 50 megapixels is 200 MB in Pillow and 150 MB here; a few rows at a time are converted,
as each further copy would be one or two hundred more.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BACKGROUND = (255, 255, 255)
"""Stands behind what is transparent: white, as pages and viewers show a cut-out portrait."""

_BAND_PIXELS = 1_000_000
_FULL_SCALES = (1.0, 255.0, 65535.0, 4294967295.0)
_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0


def to_rgb(image: Image.Image, orientation: int = 1) -> NDArray[np.uint8]:
    """uint8 (height, width, 3) of a loaded image, upright; over 8 bits are scaled, not clipped.

    orientation: as in EXIF, 1 to 8, how the stored picture lies.
    """
    high, wide = (image.width, image.height) if orientation >= 5 else (image.height, image.width)
    upright = np.empty((high, wide, 3), np.uint8)
    stored = _as_stored(upright, orientation)
    deep = image.mode.startswith(("I", "F"))
    full_scale = _full_scale(image) if deep else 0.0
    for top, band in _bands(image):
        rows = stored[top : top + band.height]
        rows[:] = _to_8_bits(band, full_scale)[:, :, None] if deep else _rgb(band)
    if deep and _tiff_tag(image, _PHOTOMETRIC) == _WHITE_IS_ZERO:
        np.subtract(255, upright, out=upright)  # Pillow inverts 8 bits, and no more
    return upright


def _as_stored(upright: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """The same memory, seen the way a camera held like that has stored it."""
    match orientation:
        case 2:
            return upright[:, ::-1]
        case 3:
            return upright[::-1, ::-1]
        case 4:
            return upright[::-1]
        case 5:
            return upright.swapaxes(0, 1)
        case 6:
            return np.rot90(upright, 1)
        case 7:
            return upright[::-1, ::-1].swapaxes(0, 1)
        case 8:
            return np.rot90(upright, -1)
    return upright


def _bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """(first row, these rows), from top to bottom."""
    rows = max(1, _BAND_PIXELS // max(1, image.width))
    if rows >= image.height:
        yield 0, image
        return
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode == "LAB":
        image = image.getchannel("L")
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        backdrop = Image.new("RGB", image.size, BACKGROUND)
        backdrop.paste(picture, mask=picture.getchannel("A"))
        return np.asarray(backdrop)
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _to_8_bits(image: Image.Image, full_scale: float) -> NDArray[np.uint8]:
    """Gray of more than 8 bits: (height, width)."""
    scaled = _values(image).astype(np.float32) * np.float32(255.0 / full_scale)
    gray: NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return gray


def _values(image: Image.Image) -> NDArray[np.generic]:
    values: NDArray[np.generic] = np.nan_to_num(np.asarray(image), nan=0.0, posinf=0.0, neginf=0.0)
    return values


def _tiff_tag(image: Image.Image, tag: int) -> object:
    """None where the tag is not told, or the image is no TIFF."""
    return getattr(image, "tag_v2", {}).get(tag)


def _full_scale(image: Image.Image) -> float:
    """What is white: as the format says, or the smallest usual one that holds all values."""
    if image.mode.startswith("I;16"):
        return 4095.0 if _tiff_tag(image, _BITS_PER_SAMPLE) == (12,) else 65535.0
    largest = max(float(np.max(_values(band), initial=0)) for _, band in _bands(image))
    candidates = _FULL_SCALES if image.mode == "F" else _FULL_SCALES[1:]
    return next((scale for scale in candidates if largest <= scale), largest)
