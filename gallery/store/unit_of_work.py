"""One moment of the database to read, or one change that happens whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from gallery.store.engine import connect, refusals, writing
from gallery.store.inspection import InspectionRepository
from gallery.store.keys import FailureRepository, KeyRepository, SessionRepository
from gallery.store.once import OnceRepository
from gallery.store.repositories import FaceRepository, IdentityRepository
from gallery.store.vectors import VectorRepository


class ReadUnit:
    """Everything read through it belongs to one moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.identities = IdentityRepository(connection)
        self.faces = FaceRepository(connection)
        self.vectors = VectorRepository(connection)
        self.inspection = InspectionRepository(connection)
        self.keys = KeyRepository(connection)
        self.sessions = SessionRepository(connection)
        self.failures = FailureRepository(connection)


class WriteUnit(ReadUnit):
    """What is written through it becomes true, for everybody at once, with commit()."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.once = OnceRepository(connection)

    def commit(self) -> None:
        self._connection.commit()


class UnitsOfWork:
    """Opens units of work on a database; safe to use from several threads at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = writing(engine)

    @contextmanager
    def read(self) -> Iterator[ReadUnit]:
        """Refuses with DatabaseUnavailable."""
        with refusals(), connect(self._engine) as connection, connection.begin():
            yield ReadUnit(connection)

    @contextmanager
    def write(self) -> Iterator[WriteUnit]:
        """Waits for its turn to write; undone unless committed. Refuses as `read` does."""
        with refusals(), connect(self._writing) as connection:
            connection.begin()
            yield WriteUnit(connection)
