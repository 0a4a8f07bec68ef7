"""The SQLite database: how it is opened, how transactions begin, and its refusals in words.

WAL lets readers and one writer work side by side. `synchronous=FULL` makes each commit reach the
disk: an acknowledged enrollment, and just as much a removal, survives a loss of power. Reads begin
with BEGIN (one moment for the whole transaction), writes with BEGIN IMMEDIATE: a writer waits for
its turn at the start, up to `BUSY_TIMEOUT_SECONDS`, and can never fail halfway for want of a lock.
A file that is put in the place of the database is followed: see `DatabaseFile`.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from gallery.errors import DatabaseDamaged, DatabaseUnavailable, InvalidValue
from gallery.store.database_file import DatabaseFile

BUSY_TIMEOUT_SECONDS = 5.0
_WRITES = "gallery_writes"
_FILE = "gallery_file"

ADVICE = {
    sqlite3.SQLITE_PERM: "access to the database is denied; check the owner of its file",
    sqlite3.SQLITE_BUSY: "the database is busy; another program held it for more than "
    f"{BUSY_TIMEOUT_SECONDS:g} s. Try again",
    sqlite3.SQLITE_LOCKED: "the database is locked; try again",
    sqlite3.SQLITE_READONLY: "the database cannot be written; check the permissions of its file, "
    "of those beside it that end in -wal and -shm, and of its folder",
    sqlite3.SQLITE_IOERR: "reading or writing the database failed; check the disk",
    sqlite3.SQLITE_CORRUPT: "the database is damaged; restore it from a backup",
    sqlite3.SQLITE_FULL: "the disk is full; make room and try again",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened; check its path and that its folder "
    "can be written, which SQLite needs even to read",
    sqlite3.SQLITE_AUTH: "access to the database is denied; check the owner of its file",
    sqlite3.SQLITE_NOTADB: "the file is not a gallery database; give another --database",
}


def open_database(
    url: str, prepare: Callable[[Engine], None] = lambda _: None, create: bool = True
) -> Engine:
    """The engine of a SQLite file.

    prepare: is called with the engine when another file was put in the place of that one. create:
    whether an empty one is made where there is none; else that is refused. New folders are
    for this user only (0700) and so is the new file (0600), as faces are nobody else's business;
    SQLite gives its side files the same mode. Refuses with DatabaseUnavailable.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidValue("the database URL cannot be read; write sqlite:///PATH") from None
    if not parsed.database:
        raise InvalidValue("the database must be a file on disk; write sqlite:///PATH")
    path = Path(parsed.database).absolute()
    _find(path, create)
    file = DatabaseFile(path, prepare)
    engine = create_engine(
        # a file that is gone is not made anew by SQLite: mode=rw
        parsed.set(database=path.as_uri(), query={"uri": "true", "mode": "rw"}),
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "isolation_level": None},
        hide_parameters=True,  # a logged statement shows no name and no vector
        execution_options={_FILE: file},
    )
    event.listen(engine, "connect", file.require_held)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "engine_disposed", file.forget_log)
    return engine


def connect(engine: Engine) -> Connection:
    """A connection to the file that lies at the engine's path now; refuses as `follow` does."""
    file: DatabaseFile = engine.get_execution_options()[_FILE]
    file.follow(engine)
    return engine.connect()


def writing(engine: Engine) -> Engine:
    """The same engine, whose transactions take their turn to write when they begin."""
    return engine.execution_options(**{_WRITES: True})


@contextmanager
def refusals() -> Iterator[None]:
    """Inside, what SQLite cannot do is a DatabaseUnavailable with advice; bugs pass as they are."""
    try:
        yield
    except NoFreeConnection as error:
        raise DatabaseUnavailable("too many requests wait for the database; try again") from error
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if code not in ADVICE:
            raise
        kind = DatabaseDamaged if code == sqlite3.SQLITE_CORRUPT else DatabaseUnavailable
        raise kind(ADVICE[code]) from error


def _find(path: Path, create: bool) -> None:
    """Refuse what cannot be a database, or make an empty one, readable by this user alone."""
    try:
        if path.is_dir():
            raise DatabaseUnavailable(
                "the database is a folder; give the path of a database file", operator=path
            )
        if path.exists():
            return
        if not create:
            raise DatabaseUnavailable(
                "there is no gallery here yet; `gallery enroll` makes one, "
                "or give another --database",
                operator=path,
            )
        for folder in reversed(path.absolute().parents):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseUnavailable(
            f"the database cannot be {'created' if create else 'opened'}: {error.strerror}; "
            "give another --database or mend its folder",
            operator=path,
        ) from error


def _configure(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while not _in_wal_mode(connection):
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(ADVICE[sqlite3.SQLITE_BUSY])
        time.sleep(0.01)


def _in_wal_mode(connection: sqlite3.Connection) -> bool:
    """Switch to WAL unless it is on already; SQLite does not wait for the lock by itself here."""
    if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        return True
    try:
        return bool(connection.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",))
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            return False
        raise


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
