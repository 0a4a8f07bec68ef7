"""A face becomes the network's 62 x 47 gray window."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH, Box, DetectedFace, FaceCrop, Landmarks
from gallery.domain.picture import Picture
from gallery.errors import FaceUnusable

TRAINING_HEIGHT, TRAINING_WIDTH = 96, 80

# The usual 112 x 112 template of five points (eyes, nose tip, mouth corners; image left first).
_TEMPLATE_112 = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
SQUARE_PIXEL = 0.5675
"""Pixels of the window that one of the 112-square spans."""
EYES = (23.5, 22.0)
"""The middle between the eyes in the window; in the 112-square it is (55.9, 51.6)."""
TEMPLATE = (_TEMPLATE_112 - [55.9, 51.6]) * SQUARE_PIXEL + EYES

# A box as Haar draws it: its width is 56.8 window pixels and its middle stands at (23.2, 28.8).
# Means over 498 LFW boxes of where YuNet's landmarks put them (deviations 4.7, 1.9 and 2.0).
BOX_WIDTH, BOX_X, BOX_Y = 56.8, 23.2, 28.8

# To see how a face stands: 64 x 64 pixels that span 90 of the window's, around a box's middle.
UPRIGHT_SIDE = 64
_UPRIGHT_SCALE = UPRIGHT_SIDE / 90
_UPRIGHT_VIEW = np.array(
    [
        [_UPRIGHT_SCALE, 0, (UPRIGHT_SIDE - 1) / 2 - _UPRIGHT_SCALE * BOX_X],
        [0, _UPRIGHT_SCALE, (UPRIGHT_SIDE - 1) / 2 - _UPRIGHT_SCALE * BOX_Y],
        [0, 0, 1],
    ]
)

# A cut is averaged from 8 x 8 to 16 x 16 samples a pixel, of however many pixels a face consists.
FINEST = 8

# The training crop is the same view 1.25 times larger, with a margin of 8.5 and 8.4 window pixels.
_TRAINING_VIEW = np.array([[1.25, 0.0, 1.25 * 8.5], [0.0, 1.25, 1.25 * 8.4], [0.0, 0.0, 1.0]])


def align(picture: Picture, face: DetectedFace) -> FaceCrop:
    """The face turned upright, its eyes, nose and mouth where the network expects them.

    Five landmarks are taken to the template by the least-squares similarity transform; a face
    that is only a box keeps its turn. Beyond the photo's edge the last pixels are repeated;
    shrinking is anti-aliased. Refuses landmarks that all lie on one point.
    """
    return FaceCrop(_cut(picture, window_transform(face), CROP_WIDTH, CROP_HEIGHT))


def align_for_training(picture: Picture, face: DetectedFace) -> NDArray[np.uint8]:
    """uint8 (96, 80) gray: the same window 1.25 times larger, with a margin to augment in."""
    return _cut(picture, _TRAINING_VIEW @ window_transform(face), TRAINING_WIDTH, TRAINING_HEIGHT)


def align_with_surroundings(picture: Picture, face: DetectedFace) -> NDArray[np.uint8]:
    """uint8 (64, 64) gray: the whole head as it stands when its landmarks are right."""
    transform = _UPRIGHT_VIEW @ window_transform(face)
    return _cut(picture, transform, UPRIGHT_SIDE, UPRIGHT_SIDE)


def with_landmarks(face: DetectedFace, in_window: Landmarks) -> DetectedFace:
    """The face with landmarks that were found in its window, moved into the photo."""
    to_photo = np.linalg.inv(window_transform(face))
    found = np.column_stack([np.array(in_window.points), np.ones(5)]) @ to_photo[:2].T
    eye, other_eye, nose, mouth, other_mouth = ((float(x), float(y)) for x, y in found)
    landmarks = Landmarks((eye, other_eye, nose, mouth, other_mouth))
    return DetectedFace(face.box, face.score, landmarks)


def window_transform(face: DetectedFace) -> NDArray[np.float64]:
    """(3, 3) matrix from the photo's pixels to the window's, pixel centres at whole numbers."""
    if face.landmarks is None:
        return _from_box(face.box)
    return _from_landmarks(face.landmarks)


def _from_landmarks(landmarks: Landmarks) -> NDArray[np.float64]:
    """Umeyama (1991) in two dimensions and without mirroring, solved with complex numbers."""
    points = np.array(landmarks.points) @ [1, 1j]
    targets = TEMPLATE @ [1, 1j]
    spread = points - points.mean()
    energy = float(np.vdot(spread, spread).real)
    if energy < 1e-6:
        raise FaceUnusable("the eyes, nose and mouth were found on one point; use another photo")
    turn = np.vdot(spread, targets - targets.mean()) / energy
    if abs(turn) < 1e-6:
        raise FaceUnusable("the eyes, nose and mouth do not form a face; use another photo")
    shift = targets.mean() - turn * points.mean()
    return np.array(
        [[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag], [0, 0, 1]]
    )


def _from_box(box: Box) -> NDArray[np.float64]:
    scale = BOX_WIDTH / box.width
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return np.array([[scale, 0, BOX_X - scale * x], [0, scale, BOX_Y - scale * y], [0, 0, 1]])


def _cut(
    picture: Picture, transform: NDArray[np.float64], width: int, height: int
) -> NDArray[np.uint8]:
    """Gray (height, width): sampled at least once a pixel of what is seen, then averaged down."""
    corners = _corners_seen(transform, width, height)
    pixels, to_photo = _reduced(*_around(picture, corners), int(_shrink(transform)) // FINEST)
    transform = transform @ to_photo
    fine = max(1, math.ceil(_shrink(transform)))
    to_fine = np.array([[fine, 0, (fine - 1) / 2], [0, fine, (fine - 1) / 2], [0, 0, 1]])
    matrix = (to_fine @ transform)[:2]
    size = (width * fine, height * fine)
    warped = cv2.warpAffine(pixels, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    gray = cv2.cvtColor(warped, cv2.COLOR_RGB2GRAY)
    if _reaches_out(picture, corners):
        seen = cv2.warpAffine(np.ones(pixels.shape[:2], np.float32), matrix, size)
        mean = np.average(gray, weights=np.maximum(seen, 1e-6))
        gray = np.rint(gray * seen + mean * (1 - seen)).astype(np.uint8)
    if fine > 1:
        gray = cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA)
    return gray.astype(np.uint8, copy=False)


def _shrink(transform: NDArray[np.float64]) -> float:
    """How many source pixels stand side by side in a pixel of the cut."""
    return 1 / math.hypot(transform[0, 0], transform[1, 0])


def _reaches_out(picture: Picture, corners: NDArray[np.float64]) -> bool:
    """Whether a cut shows anything beyond the photo's edges."""
    x, y = corners
    right, bottom = picture.width - 1, picture.height - 1
    return bool(x.min() < 0 or y.min() < 0 or x.max() > right or y.max() > bottom)


