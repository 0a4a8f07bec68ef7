"""What a command prints: tables for people, one JSON document for programs, progress meanwhile."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import typer

from cli.plain import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from gallery.domain.decision import Decision
    from gallery.progress import Progress

_Item = TypeVar("_Item")
_WIDTH_OF_A_PIPE = 400
_LEAST_WIDTH = 72
"""Narrower columns would cut numbers short, to wrong ones; a narrow terminal wraps the lines."""


def print_json(document: object) -> None:
    """One document on standard output, in ASCII where its encoding has not all the characters."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = json.dumps(document, indent=2, allow_nan=False)
    typer.echo(text)


def console() -> Console:
    """Standard output through Rich: no colour and no narrow columns when it is not a terminal."""
    import rich.console

    class Pipe(rich.console.Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    width = max(shutil.get_terminal_size().columns, _LEAST_WIDTH)
    return Pipe(
        width=width if sys.stdout.isatty() else _WIDTH_OF_A_PIPE,
        highlight=False,
        markup=False,
        emoji=False,
    )


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table; a column named with a leading ">" is aligned to the right."""
    from rich import box
    from rich.table import Table

    result = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in columns:
        number = column.startswith(">")
        result.add_column(
            column.lstrip(">"),
            justify="right" if number else "left",
            no_wrap=number or column in ("Action", "Verdict", "Expected"),
            overflow="fold",
        )
    return result


def cell(value: object, style: str = "") -> Text:
    """A value as it is: a name such as "[red]" is no markup, and none moves the cursor."""
    from rich.text import Text

    return Text(plain(str(value)), style=style)


def verdict(matched: bool, yes: str = "Matched", no: str = "Not matched") -> Text:
    """The verdict, green or red."""
    return cell(yes, "bold green") if matched else cell(no, "bold red")


def number(value: float, digits: int = 4) -> Text:
    """A measured number."""
    return cell(f"{value:.{digits}f}")


def decision_cells(decision: Decision) -> tuple[Text, Text, Text]:
    """Distance, threshold and verdict, in this order."""
    return (
        number(decision.distance),
        cell(f"{decision.threshold:g}"),
        verdict(decision.matched),
    )


def print_table(rows: Table) -> None:
    """A table on standard output."""
    console().print(rows)


def say(sentence: str) -> None:
    """A sentence on standard output."""
    typer.echo(plain(sentence))


def warn(sentence: str) -> None:
    """A sentence on standard error."""
    typer.echo(sentence, err=True)


def track(items: Iterable[_Item], total: int, label: str) -> Iterator[_Item]:
    """The items, with a progress bar on standard error if that is a terminal."""
    with progress(label) as step:
        for done, item in enumerate(items):
            step(done, total)
            yield item


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """A bar on standard error if that is a terminal and there are several steps to do.

    Gives a function to call with how many steps are done, and how many there are.
    """
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich import progress as bars
    from rich.console import Console

    with bars.Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=total > 1)


def flattened(values: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(name, value) rows of nested JSON: {"lfw": {"auc": 0.99}} gives ("lfw auc", "0.99").

    Objects in a list are told apart by their "name".
    """
    if isinstance(values, dict):
        for name, value in values.items():
            yield from flattened(value, f"{prefix} {name}".strip().replace("_", " "))
    elif isinstance(values, list) and all(isinstance(value, dict) for value in values):
        for value in values:
            rest = {key: what for key, what in value.items() if key != "name"}
            yield from flattened(rest, f"{prefix} {value.get('name', '')}".strip())
    elif isinstance(values, list):
        yield prefix, ", ".join(_plain(value) for value in values)
    else:
        yield prefix, _plain(values)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
