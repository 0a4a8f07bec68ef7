"""Which file the connections are on: another may be put in its place while they are open.

A connection stays on the file that it opened, though that has another name by now or none. And the
log beside it (`-wal`, with its map `-shm`) goes by name alone: SQLite would read the log of the old
file into the new one, and write it there for good.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine

from gallery.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

_LOG_ENDINGS = ("-wal", "-shm")
Identity = tuple[int, int]
"""Device and inode: of one file only, for as long as somebody has it open."""


class DatabaseFile:
    """The file that an engine's connections are on; made before the first of them.

    prepare: is called with the engine when it is on another file than before.
    """

    def __init__(self, path: Path, prepare: Callable[[Engine], None]) -> None:
        self._path = path
        self._prepare = prepare
        self._held: Identity | None = self._at_the_path()
        self._log: frozenset[Identity] = frozenset()
        self._changing = threading.Lock()

    def follow(self, engine: Engine) -> None:
        """Let the next connection be to the file that lies at the path now.

        Costs a look at the path. Refuses with DatabaseUnavailable where no file lies there, or the
        log of the one before still lies beside another.
        """
        if self._at_the_path() == self._held and self._log:
            return
        with self._changing:
            now = self._at_the_path()
            if now == self._held:
                self._log = self._beside_the_path()
                return
            self._refuse_old_log()
            log.warning("another database file lies in the place of the one before; it is opened")
            engine.dispose()
            self._held = now
            try:
                self._prepare(engine)
            except BaseException:
                self._held = None
                raise

    def require_held(self, _connection: sqlite3.Connection, _record: object) -> None:
        """Refuse a connection that was just opened, and has read nothing yet, to another file."""
        if self._at_the_path() != self._held:
            raise DatabaseUnavailable("the database file was replaced meanwhile; try again")

    def forget_log(self, _engine: Engine) -> None:
        """Once nobody has the log open, another may get its inode."""
        self._log = frozenset()

    def _refuse_old_log(self) -> None:
        if self._log & self._beside_the_path():
            raise DatabaseUnavailable(
                "the database file was replaced, but the -wal and -shm of the one before still "
                "lie beside it; move these two away",
                operator=self._path,
            )

    def _at_the_path(self) -> Identity:
        try:
            return _identity(self._path)
        except OSError as error:
            raise DatabaseUnavailable(
                f"the database file cannot be found: {error.strerror}; put it back, or a backup",
                operator=self._path,
            ) from error

    def _beside_the_path(self) -> frozenset[Identity]:
        """The log, which lies beside the file itself where the path is a link to it."""
        found = set()
        for ending in _LOG_ENDINGS:
            with suppress(FileNotFoundError):
                found.add(_identity(Path(os.path.realpath(self._path) + ending)))
        return frozenset(found)


def _identity(path: Path) -> Identity:
    found = path.stat()
    return found.st_dev, found.st_ino
