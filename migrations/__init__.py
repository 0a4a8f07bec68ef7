"""Alembic migrations of the database, run on first use."""

from __future__ import annotations

from importlib.resources import as_file, files

from sqlalchemy import Connection, Engine, text

from gallery.errors import DatabaseTooNew, DatabaseUnavailable
from gallery.store.engine import refusals, writing

HEAD = "v0004"
"""The newest revision; asking Alembic for it would import Alembic at every start."""


def bring_up_to_date(engine: Engine) -> None:
    """Migrate the database unless it is up to date, which costs one look.

    The migration is one write transaction: of several programs that come at once the first
    migrates and the others wait for it. Refuses with DatabaseTooNew and DatabaseUnavailable.
    """
    with refusals():
        with engine.connect() as connection:
            if _revision(connection) == HEAD:
                return
        with writing(engine).connect() as connection:
            # A batch migration rebuilds a table, which foreign keys would forbid. SQLite changes
            # that setting outside of transactions only, and this connection is not used again.
            connection.detach()
            connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
            with connection.begin():
                if _revision(connection) != HEAD:
                    _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    """The revision of the database; None for an empty one."""
    tables = set(
        connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars()
    )
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise DatabaseUnavailable(
            "the file is a database of another program; give another --database"
        )
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if revision is None else str(revision)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    with as_file(files(__name__)) as folder:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        revision = _revision(connection)
        try:
            ScriptDirectory.from_config(config).get_revision(revision or "base")
        except CommandError as error:
            raise DatabaseTooNew(
                f"the database is at revision {revision}; this program knows revisions up to "
                f"{HEAD}. Install a newer version of the program"
            ) from error
        command.upgrade(config, HEAD)
