"""Counters that all processes of a server share, for the library `limits`, in a small SQLite file.

The library's own memory is one process's. The file is not synced: a loss of power may cost counts
of the last minute, and a damaged one is made anew.

A window that begins further ahead than it is long was stamped by a clock that has been set back
since, and counts as ended. One that is less far ahead goes on: were a small step of the clock to
end it, its counts would be lost.
"""

from __future__ import annotations

import logging
import math
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from limits.storage import Storage

FORGET_EVERY_SECONDS = 60.0
BUSY_SECONDS = 1.0
_OPEN = "ends_at > :now AND ends_at <= :now + 2 * seconds"
_COUNT = f"""
INSERT INTO time_window (name, count, seconds, ends_at)
VALUES (:name, :amount, :seconds, :now + :seconds)
ON CONFLICT (name) DO UPDATE SET
  count = CASE WHEN {_OPEN} THEN count + :amount ELSE :amount END,
  ends_at = CASE WHEN {_OPEN} THEN ends_at ELSE :now + :seconds END
RETURNING count
"""  # noqa: S608
_log = logging.getLogger(__name__)


class SharedCounters(Storage):
    """Fixed windows, each of which begins with its first count. Opened at first use."""

    STORAGE_SCHEME = None

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._path, self._clock = path, clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._forget_at = -math.inf

    @property
    def base_exceptions(self) -> type[Exception]:
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """The count in the current window, this one included; atomic between processes."""
        now = self._clock()
        values = {"name": key, "amount": amount, "now": now, "seconds": expiry}
        with self._lock:
            connection = self._open()
            if time.monotonic() >= self._forget_at:
                self._forget_at = time.monotonic() + FORGET_EVERY_SECONDS
                connection.execute(f"DELETE FROM time_window WHERE NOT ({_OPEN})", {"now": now})  # noqa: S608
            count: int = connection.execute(_COUNT, values).fetchall()[0][0]
        return count

    def get(self, key: str) -> int:
        return int(self._now("count", key))

    def get_expiry(self, key: str) -> float:
        """When the current window ends, in seconds since 1970; now where there is none."""
        return float(self._now("ends_at", key) or self._clock())

    def check(self) -> bool:
        with self._lock:
            self._open()
        return True

    def reset(self) -> int:
        with self._lock:
            return self._open().execute("DELETE FROM time_window").rowcount

    def clear(self, key: str) -> None:
        with self._lock:
            self._open().execute("DELETE FROM time_window WHERE name = ?", (key,))

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _now(self, column: str, key: str) -> float:
        query = f"SELECT {column} FROM time_window WHERE name = :name AND {_OPEN}"  # noqa: S608
        with self._lock:
            row = self._open().execute(query, {"name": key, "now": self._clock()}).fetchone()
        return 0 if row is None else row[0]

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self._connection = _connect(self._path)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):  # busy, full, not ours to write
                    raise
                _log.warning("the counters are damaged and begin anew: %s", error)
                for ending in ("", "-wal", "-shm"):
                    self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
                self._connection = _connect(self._path)
        return self._connection


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS time_window (name TEXT PRIMARY KEY, count INTEGER NOT NULL,"
            " seconds INTEGER NOT NULL, ends_at REAL NOT NULL) WITHOUT ROWID"
        )
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for the lock by itself here, and workers start at the same moment."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
