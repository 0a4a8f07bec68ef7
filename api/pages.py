"""GET /: the page. A view of it is a template in templates/views and a module in static."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, render_template

from api.uploads import MAX_PHOTO_BYTES
from gallery.bootstrap import Services
from gallery.errors import ModelUnavailable

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
            rates=_rates(services),
        )

    return routes


def _rates(services: Services) -> Rates | None:
    with contextlib.suppress(ModelUnavailable):  # the page says so where it is asked for a verdict
        if told := services.pair_rates:
            return Rates(_percent(told.false_match), _percent(told.false_non_match))
    return None


def _percent(rate: float) -> str:
    """0.0017 becomes "0.17 %", with a space that holds together."""
    return f"{100 * rate:.2g}\N{NO-BREAK SPACE}%"
