"""Painting one photo: the gray face gets skin, hair, a body, a background and a light.

Coordinates: (u, v) are pixels of the 96 x 80 face crop, counted from the middle between the eyes;
eyes lie at v = 0, 25 apart, the mouth near v = 29, the chin near v = 46, the skull's top at -46.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from synthetic.face_space import TEMPLATE
from synthetic.hair import Hair, paint_back, paint_front

Floats = NDArray[np.float32]
Colour = tuple[float, float, float]

PHOTO_HEIGHT, PHOTO_WIDTH = 340, 280
PIXELS_PER_UNIT = 2.25
EYES = np.array([(TEMPLATE[0] + TEMPLATE[1]) / 2])[0]


@dataclass(frozen=True)
class Appearance:
    """What stays with a person from photo to photo, beside the face. Colours are RGB, 0..1."""

    skin: Colour
    lip_red: float
    iris: Colour
    jaw: float
    hair: Hair
    clothes: Colour
    neckline: float


@dataclass(frozen=True)
class Shot:
    """What differs between two photos of a person.

    turn in radians; zoom around 1; shift in photo pixels; light: where it comes from, (right,
    down), each about -0.3..0.3; exposure around 1; warmth around 0; background: two RGB colours.
    """

    turn: float
    zoom: float
    shift: tuple[float, float]
    light: tuple[float, float]
    exposure: float
    warmth: float
    contrast: float
    background: tuple[Colour, Colour]
    background_angle: float
    clothes: Colour
    hair_shift: float
    noise_seed: int


def paint(face: Floats, person: Appearance, shot: Shot) -> NDArray[np.uint8]:
    """uint8 (340, 280, 3) RGB: the standardised gray face (96, 80) made into a photo."""
    rng = np.random.default_rng(shot.noise_seed)
    u, v = _face_coordinates(shot)
    photo = _background(shot, rng)
    photo = paint_back(photo, u, v, person.hair, shot.hair_shift)
    photo = _body(photo, u, v, person, shot)
    if person.hair.shows_ears:
        photo = _ears(photo, u, v, person)
    photo = _over(photo, _skin(face, u, v, person, shot), _head(u, v, person.jaw))
    photo = paint_front(photo, u, v, person.hair, shot.hair_shift, _head(u, v, person.jaw))
    return _developed(photo, shot, rng)


def _face_coordinates(shot: Shot) -> tuple[Floats, Floats]:
    y, x = np.mgrid[:PHOTO_HEIGHT, :PHOTO_WIDTH].astype(np.float32)
    x = (x - PHOTO_WIDTH / 2 - shot.shift[0]) / (PIXELS_PER_UNIT * shot.zoom)
    y = (y - 0.45 * PHOTO_HEIGHT - shot.shift[1]) / (PIXELS_PER_UNIT * shot.zoom)
    cos, sin = np.cos(shot.turn), np.sin(shot.turn)
    return np.float32(cos) * x + np.float32(sin) * y, np.float32(cos) * y - np.float32(sin) * x


def _over(below: Floats, above: Floats, alpha: Floats) -> Floats:
    return below + (above - below) * alpha[..., None]


def _edge(inside: Floats, softness: float) -> Floats:
    """0..1 of a field that is positive inside and zero at the border, in units."""
    return np.clip(inside / softness + 0.5, 0, 1)


def _background(shot: Shot, rng: np.random.Generator) -> Floats:
    y, x = np.mgrid[:PHOTO_HEIGHT, :PHOTO_WIDTH].astype(np.float32)
    x, y = x / PHOTO_WIDTH - 0.5, y / PHOTO_HEIGHT - 0.5
    along = np.cos(shot.background_angle) * x + np.sin(shot.background_angle) * y
    cloud = cv2.resize(
        rng.standard_normal((5, 4)), (PHOTO_WIDTH, PHOTO_HEIGHT), interpolation=cv2.INTER_CUBIC
    )
    mix = np.clip(0.5 + 0.8 * along + 0.08 * cloud, 0, 1)[..., None]
    first, second = (np.array(colour, np.float32) for colour in shot.background)
    fall_off = 1 - 0.35 * (x * x + y * y)[..., None]
    return ((first * (1 - mix) + second * mix) * fall_off).astype(np.float32)


def _head(u: Floats, v: Floats, jaw: float) -> Floats:
    """Alpha of the head: an egg whose lower half is squarer the higher the jaw (2..2.8)."""
    half_width = np.where(v < 0, 31.0, 31.0 - 0.02 * np.maximum(v, 0))
    half_height = np.where(v < 0, 43.0, 47.5)
    power = np.where(v < 0, 2.3, jaw)
    away = (np.abs(u / half_width) ** power + np.abs(v / half_height) ** power) ** (1 / power)
    return _edge((1 - away) * 32, 1.8)


def _skin_colour(gray: Floats, skin: Colour) -> Floats:
    """Gray in deviations from the skin's own: dark is a deep brown, light is nearly white."""
    base = np.array(skin, np.float32)
    stops = [-4.0, -2.2, -1.0, 0.0, 1.0, 2.2, 3.6]
    colours = np.array(
        [
            base * (0.10, 0.07, 0.07),
            base * (0.34, 0.25, 0.24),
            base * (0.72, 0.62, 0.58),
            base,
            1 - (1 - base) * (0.80, 0.83, 0.86),
            1 - (1 - base) * (0.60, 0.64, 0.66),
            1 - (1 - base) * (0.38, 0.40, 0.42),
        ]
    )
    channels = [np.interp(gray, stops, colours[:, c]) for c in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def _skin(face: Floats, u: Floats, v: Floats, person: Appearance, shot: Shot) -> Floats:
    fine = cv2.resize(face, None, fx=3, fy=3, interpolation=cv2.INTER_LANCZOS4)
    fine = fine + 0.7 * (fine - cv2.GaussianBlur(fine, (0, 0), 3.5))
    x = 3 * (u + np.float32(EYES[0])) + 1
    y = 3 * (v + np.float32(EYES[1])) + 1
    gray = cv2.remap(fine, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    rim = np.clip((np.hypot(u / 31, v / 47) - 0.55) / 0.45, 0, 1.2) ** 2
    eyes = _spot(u, v, -12.5, 0.3, 6.0, 3.0) + _spot(u, v, 12.5, 0.3, 6.0, 3.0)
    gray = shot.contrast * gray * (1 + 0.3 * eyes * (gray < 0)) - 0.9 * rim
    skin = _skin_colour(gray, person.skin)
    lips = _spot(u, v, 0, 29.5, 11.5, 5.5)
    red = np.array(
        (1.0 + 0.10 * person.lip_red, 1 - 0.20 * person.lip_red, 1 - 0.14 * person.lip_red)
    )
    dark_enough = np.clip((1.3 - gray) / 1.2, 0, 1)
    skin *= 1 + (red.astype(np.float32) - 1) * (lips * dark_enough)[..., None]
    cheeks = _spot(u, v, -17, 15, 10, 8) + _spot(u, v, 17, 15, 10, 8)
    skin *= 1 + np.array((0.03, -0.05, -0.04), np.float32) * cheeks[..., None]
    plain = skin.mean(axis=2, keepdims=True) * np.array((1.03, 1.0, 0.96), np.float32)
    iris = np.array(person.iris, np.float32) * plain / np.mean(person.iris)
    dark = np.clip((-0.8 - gray) / 1.0, 0, 1)[..., None]
    return _over(skin, plain * (1 - dark) + iris * dark, 0.65 * eyes)


def _spot(u: Floats, v: Floats, centre_u: float, centre_v: float, a: float, b: float) -> Floats:
    away = ((u - centre_u) / a) ** 2 + ((v - centre_v) / b) ** 2
    return np.clip(1.6 - 1.6 * away, 0, 1)


def _ears(photo: Floats, u: Floats, v: Floats, person: Appearance) -> Floats:
    for side in (-1, 1):
        away = np.hypot((side * u - 31.5 - 0.08 * (8 - v)) / 4.6, (v - 8) / 9.5)
        inner = np.clip(1 - np.hypot((side * u - 32) / 3.0, (v - 7) / 6.5), 0, 1)
        colour = _skin_colour(-0.9 - 1.3 * inner, person.skin)
        photo = _over(photo, colour, _edge((1 - away) * 6, 1.5))
    return photo


def _body(photo: Floats, u: Floats, v: Floats, person: Appearance, shot: Shot) -> Floats:
    upright = v + 0.0 * u
    shade = -0.5 - 1.5 * np.clip((62 - v) / 22, 0, 1) - 0.5 * (u / 18) ** 2
    flare = np.maximum(v - 50, 0)
    neck = _edge(17.0 + 0.022 * flare**2 - np.abs(u), 1.5) * (v > 20)
    photo = _over(photo, _skin_colour(np.clip(shade, -3, 0), person.skin), neck)
    shoulder = 61 + 0.40 * np.maximum(np.abs(u) - 18, 0) + 0.0016 * u * u
    opening = person.neckline * np.sqrt(np.maximum(1 - (u / 22) ** 2, 0))
    cloth = _edge(upright - np.maximum(shoulder, 63 + opening * (np.abs(u) < 22)), 1.5)
    photo = _over(
        photo, _skin_colour(np.clip(-0.5 - 0.5 * (u / 18) ** 2, -3, 0), person.skin),
        _edge(upright - shoulder, 1.5) * (np.abs(u) < 26),
    )  # fmt: skip
    fold = 1 - 0.18 * np.clip(np.abs(u) / 60, 0, 1) + 0.05 * np.sin(u / 5 + v / 9)
    seam = 1 - 0.25 * np.exp(-(((upright - 66.5 - opening) / 1.0) ** 2)) * (np.abs(u) < 21)
    colour = np.array(shot.clothes, np.float32) * (fold * seam)[..., None]
    return _over(photo, colour.astype(np.float32), cloth)


def _developed(photo: Floats, shot: Shot, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Light from one side, exposure, warmth, the grain of a sensor."""
    y, x = np.mgrid[:PHOTO_HEIGHT, :PHOTO_WIDTH].astype(np.float32)
    x, y = 2 * x / PHOTO_WIDTH - 1, 2 * y / PHOTO_HEIGHT - 1
    light = shot.exposure * (1 + shot.light[0] * x + shot.light[1] * y)
    warmth = np.array((1 + shot.warmth, 1.0, 1 - shot.warmth), np.float32)
    photo = photo * light[..., None] * warmth
    photo = np.where(photo > 0.8, 0.8 + 0.2 * np.tanh((photo - 0.8) / 0.2), photo)
    grain = cv2.GaussianBlur(rng.standard_normal(photo.shape), (0, 0), 0.7) * 0.012
    return np.clip(255 * (photo + grain) + 0.5, 0, 255).astype(np.uint8)
