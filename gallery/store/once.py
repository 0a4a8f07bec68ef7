"""The rows of requests that are to take effect once."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select

from gallery.domain.once import REMEMBERED_FOR, Done, Once
from gallery.store.tables import once as table


class OnceRepository:
    """What requests with a key of their own have stored."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, once: Once) -> Done | None:
        """What the request stored when it came before, within the time that is remembered."""
        row = self._connection.execute(
            select(table.c.asked, table.c.identity_id, table.c.face_id).where(
                table.c.key == once.key, table.c.created_at > _oldest()
            )
        ).one_or_none()
        return None if row is None else Done(row.asked, row.identity_id, row.face_id)

    def add(self, once: Once, identity_id: int, face_id: int | None = None) -> None:
        """Remember, in the transaction of the change itself; forget what is too old."""
        self._connection.execute(delete(table).where(table.c.created_at <= _oldest()))
        self._connection.execute(
            insert(table).values(
                key=once.key,
                asked=once.asked,
                identity_id=identity_id,
                face_id=face_id,
                created_at=datetime.now(UTC),
            )
        )


def _oldest() -> datetime:
    return datetime.now(UTC) - REMEMBERED_FOR
