"""The embedder on LiteRT, TensorFlow's on-device runtime."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gallery.domain.embedding import EMBEDDING_SIZE, Embedding
from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH, FaceCrop
from gallery.embedder.model_card import ModelCard, read_model
from gallery.embedder.quiet import without_delegate_notice
from gallery.errors import ModelUnavailable

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

    The interpreter is not thread-safe, so each thread has its own. Crops go through it one at a
    time: a face's embedding does not depend on what stands beside it.
    """

    def __init__(self, model_folder: Path, threads: int = 1) -> None:
        self._card, self._model = read_model(model_folder)
        self._threads = threads
        self._local = threading.local()
        with without_delegate_notice():  # it comes with the first interpreter of a process
            self._local.network = self._load()

    @property
    def model_id(self) -> str:
        return self._card.model_id

    @property
    def card(self) -> ModelCard:
        return self._card

    def embed(self, crops: Sequence[FaceCrop]) -> tuple[Embedding, ...]:
        """One embedding a crop, the same whatever stands beside it."""
        network = self._network()
        return tuple(self._embed_one(network, crop) for crop in crops)

    def _embed_one(self, network: _Network, crop: FaceCrop) -> Embedding:
        pixels = crop.pixels.astype(np.float32).reshape(_INPUT)
        network.interpreter.set_tensor(network.input, pixels)
        network.interpreter.invoke()
        vector = np.asarray(network.interpreter.get_tensor(network.output), dtype=np.float32)
        return Embedding(vector[0], self.model_id)

    def _network(self) -> _Network:
        network: _Network | None = getattr(self._local, "network", None)
        if network is None:
            network = self._local.network = self._load()
        return network

    def _load(self) -> _Network:
        from ai_edge_litert.interpreter import Interpreter

        try:
            interpreter = Interpreter(model_content=self._model, num_threads=self._threads)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelUnavailable(
                f"model {self.model_id} cannot be loaded by LiteRT: {error}"
            ) from error
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        shapes = [(tuple(tensor["shape"]), tensor["dtype"]) for tensor in inputs + outputs]
        if shapes != [(_INPUT, np.float32), (_OUTPUT, np.float32)]:
            raise ModelUnavailable(
                f"model {self.model_id} has tensors {shapes}; "
                f"float32 {_INPUT} in and float32 {_OUTPUT} out are needed"
            )
        return _Network(interpreter, inputs[0]["index"], outputs[0]["index"])
