"""The space the gray faces are drawn from: principal components of many real crops.

A crop is first warped until its five landmarks lie on the template, so that eyes, nose and mouth
fall on each other and stay sharp. Each crop is then split into its mirror-symmetric half, in which
people differ, and the rest, which is mostly the light and the turn of the head.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

HEIGHT, WIDTH = 96, 80
SOURCE = "utk"
CROPS, USUAL_SHARE = 7000, 0.7
LOOK_COMPONENTS, TURN_COMPONENTS, SHAPE_COMPONENTS = 180, 12, 8
SPARE_COMPONENTS, POWER_ITERATIONS = 60, 4
MIN_SCORE, MAX_OFF_CENTRE_NOSE = 0.93, 1.0

# The 112 x 112 template of five points, in pixels of the 96 x 80 crop.
_TEMPLATE_112 = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655),
     (70.7299, 92.2041)]
)  # fmt: skip
_WINDOW = (23.5, 22.0) + 0.5675 * (_TEMPLATE_112 - (55.9, 51.6))
_MARGIN = np.array([8.5, 8.4])
TEMPLATE: Floats = (1.25 * (_WINDOW + _MARGIN)).astype(np.float32)


@dataclass(frozen=True)
class Components:
    """mean (P,), axes (K, P) of unit length, spread (K,): a draw is mean + (n * spread) @ axes."""

    mean: Floats
    axes: Floats
    spread: Floats

    def at(self, coordinates: Floats) -> Floats:
        """The point at these coordinates, given in standard deviations: (P,)."""
        return self.mean + (coordinates * self.spread) @ self.axes


@dataclass(frozen=True)
class FaceSpace:
    """look and turn: pixels of standardised crops. shape: landmarks away from the template."""

    look: Components
    turn: Components
    shape: Components

    def draw(self, look: Floats, turn: Floats, shape: Floats) -> Floats:
        """The gray face at these coordinates: (96, 80), mean 0 and deviation 1 inside its mask.

        Around the mask the skin goes on as it ends there.
        """
        face = (self.look.at(look) + self.turn.at(turn)).reshape(HEIGHT, WIDTH)
        soft = mask()
        around = cv2.GaussianBlur(face, (0, 0), 6) / (cv2.GaussianBlur(soft, (0, 0), 6) + 1e-3)
        face = face + around * (1 - soft)
        return warped(face, TEMPLATE, TEMPLATE + self.shape.at(shape).reshape(5, 2))


def learn(archive: Path) -> FaceSpace:
    """The face space of the frontal, well-found crops of one source of the archive."""
    with np.load(archive / "index.npz", allow_pickle=False) as index:
        points = 1.25 * (index["landmarks"].astype(np.float32) + _MARGIN)
        off_centre = np.abs(points[:, 2, 0] - points[:, [0, 1, 3, 4], 0].mean(axis=1))
        wanted = index["source"] == list(index["source_names"]).index(SOURCE)
        wanted &= index["detection_score"].astype(np.float32) > MIN_SCORE
        wanted &= off_centre < 1.25 * MAX_OFF_CENTRE_NOSE
        rows = np.flatnonzero(wanted)[:CROPS]
        shard, offset, length = (index[key][rows] for key in ("shard", "offset", "length"))
        points = points[rows]
    shards = [np.memmap(path, np.uint8, "r") for path in sorted(archive.glob("crops-*.bin"))]
    faces = np.empty((len(rows), HEIGHT, WIDTH), np.float32)
    for i, landmarks in enumerate(points):
        encoded = np.asarray(shards[shard[i]][offset[i] : offset[i] + length[i]])
        crop = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE).astype(np.float32)
        faces[i] = standardised(warped(crop, landmarks.astype(np.float32), TEMPLATE))
    faces *= mask()
    usual = _usual(faces)
    faces, points = faces[usual], points[usual]
    mirrored = faces[:, :, ::-1]
    return FaceSpace(
        look=_components(((faces + mirrored) / 2).reshape(len(faces), -1), LOOK_COMPONENTS),
        turn=_components(((faces - mirrored) / 2).reshape(len(faces), -1), TURN_COMPONENTS),
        shape=_components((points - TEMPLATE).reshape(len(faces), -1), SHAPE_COMPONENTS),
    )


def mask() -> Floats:
    """Where a crop shows face in nearly every photo, 0..1 with a soft edge: (96, 80)."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    across = np.abs(x - 39.75) / np.where(y < 48, 27.0, 27.0 - 0.16 * (y - 48))
    down = np.abs(y - 50) / np.where(y < 50, 27.0, 32.0)
    away = (across**2.6 + down**3.0) ** (1 / 2.8)
    return np.asarray(np.clip((1.0 - away) / 0.16, 0, 1), np.float32)


def standardised(face: Floats) -> Floats:
    """Mean 0 and deviation 1 inside the oval of the face."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    oval = ((x - 40) / 30) ** 2 + ((y - 46) / 40) ** 2 < 1
    inside = face[oval]
    return np.asarray((face - inside.mean()) / max(float(inside.std()), 1.0), np.float32)


def warped(face: Floats, start: Floats, goal: Floats) -> Floats:
    """The face bent so that its points at start (5, 2) lie at goal (5, 2): thin-plate spline."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    system = np.zeros((8, 8), np.float32)
    system[:5, :5] = _bending(goal, goal)
    system[:5, 5], system[:5, 6:] = 1, goal
    system[5:, :5] = system[:5, 5:].T
    weights = np.linalg.solve(system, np.concatenate([start - goal, np.zeros((3, 2), np.float32)]))
    moved = grid + _bending(grid, goal) @ weights[:5] + weights[5] + grid @ weights[6:]
    where = moved.astype(np.float32).reshape(HEIGHT, WIDTH, 2)
    return cv2.remap(
        face, where[..., 0], where[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def _usual(faces: Floats) -> NDArray[np.bool_]:
    """Which faces lie nearest to the mean: the rest have glasses, hands, shadows, a turned head."""
    flat = faces.reshape(len(faces), -1)
    space = _components(flat, LOOK_COMPONENTS)
    coordinates = (flat - space.mean) @ space.axes.T / space.spread
    away = (np.minimum(np.abs(coordinates), 6) ** 2).sum(axis=1)
    return away <= np.quantile(away, USUAL_SHARE)


def _bending(at: Floats, points: Floats) -> Floats:
    squared = ((at[:, None] - points[None]) ** 2).sum(axis=2)
    return np.asarray(squared * np.log(np.maximum(squared, 1e-6)), np.float32)


def _components(rows: Floats, count: int) -> Components:
    """The first principal components of (N, P) rows, by a randomised decomposition."""
    mean = rows.mean(axis=0)
    centred = rows - mean
    sketch_width = min(count + SPARE_COMPONENTS, *rows.shape)
    sketch = np.random.default_rng(0).standard_normal((rows.shape[1], sketch_width), np.float32)
    for _ in range(POWER_ITERATIONS):
        sketch, _ = np.linalg.qr(centred.T @ (centred @ sketch))
    _, spread, axes = np.linalg.svd(centred @ sketch, full_matrices=False)
    axes = (axes @ sketch.T)[:count]
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    return Components(mean, axes, spread[:count] / np.sqrt(np.float32(len(rows))))
