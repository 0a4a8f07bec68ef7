"""The detector role."""

from __future__ import annotations

from typing import Protocol

from gallery.domain.face import DetectedFace
from gallery.domain.picture import Picture


class Detector(Protocol):
    """Finds faces; safe to call from several threads at once."""

    @property
    def name(self) -> str:
        """Short stable name, stored with each enrolled face."""

    def detect(self, picture: Picture) -> tuple[DetectedFace, ...]:
        """Every face found, largest first; empty when there is none."""
