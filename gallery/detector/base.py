"""The roles of what looks for faces."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gallery.domain.face import DetectedFace, FaceCrop, Landmarks
from gallery.domain.picture import Picture


class Detector(Protocol):
    """Finds faces; safe to call from several threads at once."""

    @property
    def name(self) -> str:
        """Short stable name, stored with each enrolled face."""

    def detect(self, picture: Picture) -> tuple[DetectedFace, ...]:
        """Every face found, largest first; empty when there is none."""


class LandmarkFinder(Protocol):
    """Finds eyes, nose tip and mouth corners in a face of which only the box is known."""

    def find(self, crop: FaceCrop) -> Landmarks:
        """In pixels of the crop."""


class UprightJudge(Protocol):
    """Tells faces that stand upright from those whose landmarks are those of another turn."""

    def is_upright(self, view: NDArray[np.uint8]) -> bool:
        """view: uint8 (64, 64) gray, a head cut by its landmarks."""
