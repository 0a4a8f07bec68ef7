"""A run of open-set identification as identification.json, a transcript and rows for a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from gallery.evaluation.identification import IdentificationReport, Question
from gallery.evaluation.metrics import Rate


def write(report: IdentificationReport, output_folder: Path) -> None:
    """identification.json: the rates, and every question asked."""
    rates = {name: _json(rate) for name, rate in _rates(report)}
    text = json.dumps(asdict(report) | {"rates": rates}, indent=2, ensure_ascii=False)
    output_folder.mkdir(parents=True, exist_ok=True)
    (output_folder / "identification.json").write_text(text + "\n", encoding="utf-8")


def summary(report: IdentificationReport) -> tuple[tuple[str, str], ...]:
    """(name, figure) rows for people."""
    head = (
        ("model", report.model_id),
        ("threshold", f"{report.threshold:g}"),
        ("enrolled", f"{report.people - len(report.refused_people)} of {report.people} people"),
    )
    return head + tuple((name, f"{rate.count} of {rate.total}") for name, rate in _rates(report))


def transcript(report: IdentificationReport) -> tuple[str, ...]:
    """One line a question: the photo, the claim and its verdict, the name given."""
    return tuple(_line(asked) for asked in (*report.mated, *report.non_mated))


def _line(asked: Question) -> str:
    if asked.refused is not None:
        return f"{asked.photo}: refused ({asked.refused})"
    verdict = "matched" if asked.verified else "not matched"
    named = asked.identified_as or "unknown"
    return (
        f"{asked.photo}: {asked.claimed}? {verdict} {_short(asked.verified_distance)}; "
        f"who? {named} {_short(asked.identified_distance)}"
    )


def _short(distance: float | None) -> str:
    return "-" if distance is None else f"{distance:.3f}"


def _rates(report: IdentificationReport) -> Sequence[tuple[str, Rate]]:
    return (
        ("true claims matched", report.verified),
        ("false claims matched", report.false_claims_matched),
        ("enrolled people named (TPIR)", report.tpir),
        ("enrolled people named wrongly", report.misnamed),
        ("strangers named (FPIR)", report.fpir),
    )


def _json(rate: Rate) -> dict[str, float]:
    low, high = rate.interval
    return {"count": rate.count, "total": rate.total, "low": low, "high": high}
