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
        "rows": [{**asdict(row), "bytes_a_face": row.bytes_a_face} for row in rows],
    }


def write(
    rows: Sequence[Row], shape: GalleryShape, threshold: float, folder: Path
) -> tuple[Path, ...]:
    """index.json and index.png."""
    folder.mkdir(parents=True, exist_ok=True)
    text, picture = folder / "index.json", folder / "index.png"
    text.write_text(json.dumps(document(rows, shape, threshold), indent=2) + "\n")
    _draw(rows, picture)
    return text, picture


def _draw(rows: Sequence[Row], picture: Path) -> None:
    """Latency, searches of two threads and memory against faces, all axes logarithmic."""
    require_extra()
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot, ticker

    figure, (latency, rate, memory) = pyplot.subplots(1, 3, figsize=(14, 4.6), layout="constrained")
    for number, name in enumerate(dict.fromkeys(row.name for row in rows)):
        mine = [row for row in rows if row.name == name]
        panels = {
            latency: [(row.faces, row.p50_ms) for row in mine],
            rate: [(row.faces, row.two_threads_per_second) for row in mine],
            memory: [(row.faces, row.bytes_a_face) for row in mine],
        }
        for panel, points in panels.items():
            known = [point for point in points if point[1]]
            style = {"marker": "os^Dv*"[number % 6], "linewidth": 1 if number else 2.5}
            if known:
                panel.loglog(*zip(*known, strict=True), label=name, **style)
    latency.set_title("ms a search, median, one thread: less is better")
    rate.set_title("searches a second, two threads: more is better")
    memory.set_title("bytes of memory a face: less is better")
    for panel in (latency, rate, memory):
        panel.set_xlabel("faces")
        panel.set_xticks(sorted({row.faces for row in rows}), minor=False)
        panel.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.12g}"))
            axis.set_minor_formatter(ticker.NullFormatter())
        panel.grid(alpha=0.3)
    figure.legend(*latency.get_legend_handles_labels(), loc="outside lower center", ncols=6)
    figure.savefig(picture, dpi=120)
    pyplot.close(figure)
