"""Hair as soft shapes with strands: a mass behind the head and a cap in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Style(StrEnum):
    CROP = "crop"
    SIDE = "side"
    LONG = "long"
    BOB = "bob"
    FRINGE = "fringe"
    BUN = "bun"
    CURLS = "curls"
    RECEDING = "receding"
    BALD = "bald"


@dataclass(frozen=True)
class Hair:
    """colour: RGB, 0..1. height: units above the skull. part: where the parting is, -15..15."""

    style: Style
    colour: tuple[float, float, float]
    height: float
    forehead: float
    part: float
    seed: int

    @property
    def shows_ears(self) -> bool:
        return self.style not in BACK and self.style is not Style.CURLS


BACK = {Style.LONG: (41.0, 78.0), Style.BOB: (40.0, 40.0), Style.FRINGE: (39.0, 60.0)}


def paint_back(photo: Floats, u: Floats, v: Floats, hair: Hair, shift: float) -> Floats:
    """What is seen behind head and shoulders."""
    if hair.style is Style.BUN:
        knot = 1 - np.hypot((u - shift) / 15, (v + 47 + hair.height) / 12)
        return _over(photo, _strands(u, v + 50, hair, 0.85), _edge(knot * 12, 2.5))
    if hair.style is Style.CURLS:
        away = np.hypot(u / (39 + hair.height), (v + 8) / (43 + hair.height))
        wave = 1.5 * _noise(hair.seed + 5, u, v, 4.0)
        return _over(photo, _curls(u, v, hair, 0.8), _edge((1 - away) * 42 + wave, 4.0))
    if hair.style not in BACK:
        return photo
    width, length = BACK[hair.style]
    down = np.maximum(v, 0)
    width = width + 0.05 * down + 1.2 * (np.sin(down / 13 + hair.seed) - np.sin(hair.seed))
    above = np.abs(np.minimum(v, 0) / (46 + hair.height))
    inside = (1 - (np.abs(u / width) ** 2.4 + above**2.4) ** (1 / 2.4)) * width
    wave = 1.2 * _noise(hair.seed + 5, u, np.zeros_like(v), 4.0)
    inside = np.minimum(inside, (length + wave - v) * 0.8)
    return _over(photo, _strands(u, v, hair, 0.72), _edge(inside, 3.0))


def paint_front(
    photo: Floats, u: Floats, v: Floats, hair: Hair, shift: float, head: Floats
) -> Floats:
    """The cap over skull and forehead, down to the hairline."""
    if hair.style is Style.BALD:
        return photo
    tall = 43 + hair.height
    wide = 32.5 if hair.style in (Style.CROP, Style.RECEDING, Style.BUN, Style.SIDE) else 35.0
    if hair.style is Style.CURLS:
        wide, tall = 38.0, tall + 2
    outline = (np.abs(u / wide) ** 2.4 + np.abs(np.minimum(v, 0) / tall) ** 2.4) ** (1 / 2.4)
    rough = 0.5 * _noise(hair.seed + 9, u, v, 3.0)
    cap = (1 - outline) * 34 + rough
    line = _hairline(u, hair) + shift + 1.3 * _noise(hair.seed + 3, u, v, 2.2)
    below = line - v
    soft = 7.0 if hair.style in (Style.CROP, Style.RECEDING) else 4.5
    alpha = _edge(cap, 2.5) * _edge(below, soft)
    shadow = _edge(below + 4, 9.0) * head * 0.30
    photo = photo * (1 - shadow[..., None])
    texture = _curls if hair.style is Style.CURLS else _strands
    return _over(photo, texture(u, v, hair, 1.0), alpha)


def _hairline(u: Floats, hair: Hair) -> Floats:
    """How far down the hair reaches, by u."""
    across = np.abs(u) / 31
    forehead = -hair.forehead
    if hair.style is Style.FRINGE:
        return forehead + 10 + 30 * np.clip(across - 0.72, 0, 1) * 4 ** np.clip(across, 0, 1.2)
    if hair.style is Style.RECEDING:
        return (
            forehead
            - 6
            - 7 * np.exp(-(((across - 0.5) / 0.22) ** 2))
            + 34 * np.clip(across - 0.66, 0, 1) * 2.3
        )
    if hair.style in (Style.LONG, Style.BOB, Style.SIDE):
        from_part = (u - hair.part) / 31
        sweep = 13 * np.abs(from_part) ** 1.3
        sides = 75 if hair.style is not Style.SIDE else 45
        return forehead - 5 + sweep + sides * np.clip(across - 0.70, 0, 1) * 2
    return forehead + 2 * across + 42 * np.clip(across - 0.68, 0, 1) * 2


def _strands(u: Floats, v: Floats, hair: Hair, light: float) -> Floats:
    """Strands that run away from the parting, and a band of light over the crown."""
    du, dv = u - hair.part, v + 44
    angle = np.arctan2(du, dv + 30) * 40
    along = np.hypot(du, dv + 30) / 14
    fine = _noise(hair.seed, angle, along, 0.55) + 0.7 * _noise(hair.seed + 1, angle, along, 1.6)
    band = np.exp(-(((np.hypot(u * 1.15, v + 8) - 33) / 9) ** 2)) * (v < 0)
    return _tinted(hair, light * (1 + 0.14 * fine + 0.45 * band * (0.7 + 0.2 * fine)))


def _curls(u: Floats, v: Floats, hair: Hair, light: float) -> Floats:
    bumps = _noise(hair.seed, u, v, 2.0) + 0.8 * _noise(hair.seed + 1, u, v, 4.5)
    return _tinted(hair, light * (1 + 0.17 * bumps))


def _tinted(hair: Hair, light: Floats) -> Floats:
    colour = np.array(hair.colour, np.float32)
    return (colour * np.clip(light, 0.25, 2.5)[..., None]).astype(np.float32)


def _noise(seed: int, x: Floats, y: Floats, size: float) -> Floats:
    """Smooth noise of deviation about 1 whose lumps are `size` units wide."""
    where_x = np.asarray(x / size + 128, np.float32)
    where_y = np.asarray(y / size + 128, np.float32)
    return cv2.remap(_tile(seed), where_x, where_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


@lru_cache(maxsize=16)
def _tile(seed: int) -> Floats:
    tile = np.random.default_rng(seed).standard_normal((256, 256)).astype(np.float32)
    tile = cv2.GaussianBlur(tile, (0, 0), 0.8, borderType=cv2.BORDER_REFLECT)
    return np.asarray(tile / tile.std(), np.float32)


def _over(below: Floats, above: Floats, alpha: Floats) -> Floats:
    return below + (above - below) * alpha[..., None]


def _edge(inside: Floats, softness: float) -> Floats:
    return np.clip(inside / softness + 0.5, 0, 1).astype(np.float32)
