"""The root of the command line: loads a command when it is named, and ends every command alike."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from cli.errors import (
    BROKEN_PIPE,
    BUG,
    INTERRUPTED,
    NOT_READY,
    NOT_WRITTEN,
    exit_code_of,
    tell,
    tell_bug,
)
from gallery.errors import GalleryError

GLOBAL_OPTIONS = ("--database", "--detector", "--threshold")


class LazyCommands(Mapping[str, Any]):
    """Click commands by name, each imported from "module:attribute" when somebody asks for it.

    The attribute is a function with Typer annotations, or a `typer.Typer` of sub-commands.
    """

    def __init__(self, panels: Mapping[str, Mapping[str, str]]) -> None:
        """panels: for each panel of the help its commands, and for each of these its place."""
        self._places = {
            name: (panel, place)
            for panel, commands in panels.items()
            for name, place in commands.items()
        }
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def _load(self, name: str) -> Any:
        panel, place = self._places[name]
        module, attribute = place.split(":")
        found = getattr(import_module(module), attribute)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command(name)(found)
            found = alone
        command: Any = typer.main.get_command(found)
        command.name, command.rich_help_panel = name, panel
        tidy_help(command)
        return command


def tidy_help(command: Any) -> None:
    """Paragraphs that fill the terminal's width, and brackets that Rich does not take as markup."""
    paragraphs = (command.help or "").split("\n\n")
    command.help = _as_it_is("\n\n".join(" ".join(lines.split()) for lines in paragraphs))
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = _as_it_is(parameter.help)
    for below in getattr(command, "commands", {}).values():
        tidy_help(below)


def _as_it_is(text: str) -> str:
    return text.replace("[", "\\[")


class GalleryGroup(TyperGroup):
    """Turns refusals into exit codes and messages; nothing ends in a traceback."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line and exit; `standalone_mode` is not heeded."""
        _open_closed_streams()
        arguments = list(sys.argv[1:] if args is None else args)
        _tolerate_any_character()
        sys.exit(
            _run(
                lambda: super(GalleryGroup, self).main(
                    arguments, prog_name or "gallery", complete_var, False, **extra
                ),
                as_json=_asks_for_json(arguments),
            )
        )

    def invoke(self, ctx: Any) -> Any:
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            _forget_standard_output()
            raise typer.Exit(BROKEN_PIPE) from None


def _run(command: Any, as_json: bool) -> int:
    """The exit code of a command, its refusal told."""
    try:
        code = command()
    except GalleryError as refusal:
        tell(refusal.code, refusal.message, as_json)
        return exit_code_of(refusal)
    except typer.TyperException as misuse:
        if message := misuse.format_message():  # it is empty after the help of `gallery` alone
            tell("wrong_usage", f"{_sentence(message)}{_hint(misuse)}", as_json)
        return misuse.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except OSError as refusal:
        lost = _output_is_lost()
        _forget_standard_output()
        if lost:
            tell(
                "output_lost",
                f"standard output cannot be written ({refusal.strerror}); what the command changed "
                "stays changed. See with `gallery list`",
                as_json,
            )
            return NOT_WRITTEN
        tell("system_error", f"the operating system refused: {refusal}", as_json)
        return NOT_READY
    except Exception as error:
        tell_bug(error, as_json)
        return BUG
    return code if isinstance(code, int) else 0


def _sentence(message: str) -> str:
    """On one line, as Typer's own takes several, and without the name of pydantic's exception."""
    text = " ".join(message.replace("Value error, ", "").split()).rstrip(". ")
    return text if text.endswith("?") else f"{text}."


def _hint(misuse: Exception) -> str:
    context = getattr(misuse, "ctx", None)
    option = getattr(misuse, "option_name", None)
    if context is not None and option in GLOBAL_OPTIONS:
        return f" It stands before the command: `gallery {option} ... {context.info_name}`."
    return f" Try `{context.command_path} --help`." if context is not None else ""


def _asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether --json stands among the options, also where the rest cannot be parsed."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def _open_closed_streams() -> None:
    """What would go to a closed stream (`gallery … >&-`) is dropped; the exit code still tells."""
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def _tolerate_any_character() -> None:
    """A name that the terminal's encoding lacks is escaped, and does not stop the program."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _output_is_lost() -> bool:
    """Whether standard output still holds what it could not get rid of."""
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False


def _forget_standard_output() -> None:
    """Nobody reads it any more: what is still buffered shall not be complained about at exit."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
    except OSError:  # standard output is no file, as under a test runner
        return
