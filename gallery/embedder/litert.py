"""The embedder on LiteRT, TensorFlow's on-device runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE, Embedding
from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH, FaceCrop
from gallery.embedder.model_card import read_model
from gallery.embedder.quiet import DELEGATE_NOTICE, without_lines
from gallery.errors import ModelUnavailable
from gallery.spares import Spares

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

_INPUT = (1, CROP_HEIGHT, CROP_WIDTH, 1)
_OUTPUT = (1, EMBEDDING_SIZE)


@dataclass(frozen=True)
class _Network:
    """An interpreter ready to run, and its input and output tensors."""

    interpreter: Interpreter
    input: int
    output: int


class LiteRtEmbedder:
    """Runs model.tflite of a model folder; ModelUnavailable when the folder's files are not whole.

    Safe to share between threads.
    """

    def __init__(self, model_folder: Path, threads: int = 1) -> None:
        card, self._model = read_model(model_folder)
        self._model_id = card.model_id
        self._threads = threads
        self._networks = Spares(self._load)
        with without_lines(DELEGATE_NOTICE), self._networks.lent():
            pass  # the notice comes with the first interpreter of a process

    @property
    def model_id(self) -> str:
        return self._model_id

    def embed(self, crops: Sequence[FaceCrop]) -> tuple[Embedding, ...]:
        """One embedding a crop, the same whatever stands beside it."""
        return tuple(Embedding(self._vector(crop), self.model_id) for crop in crops)

    def _vector(self, crop: FaceCrop) -> NDArray[np.float32]:
        pixels = crop.pixels[None, ..., None].astype(np.float32)
        with self._networks.lent() as network:
            network.interpreter.set_tensor(network.input, pixels)
            network.interpreter.invoke()
            vectors = network.interpreter.get_tensor(network.output)
        return np.asarray(vectors[0], np.float32)

    def _load(self) -> _Network:
        from ai_edge_litert.interpreter import Interpreter

        try:
            interpreter = Interpreter(model_content=self._model, num_threads=self._threads)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelUnavailable(
                f"model {self.model_id} cannot be loaded by LiteRT", operator=error
            ) from error
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        shapes = [(tuple(tensor["shape"]), tensor["dtype"]) for tensor in inputs + outputs]
        if shapes != [(_INPUT, np.float32), (_OUTPUT, np.float32)]:
            raise ModelUnavailable(
                f"model {self.model_id} has tensors {shapes}; "
                f"float32 {_INPUT} in and float32 {_OUTPUT} out are needed"
            )
        return _Network(interpreter, inputs[0]["index"], outputs[0]["index"])
