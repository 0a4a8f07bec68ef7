"""All faces of a gallery come from one model, as embeddings of two must never be compared."""

from __future__ import annotations

from gallery.errors import ModelMismatch
from gallery.store.unit_of_work import ReadUnit


def refuse_other_models(unit: ReadUnit, model_id: str) -> None:
    """ModelMismatch where a stored face comes from another model than the one in use."""
    if unit.vectors.any_of_other_models(model_id):
        raise ModelMismatch(
            f"some stored faces come from another model than {model_id}; run `gallery reembed`, "
            "or go back to their model with GALLERY_MODEL"
        )
