"""The embedder role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gallery.domain.embedding import Embedding
from gallery.domain.face import FaceCrop


class Embedder(Protocol):
    """One half of the Siamese network; safe to call from several threads at once."""

    @property
    def model_id(self) -> str:
        """Name of the model; embeddings of different models are never compared."""

    def embed(self, crops: Sequence[FaceCrop]) -> tuple[Embedding, ...]:
        """One embedding a crop, the same whatever stands beside it in the batch."""
