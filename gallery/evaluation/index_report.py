"""The benchmark of the index as a JSON document and as a plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gallery.evaluation.extra import require_extra
from gallery.evaluation.gallery_shape import GalleryShape
from gallery.evaluation.index_benchmark import FACES_OF_A_PERSON, Row


def document(rows: Sequence[Row], shape: GalleryShape, threshold: float) -> dict[str, Any]:
    """Everything measured, with what it was measured on."""
    return {
        "threshold": threshold,
        "shape": {**asdict(shape), "faces_of_a_person": FACES_OF_A_PERSON},
        "rows": [asdict(row) for row in rows],
    }


def write(
    rows: Sequence[Row], shape: GalleryShape, threshold: float, folder: Path
) -> tuple[Path, ...]:
    """index.json and index.png (latency and memory against faces, both axes logarithmic)."""
    require_extra()
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    text, picture = folder / "index.json", folder / "index.png"
    text.write_text(json.dumps(document(rows, shape, threshold), indent=2) + "\n")
    figure, (latency, memory) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name in dict.fromkeys(row.name for row in rows):
        mine = [row for row in rows if row.name == name]
        timed = [(row.faces, row.p50_ms) for row in mine if row.p50_ms]
        sized = [(row.faces, row.memory_bytes / 1e6) for row in mine if row.memory_bytes]
        if timed:
            latency.loglog(*zip(*timed, strict=True), marker="o", label=name)
        if sized:
            memory.loglog(*zip(*sized, strict=True), marker="o", label=name)
    latency.set(xlabel="faces", ylabel="ms a search (p50, one thread)")
    memory.set(xlabel="faces", ylabel="memory, MB")
    latency.legend()
    figure.savefig(picture, dpi=120)
    pyplot.close(figure)
    return text, picture
