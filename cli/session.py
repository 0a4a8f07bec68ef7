"""What the options before the command say, and the services opened with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from gallery.bootstrap import Services
    from gallery.settings import DetectorKind, Settings


@dataclass(frozen=True)
class Session:
    """The global options; None where the environment or the default decides."""

    database: str | None = None
    detector: DetectorKind | None = None
    threshold: float | None = None

    def settings(self) -> Settings:
        """The given options, then the environment, then the defaults."""
        from gallery.settings import Settings, parse_database_url

        given: dict[str, str] = {}
        if self.database is not None:
            given["GALLERY_DATABASE_URL"] = parse_database_url(self.database)
        if self.detector is not None:
            given["GALLERY_DETECTOR"] = self.detector.value
        if self.threshold is not None:
            given["GALLERY_THRESHOLD"] = str(self.threshold)
        return Settings.from_environment({**os.environ, **given})


def session_of(context: typer.Context) -> Session:
    """The options that stood before the command."""
    return context.find_object(Session) or Session()


@contextmanager
def opened(settings: Settings, create: bool = True) -> Iterator[Services]:
    """The services for one command, closed after it."""
    from gallery.bootstrap import Services

    services = Services(settings, create=create)
    try:
        yield services
    finally:
        services.close()


@contextmanager
def services_of(context: typer.Context, create: bool = False) -> Iterator[Services]:
    """The services that the options before the command ask for, closed after the command.

    create: whether the command makes a gallery where `--database` names a file that does not exist.
    Other commands refuse it, as it was mistyped; a file that nobody typed is made on first use.
    """
    session = session_of(context)
    with opened(session.settings(), create or session.database is None) as services:
        yield services
