"""Pixels of any Pillow mode as uint8 RGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BACKGROUND = (255, 255, 255)
"""Stands behind what is transparent: white, as pages and viewers show a cut-out portrait."""

_FULL_SCALES = (1.0, 255.0, 65535.0, 4294967295.0)
_BITS_PER_SAMPLE = 258


def to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """uint8 (height, width, 3) of a loaded image; more than 8 bits are scaled, not clipped."""
    if image.mode.startswith(("I", "F")):
        return np.repeat(_to_8_bits(image)[:, :, None], 3, axis=2)
    if image.mode == "LAB":
        image = image.getchannel("L")
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        backdrop = Image.new("RGB", image.size, BACKGROUND)
        backdrop.paste(picture, mask=picture.getchannel("A"))
        return np.array(backdrop)
    return np.array(image.convert("RGB"))


def _to_8_bits(image: Image.Image) -> NDArray[np.uint8]:
    """Gray of more than 8 bits: (height, width) at the full scale that its format or values say."""
    values = np.nan_to_num(np.asarray(image), nan=0.0, posinf=0.0, neginf=0.0)
    if image.mode.startswith("I;16"):
        bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))
        full_scale = 4095.0 if tuple(bits) == (12,) else 65535.0
    else:
        largest = float(values.max(initial=0))
        candidates = _FULL_SCALES if image.mode == "F" else _FULL_SCALES[1:]
        full_scale = next((scale for scale in candidates if largest <= scale), largest)
    scaled = values.astype(np.float32) * np.float32(255.0 / full_scale)
    gray: NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return gray
