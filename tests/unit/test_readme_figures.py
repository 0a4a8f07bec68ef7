"""The README tells the figures of the shipped model's card, and no others."""

from __future__ import annotations

from pathlib import Path

from gallery.embedder.model_card import default_model_folder, read_card

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def rounded(told: str, places: int) -> str:
    """ "0.8333 (0.8196 to 0.8462)" becomes "0.833"."""
    return f"{float(told.split()[0]):.{places}f}"


def test_the_table_is_that_of_the_card() -> None:
    card = read_card(default_model_folder())
    lfw = card.figures["lfw_view_2"]
    assert f"| {card.model_id} on LFW View 2" in README
    assert f"| {lfw['accuracy']:.4f} ± {lfw['accuracy_standard_error']:.4f} |" in README
    rates = [rounded(lfw[f"tar_at_fmr_{rate}"], 3) for rate in ("0.01", "0.001")]
    assert f"| TAR at FMR 1e-2, 1e-3 | {', '.join(rates)} |" in README
    served = lfw["at_0.4"]
    assert f"(TMR) | {rounded(served['tmr'], 3)} |" in README
    assert f"(FMR) | {served['fmr'].replace('(', '(95 %: ')} |" in README
    refused = round(1 / float(served["fnmr"].split()[0]))
    words = {5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten"}
    assert f"about one true claim in {words[refused]} is refused" in README
