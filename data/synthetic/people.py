"""Who the invented people are, and how one of their photos is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from synthetic.face_space import (
    LOOK_COMPONENTS,
    SHAPE_COMPONENTS,
    TEMPLATE,
    TURN_COMPONENTS,
    FaceSpace,
    Floats,
)
from synthetic.hair import Hair, Style
from synthetic.portrait import Appearance, Colour, Shot

COARSE_LOOKS, COARSE_SPREAD, FINE_SPREAD, LOOK_CHANGE = 60, 1.05, 0.8, 0.2
TURN_SPREAD, TURN_CHANGE = 0.15, 0.3
SHAPE_SPREAD, SHAPE_CHANGE = 0.9, 0.1

SKINS: tuple[Colour, ...] = (
    (0.90, 0.72, 0.62), (0.85, 0.66, 0.55), (0.80, 0.60, 0.48), (0.72, 0.52, 0.39),
    (0.63, 0.44, 0.32), (0.52, 0.35, 0.26), (0.44, 0.29, 0.22),
)  # fmt: skip
HAIRS: tuple[Colour, ...] = (
    (0.09, 0.07, 0.06), (0.14, 0.10, 0.08), (0.22, 0.14, 0.10), (0.33, 0.21, 0.13),
    (0.58, 0.44, 0.27), (0.43, 0.20, 0.11), (0.50, 0.49, 0.48),
)  # fmt: skip
CLOTHES: tuple[Colour, ...] = (
    (0.16, 0.22, 0.34), (0.46, 0.15, 0.18), (0.20, 0.36, 0.30), (0.75, 0.73, 0.68),
    (0.24, 0.24, 0.26), (0.62, 0.45, 0.22), (0.36, 0.44, 0.58), (0.45, 0.30, 0.42),
)  # fmt: skip
WALLS: tuple[Colour, ...] = (
    (0.72, 0.74, 0.76), (0.55, 0.63, 0.70), (0.66, 0.68, 0.58), (0.76, 0.69, 0.60),
    (0.42, 0.48, 0.52), (0.60, 0.55, 0.58), (0.48, 0.56, 0.50), (0.80, 0.79, 0.76),
)  # fmt: skip
IRISES: tuple[Colour, ...] = ((0.30, 0.20, 0.13), (0.36, 0.26, 0.16), (0.28, 0.34, 0.40))
DARK_SKIN, DARK_HAIRS = 4, 3
BEARDED, SHORT_STYLES = 0.25, (Style.CROP, Style.SIDE, Style.RECEDING, Style.BALD, Style.CURLS)
LONG_STYLES = (Style.LONG, Style.BOB, Style.FRINGE, Style.BUN, Style.CURLS, Style.CROP)


@dataclass(frozen=True)
class Person:
    """look, turn, shape: coordinates in the face space; appearance: all that is painted."""

    look: Floats
    turn: Floats
    shape: Floats
    appearance: Appearance

    def mixed_with(self, other: Person, share: float) -> Person:
        """The same appearance; a face as likely as before, `share` of it the other's."""
        rest = np.float32(np.sqrt(1 - share**2))
        return replace(
            self,
            look=rest * self.look + np.float32(share) * other.look,
            shape=rest * self.shape + np.float32(share) * other.shape,
        )


def invent(space: FaceSpace, rng: np.random.Generator) -> Person:
    """A person drawn at random; one whose upper lip or chin is dark gets a short haircut."""
    look = FINE_SPREAD * _normal(rng, LOOK_COMPONENTS)
    look[:COARSE_LOOKS] *= COARSE_SPREAD / FINE_SPREAD
    turn = TURN_SPREAD * _normal(rng, TURN_COMPONENTS)
    shape = SHAPE_SPREAD * _normal(rng, SHAPE_COMPONENTS)
    styles = SHORT_STYLES if _beard(space.draw(look, turn, shape)) > BEARDED else LONG_STYLES
    skin = int(rng.integers(len(SKINS)))
    hair = Hair(
        style=styles[int(rng.integers(len(styles)))],
        colour=HAIRS[int(rng.integers(DARK_HAIRS if skin >= DARK_SKIN else len(HAIRS)))],
        height=rng.uniform(3, 7),
        forehead=rng.uniform(24, 27),
        part=rng.uniform(-14, 14),
        seed=int(rng.integers(1_000_000)),
    )
    appearance = Appearance(
        skin=SKINS[skin],
        lip_red=rng.uniform(0.3, 1.1),
        iris=IRISES[int(rng.integers(1 if skin >= DARK_SKIN else len(IRISES)))],
        jaw=rng.uniform(2.1, 2.6),
        hair=hair,
        clothes=CLOTHES[int(rng.integers(len(CLOTHES)))],
        neckline=rng.uniform(1, 14),
    )
    return Person(look, turn, shape, appearance)


def another_photo(
    person: Person, space: FaceSpace, rng: np.random.Generator
) -> tuple[Floats, Shot]:
    """The gray face (96, 80) of one more photo of the person, and how it is taken."""
    face = space.draw(
        person.look + LOOK_CHANGE * _normal(rng, LOOK_COMPONENTS),
        person.turn + TURN_CHANGE * _normal(rng, TURN_COMPONENTS),
        person.shape + SHAPE_CHANGE * _normal(rng, SHAPE_COMPONENTS),
    )
    first, second = rng.integers(len(WALLS), size=2)
    shot = Shot(
        turn=float(np.clip(np.deg2rad(rng.normal(0, 4)), -0.14, 0.14)),
        zoom=rng.uniform(0.90, 1.04),
        shift=(rng.normal(0, 5), rng.normal(0, 4)),
        light=(rng.uniform(-0.18, 0.18), rng.uniform(-0.12, 0.06)),
        exposure=rng.uniform(0.85, 1.03),
        warmth=rng.normal(0, 0.03),
        contrast=rng.uniform(0.78, 0.95),
        background=(WALLS[first], WALLS[second]),
        background_angle=rng.uniform(0, 2 * np.pi),
        clothes=(
            person.appearance.clothes
            if rng.random() < 0.5
            else CLOTHES[int(rng.integers(len(CLOTHES)))]
        ),
        hair_shift=rng.normal(0, 0.6),
        noise_seed=int(rng.integers(1_000_000)),
    )
    return face, shot


def _beard(face: Floats) -> float:
    """How much darker the upper lip and the chin are than the cheeks, in deviations."""
    (mouth_x, mouth_y), nose_y = TEMPLATE[3:5].mean(axis=0), TEMPLATE[2, 1]
    x, lip, chin = int(mouth_x), int((mouth_y + nose_y) / 2 + 1), int(mouth_y + 10)
    dark = np.concatenate(
        [
            face[lip - 2 : lip + 2, x - 9 : x + 10].ravel(),
            face[chin : chin + 3, x - 9 : x + 10].ravel(),
        ]
    )
    return float(face[lip - 6 : lip, [x - 19, x - 17, x + 17, x + 19]].mean() - dark.mean())


def _normal(rng: np.random.Generator, count: int) -> Floats:
    return rng.standard_normal(count).astype(np.float32)
