"""The benchmark of the API as a JSON document and as a plot."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gallery.evaluation.api_benchmark import ApiSpeed
from gallery.evaluation.extra import require_extra


def document(speed: ApiSpeed, workers: int, threads: int) -> dict[str, Any]:
    """Everything measured, with what it was measured on."""
    return {"workers": workers, "threads": threads, "errors": speed.errors, **asdict(speed)}


def write(speed: ApiSpeed, workers: int, threads: int, folder: Path) -> tuple[Path, ...]:
    """api.json and api.png (questions a second and waiting times against clients)."""
    require_extra()
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    text, picture = folder / "api.json", folder / "api.png"
    text.write_text(json.dumps(document(speed, workers, threads), indent=2) + "\n")
    figure, (rates, waits) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for number, alone in enumerate(speed.in_process):
        mine = [row.load for row in speed.rows if row.kind is alone.kind]
        clients = [load.clients for load in mine]
        rate, colour = [load.per_second for load in mine], f"C{number}"
        rates.semilogx(clients, rate, marker="o", color=colour, label=alone.kind.value)
        rates.axhline(alone.per_second, color=colour, linestyle=":")
        for figures, style in (("p50_ms", "-"), ("p99_ms", "--")):
            times = [getattr(load, figures) for load in mine]
            waits.loglog(clients, times, style, marker="o", color=colour)
    rates.set(xlabel="clients", ylabel="answers a second (dotted: without HTTP)", ylim=(0, None))
    waits.set(xlabel="clients", ylabel="ms to the answer (p50; dashed p99)")
    asked = sorted({row.load.clients for row in speed.rows})
    for plot in (rates, waits):
        plot.minorticks_off()
        plot.set_xticks(asked, [str(clients) for clients in asked])
    rates.legend()
    figure.savefig(picture, dpi=120)
    pyplot.close(figure)
    return text, picture
