"""The embedder on LiteRT, TensorFlow's on-device runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gallery.domain.embedding import EMBEDDING_SIZE, Embedding
from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH, FaceCrop
from gallery.embedder.model_card import ModelCard, read_model
from gallery.embedder.quiet import without_delegate_notice
from gallery.errors import ModelUnavailable
from gallery.spares import Spares

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

_INPUT = (1, CROP_HEIGHT, CROP_WIDTH, 1)
_OUTPUT = (1, EMBEDDING_SIZE)
BATCH = 8
"""Crops of one run of the network."""


@dataclass(frozen=True)
class _Network:
    """An interpreter ready to run, and its input and output tensors."""

    interpreter: Interpreter
    input: int
    output: int


class LiteRtEmbedder:
    """Runs model.tflite of a model folder; ModelUnavailable when the folder's files are not whole.

    Safe to share between threads. An interpreter takes single crops or eight at once, and a face's
    embedding is the same from both.
    """

    def __init__(self, model_folder: Path, threads: int = 1) -> None:
        self._card, self._model = read_model(model_folder)
        self._threads = threads
        self._single, self._batch = (Spares(partial(self._load, crops)) for crops in (1, BATCH))
        with without_delegate_notice(), self._single.lent():
            pass  # the notice comes with the first interpreter of a process

    @property
    def model_id(self) -> str:
        return self._card.model_id

    @property
    def card(self) -> ModelCard:
        return self._card

    def embed(self, crops: Sequence[FaceCrop]) -> tuple[Embedding, ...]:
        """One embedding a crop, the same whatever stands beside it."""
        made: list[Embedding] = []
        while len(crops) - len(made) >= BATCH:
            made += self._run(self._batch, crops[len(made) : len(made) + BATCH])
        for crop in crops[len(made) :]:
            made += self._run(self._single, [crop])
        return tuple(made)

    def _run(self, networks: Spares[_Network], crops: Sequence[FaceCrop]) -> list[Embedding]:
        pixels = np.stack([crop.pixels for crop in crops])[..., None].astype(np.float32)
        with networks.lent() as network:
            network.interpreter.set_tensor(network.input, pixels)
            network.interpreter.invoke()
            vectors = np.array(network.interpreter.get_tensor(network.output), dtype=np.float32)
        return [Embedding(vector, self.model_id) for vector in vectors]

    def _load(self, crops: int) -> _Network:
        from ai_edge_litert.interpreter import Interpreter

        try:
            interpreter = Interpreter(model_content=self._model, num_threads=self._threads)
            if crops > 1:
                place = interpreter.get_input_details()[0]["index"]
                interpreter.resize_tensor_input(place, (crops, *_INPUT[1:]))
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelUnavailable(
                f"model {self.model_id} cannot be loaded by LiteRT", operator=error
            ) from error
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        shapes = [(tuple(tensor["shape"]), tensor["dtype"]) for tensor in inputs + outputs]
        expected = [((crops, *_INPUT[1:]), np.float32), ((crops, *_OUTPUT[1:]), np.float32)]
        if shapes != expected:
            raise ModelUnavailable(
                f"model {self.model_id} has tensors {shapes}; "
                f"float32 {_INPUT} in and float32 {_OUTPUT} out are needed"
            )
        return _Network(interpreter, inputs[0]["index"], outputs[0]["index"])
