"""GET /: the page. A view of it is a template in templates/views and a module in static."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, render_template

from api.uploads import MAX_PHOTO_BYTES
from gallery.bootstrap import Services
from gallery.embedder.model_card import default_model_folder, lfw_figures, read_card
from gallery.errors import ModelUnavailable
from gallery.settings import Settings

_STATIC = Path(__file__).parent / "static"


class Rates(NamedTuple):
    """How often the rule is wrong, in words: "0.2 %"."""

    strangers: str
    missed: str


def blueprint(services: Services) -> Blueprint:
    """The page; it talks to the API."""
    routes = Blueprint("pages", __name__)
    modules = sorted(path.name for path in _STATIC.glob("*.js") if path.name != "page.js")

    @routes.get("/")
    def page() -> str:
        return render_template(
            "page.html",
            modules=modules,
            max_bytes=MAX_PHOTO_BYTES,
            threshold=services.settings.threshold.value,
            rates=_rates(services.settings),
        )

    return routes


def _rates(settings: Settings) -> Rates | None:
    """What the card says of this threshold and detector on LFW; None where it says nothing."""
    with contextlib.suppress(ModelUnavailable, KeyError, TypeError, ValueError, IndexError):
        figures = read_card(default_model_folder(settings.model_id)).figures
        told = figures[lfw_figures(2, settings.detector)][f"at_{settings.threshold.value:g}"]
        return Rates(_percent(told, "fmr"), _percent(told, "fnmr"))
    return None


def _percent(figures: Mapping[str, str], name: str) -> str:
    """ "0.0017 (0.0007 to 0.0039)" becomes "0.17 %", with a space that holds together."""
    return f"{100 * float(figures[name].split()[0]):.2g}\N{NO-BREAK SPACE}%"
