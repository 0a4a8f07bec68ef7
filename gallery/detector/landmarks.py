"""Five landmarks in a face that a detector gave only a box for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH, FaceCrop, Landmarks
from gallery.errors import ModelUnavailable
from gallery.spares import Spares

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

SHIPPED = Path(__file__).parent / "landmark_network"
_CENTRE = np.array([(CROP_WIDTH - 1) / 2, (CROP_HEIGHT - 1) / 2])


class LandmarkNetwork:
    """Safe to share between threads.

    The network answers (x, y) of each point from the middle of the crop, in widths of the crop.
    """

    def __init__(self, folder: Path = SHIPPED) -> None:
        try:
            self._network = (folder / "model.tflite").read_bytes()
            card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelUnavailable(
                "the landmark network cannot be read. Install face-gallery again", operator=error
            ) from error
        if hashlib.sha256(self._network).hexdigest() != card.get("tflite_sha256"):
            raise ModelUnavailable(
                "the landmark network is damaged: its SHA-256 is not the one in its card. "
                "Install face-gallery again",
                operator=folder,
            )
        self._interpreters = Spares(self._load)

    def find(self, crop: FaceCrop) -> Landmarks:
        """Where eyes, nose tip and mouth corners stand, in pixels of the crop."""
        pixels = crop.pixels[None, ..., None].astype(np.float32)
        with self._interpreters.lent() as interpreter:
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels)
            interpreter.invoke()
            answer = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        eye, other_eye, nose, mouth, other_mouth = (
            (float(x), float(y)) for x, y in answer.reshape(5, 2) * CROP_WIDTH + _CENTRE
        )
        return Landmarks((eye, other_eye, nose, mouth, other_mouth))

    def _load(self) -> Interpreter:
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(model_content=self._network, num_threads=1)
        interpreter.allocate_tensors()
        return interpreter
