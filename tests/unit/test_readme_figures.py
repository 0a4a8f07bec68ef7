"""The README tells the figures of the shipped model's card, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gallery.embedder.model_card import default_model_folder, read_card

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
CARD = read_card(default_model_folder())
WORDS = {5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten", 11: "eleven"}


def rounded(told: str) -> str:
    """ "0.8333 (0.8196 to 0.8462)" becomes "0.833"."""
    return f"{float(told.split()[0]):.3f}"


def column(lfw: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"{lfw['accuracy']:.4f} ± {lfw['accuracy_standard_error']:.4f}",
        f"{rounded(lfw['tar_at_fmr_0.01'])}, {rounded(lfw['tar_at_fmr_0.001'])}",
        rounded(lfw["at_0.4"]["tmr"]),
        lfw["at_0.4"]["fmr"],
    )


def test_the_table_is_that_of_the_card() -> None:
    assert f"| {CARD.model_id} on LFW View 2" in README
    detectors = ("lfw_view_2", "lfw_view_2_haar")
    for row in zip(*(column(CARD.figures[name]) for name in detectors), strict=True):
        assert f" | {' | '.join(row)} |" in README


def test_the_thresholds_are_those_of_the_card() -> None:
    held_out = CARD.figures["held_out_people"]
    assert f"{held_out['people']:,} people that were held out" in README
    for rate, point in held_out["at_false_match_rate"].items():
        of, taken = round(1 / float(rate)), point["true_match_rate"]
        assert f"| 1 in {of:,} | {point['threshold']:.3f} | {taken:.3f} |" in README


def test_the_share_of_refused_claims_is_told_in_words() -> None:
    refused = float(CARD.figures["lfw_view_2"]["at_0.4"]["fnmr"].split()[0])
    assert f"about one true claim in {WORDS[round(1 / refused)]} is refused" in README
