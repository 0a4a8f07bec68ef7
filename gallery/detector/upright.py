"""Whether a face stands upright where its landmarks say that it does, asked of YuNet.

YuNet finds many faces that lie on their side or stand on their head, and then places their
landmarks as if they stood upright. Cut by these, all faces look alike to the embedder: of strangers
in photos that were turned, a third to a half match.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.detector.yunet import found_by, load_yunet
from gallery.spares import Spares

LEAST_SCORE = 0.3
CERTAIN_SCORE = 0.8
"""A face that scores this is upright: 0.92 is usual, and none of 360 turned ones came to it."""

MARGIN = 0.15
"""By which a turned view must score more: of LFW's 7,701 upright faces of View 2 none does by more
than 0.10, of 360 turned ones all but 4 do, which score nothing either way.
"""


class YuNetUpright:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._networks = Spares(lambda: load_yunet(LEAST_SCORE))

    def is_upright(self, view: NDArray[np.uint8]) -> bool:
        """view: uint8 (64, 64) gray, from `align_with_surroundings`.

        It is unless the view turned by 90, 180 or 270 degrees looks clearly more like a face.
        """
        upright = self._score(view)
        if upright >= CERTAIN_SCORE:
            return True
        return all(self._score(np.rot90(view, turns)) <= upright + MARGIN for turns in (1, 2, 3))

    def _score(self, view: NDArray[np.uint8]) -> float:
        """Of the best face in it, 0 where there is none."""
        pixels = cv2.cvtColor(view, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)
        with self._networks.lent() as network:
            return float(found_by(network, pixels)[:, 14].max(initial=0.0))
