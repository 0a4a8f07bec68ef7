"""What became of each photo of a batch, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TypeVar

from api.problems import problem_document, status_of
from gallery.errors import PhotoRejected
from gallery.services.wire import Wire

T = TypeVar("T")


def each_or_problem(results: Sequence[T | PhotoRejected], shown: Callable[[T], Wire]) -> list[Wire]:
    """{"result", "problem"} for each, one of them null; a problem names its photo, from 0."""
    return [
        {"result": None, "problem": _problem(result, number)}
        if isinstance(result, PhotoRejected)
        else {"result": shown(result), "problem": None}
        for number, result in enumerate(results)
    ]


def _problem(error: PhotoRejected, number: int) -> Wire:
    status = status_of(error) or HTTPStatus.UNPROCESSABLE_ENTITY
    return problem_document(status, error.code, error.public, field=f"photos.{number}")
