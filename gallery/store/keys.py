"""Keys, sessions and failed verifications; always inside a unit of work."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, exists, func, insert, or_, select, update

from gallery.domain.access import Key
from gallery.store.tables import api_key, failed_verification, identity, session


class KeyRepository:
    """The keys; a secret is known here by its SHA-256 only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: Key, secret_sha256: str) -> None:
        self._connection.execute(
            insert(api_key).values(
                id=key.id,
                secret_sha256=secret_sha256,
                name=key.name,
                scopes=key.scopes,
                scores=key.scores,
                identity_id=key.identity_id,
                created_at=key.created_at,
                expires_at=key.expires_at,
            )
        )

    def any(self) -> bool:
        """Whether there has ever been one."""
        return bool(self._connection.execute(select(exists().select_from(api_key))).scalar())

    def all(self) -> tuple[Key, ...]:
        """Oldest first, those that are revoked or expired too."""
        rows = self._connection.execute(_keys().order_by(api_key.c.created_at, api_key.c.id))
        return tuple(_key(row) for row in rows)

    def get(self, key_id: str) -> Key | None:
        row = self._connection.execute(_keys().where(api_key.c.id == key_id)).one_or_none()
        return None if row is None else _key(row)

    def with_secret(self, key_id: str) -> tuple[Key, str] | None:
        """The key and the SHA-256 of its secret."""
        query = _keys().add_columns(api_key.c.secret_sha256).where(api_key.c.id == key_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else (_key(row), row.secret_sha256)

    def revoke(self, key_id: str, now: datetime) -> None:
        """Once revoked, it stays so from the first time on."""
        self._connection.execute(
            update(api_key)
            .where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        self._connection.execute(delete(session).where(session.c.key_id == key_id))

    def used(self, key_id: str, now: datetime, unless_since: datetime) -> None:
        """Remember the use, unless a later one than `unless_since` is remembered already."""
        last = api_key.c.last_used_at
        self._connection.execute(
            update(api_key)
            .where(api_key.c.id == key_id, or_(last.is_(None), last <= unless_since))
            .values(last_used_at=now)
        )


class SessionRepository:
    """Browsers that signed in."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token_sha256: str, key_id: str, expires_at: datetime) -> None:
        self._connection.execute(
            insert(session).values(token_sha256=token_sha256, key_id=key_id, expires_at=expires_at)
        )

    def key_of(self, token_sha256: str, now: datetime) -> Key | None:
        """The key of a session that has not ended."""
        row = self._connection.execute(
            _keys()
            .join(session, session.c.key_id == api_key.c.id)
            .where(session.c.token_sha256 == token_sha256, session.c.expires_at > now)
        ).one_or_none()
        return None if row is None else _key(row)

    def remove(self, token_sha256: str) -> None:
        self._connection.execute(delete(session).where(session.c.token_sha256 == token_sha256))

    def remove_ended(self, now: datetime) -> None:
        self._connection.execute(delete(session).where(session.c.expires_at <= now))


class FailureRepository:
    """Failed verifications of late."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, identity_id: int, now: datetime) -> int:
        """The id it got."""
        query = insert(failed_verification).values(identity_id=identity_id, failed_at=now)
        made = self._connection.execute(query.returning(failed_verification.c.id))
        return made.scalar_one()

    def remove(self, failure_id: int) -> None:
        self._connection.execute(
            delete(failed_verification).where(failed_verification.c.id == failure_id)
        )

    def nth_newest(
        self, identity_id: int, number: int, since: datetime, until: datetime
    ) -> datetime | None:
        """When the `number`-th failure, counted back from the newest, was; None for fewer.

        Of those after `since` and not after `until`.
        """
        return self._connection.execute(
            select(failed_verification.c.failed_at)
            .where(failed_verification.c.identity_id == identity_id)
            .where(failed_verification.c.failed_at > since)
            .where(failed_verification.c.failed_at <= until)
            .order_by(failed_verification.c.failed_at.desc())
            .offset(number - 1)
            .limit(1)
        ).scalar_one_or_none()

    def remove_outside(self, since: datetime, until: datetime) -> None:
        """Of everybody, those that `nth_newest` would not count."""
        failed_at = failed_verification.c.failed_at
        self._connection.execute(
            delete(failed_verification).where(or_(failed_at <= since, failed_at > until))
        )

    def count(self) -> int:
        return self._connection.execute(
            select(func.count()).select_from(failed_verification)
        ).scalar_one()


def _keys() -> Select[*tuple[Any, ...]]:
    return select(
        api_key.c.id,
        api_key.c.name,
        api_key.c.scopes,
        api_key.c.scores,
        api_key.c.created_at,
        api_key.c.expires_at,
        api_key.c.last_used_at,
        api_key.c.revoked_at,
        api_key.c.identity_id,
        identity.c.name.label("identity_name"),
    ).select_from(api_key.outerjoin(identity, identity.c.id == api_key.c.identity_id))


def _key(row: Row[Any]) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        scopes=row.scopes,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        scores=row.scores,
        identity_id=row.identity_id,
        identity_name=row.identity_name,
    )