def _corners_seen(transform: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """(2, 4): x and y in the photo of the corners of a cut, with a pixel around it."""
    corners = np.array([[-1, -1, 1], [width, -1, 1], [-1, height, 1], [width, height, 1]]).T
    seen: NDArray[np.float64] = (np.linalg.inv(transform) @ corners)[:2]
    return seen


def _around(
    picture: Picture, corners: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The part of the photo that the window sees, and the (3, 3) matrix from it to the photo.

    OpenCV warps less than 32,768 pixels a side.
    """
    left, top = (int(v) for v in np.floor(corners.min(axis=1)) - 1)
    right, bottom = (int(v) for v in np.ceil(corners.max(axis=1)) + 2)
    x, y = min(max(left, 0), picture.width - 1), min(max(top, 0), picture.height - 1)
    part = picture.pixels[y : max(bottom, y + 1), x : max(right, x + 1)]
    return part, np.array([[1.0, 0, x], [0, 1.0, y], [0, 0, 1.0]])


def _reduced(
    pixels: NDArray[np.uint8], to_photo: NDArray[np.float64], step: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The part with `step` pixels a side averaged to one, so that no face costs more than another.

    A close-up of 50 megapixels would be sampled as often, and beside a photo's edge in float64.
    """
    if step <= 1:
        return pixels, to_photo
    height, width = pixels.shape[:2]
    size = (max(1, width // step), max(1, height // step))
    x, y = width / size[0], height / size[1]
    from_small = np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return small, to_photo @ from_small
