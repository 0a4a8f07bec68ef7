"""The picture of a run over LFW: the ROC, and how far apart the pairs lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gallery.evaluation.extra import require_extra
from gallery.evaluation.verification import LfwReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOWEST_FMR = 1e-4
BINS = 60
MATED, NON_MATED, MARK, QUIET = "#1b6ca8", "#d1603d", "#222222", "#8a8a8a"


def draw(report: LfwReport, file: Path) -> None:
    """A PNG of 1,680 x 770 pixels: the ROC left, a histogram of the distances right."""
    require_extra()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5.5), dpi=140, layout="constrained")
    FigureCanvasAgg(figure)
    curve, spread = figure.subplots(1, 2)
    for axes in (curve, spread):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#e6e6e6", linewidth=0.8)
        axes.set_axisbelow(True)
    _draw_roc(report, curve)
    _draw_distances(report, spread)
    figure.suptitle(
        f"LFW view {report.view}: {report.model_id}, {report.detector}", fontweight="bold"
    )
    # No version of Matplotlib inside: the same figures give the same file.
    figure.savefig(file, metadata={"Software": None})


def _draw_roc(report: LfwReport, axes: Axes) -> None:
    """Steps, not slopes: between two points nothing was measured."""
    fmr = np.maximum(report.roc.fmr, LOWEST_FMR)
    label = f"AUC {report.roc.auc:.4f}, EER {report.roc.equal_error_rate:.2%}"
    axes.step(fmr, report.roc.tmr, where="post", color=MATED, linewidth=2, label=label)
    chance = np.geomspace(LOWEST_FMR, 1, 200)
    axes.plot(chance, chance, color=QUIET, linewidth=1, linestyle=":", label="chance")
    for tar in report.tars:
        axes.plot(tar.target_fmr, tar.tar.value, "o", color=MATED, markersize=5)
        axes.annotate(
            f"{tar.tar.value:.3f}",
            (tar.target_fmr, tar.tar.value),
            xytext=(7, -13),
            textcoords="offset points",
            fontsize=9,
        )
    for point in report.points:
        low, high = point.tmr.interval
        value, position = point.tmr.value, max(point.fmr.value, LOWEST_FMR)
        axes.errorbar(
            position,
            value,
            yerr=[[value - low], [high - value]],
            fmt="D",
            color=MARK,
            markersize=7,
            capsize=3,
            label=f"threshold {point.threshold:g}: TMR {value:.3f}, FMR {point.fmr.value:.4f}",
        )
    axes.set_xscale("log")
    axes.set_xlim(LOWEST_FMR, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("false match rate (FMR)")
    axes.set_ylabel("true match rate (TMR)")
    axes.legend(loc="lower right", framealpha=1, edgecolor="none")


def _draw_distances(report: LfwReport, axes: Axes) -> None:
    compared = ~report.scores.failed
    edges = np.linspace(0, report.scores.distances[compared].max(), BINS + 1).tolist()
    for mated, color, name in ((True, MATED, "same person"), (False, NON_MATED, "two people")):
        distances = report.scores.distances[compared & (report.scores.mated == mated)]
        label = f"{name}, {len(distances)} pairs"
        axes.hist(distances, edges, color=color, alpha=0.65, label=label)
    for point in report.points:
        axes.axvline(
            point.threshold,
            color=MARK,
            linestyle="--",
            linewidth=1.5,
            label=f"threshold {point.threshold:g}",
        )
    axes.set_xlabel("distance")
    axes.set_ylabel("pairs")
    failed = int(report.scores.failed.sum())
    axes.legend(frameon=False, title=f"failed, not drawn: {failed}" if failed else None)
