"""The database is made and brought up to date on first use, by one of many, from any install."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import migrations
from gallery.errors import DatabaseTooNew
from gallery.store.engine import open_database
from gallery.store.tables import metadata

ROOT = Path(migrations.__file__).parent.parent
FIRST_USE = """
import sys
from gallery.bootstrap import Services
from gallery.settings import Settings
services = Services(Settings(sys.argv[1]))
print(len(services.identities.list()), "alembic" in sys.modules)
services.close()
"""


def test_the_head_we_name_is_the_head_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_the_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    engine = open_database(database_url)
    migrations.bring_up_to_date(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    made = _schema(Path(database_url.removeprefix("sqlite:///")))
    engine.dispose()
    assert all("AUTOINCREMENT" in made[name] for name in ("identity", "face", "face_change"))
    assert "length(embedding) = 192" in made["face"]
    assert "length(crop) = 2914" in made["face"]


def test_a_second_use_changes_nothing_and_does_not_import_alembic(
    database_url: str, in_another_process: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    assert in_another_process(FIRST_USE, database_url).stdout == "0 True\n"
    assert in_another_process(FIRST_USE, database_url).stdout == "0 False\n"


def test_two_programs_that_come_first_at_once_both_succeed(database_url: str) -> None:
    for _ in range(3):
        running = [
            subprocess.Popen(
                [sys.executable, "-c", FIRST_USE, database_url],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        for program in running:
            output, problems = program.communicate(timeout=120)
            assert program.returncode == 0, problems
            assert output.startswith("0 ")
        for path in Path(database_url.removeprefix("sqlite:///")).parent.iterdir():
            path.unlink()


def test_a_database_of_a_newer_program_is_refused_and_left_as_it_is(database_url: str) -> None:
    engine = open_database(database_url)
    migrations.bring_up_to_date(engine)
    path = Path(database_url.removeprefix("sqlite:///"))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v9999'")
    connection.close()
    with pytest.raises(DatabaseTooNew, match="v9999"):
        migrations.bring_up_to_date(engine)
    engine.dispose()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [("v9999",)]
    connection.close()


def test_an_interrupted_migration_leaves_nothing_behind(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_database(database_url)

    def crash(*arguments: object) -> None:
        upgrade(*arguments)
        raise KeyboardInterrupt

    upgrade = migrations._upgrade
    monkeypatch.setattr(migrations, "_upgrade", crash)
    with pytest.raises(KeyboardInterrupt):
        migrations.bring_up_to_date(engine)
    assert _schema(Path(database_url.removeprefix("sqlite:///"))) == {}
    monkeypatch.undo()
    migrations.bring_up_to_date(engine)
    engine.dispose()


def test_an_installed_wheel_finds_its_migrations(tmp_path: Path, database_url: str) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*build, "--wheel-dir", str(tmp_path / "wheel"), str(ROOT)],
        check=True,
        timeout=240,
    )
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r})\n" + FIRST_USE
    code += "import migrations; print(migrations.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code, database_url],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )
    assert done.stdout.splitlines() == [
        "0 True",
        str(tmp_path / "installed" / "migrations" / "__init__.py"),
    ]


def _schema(path: Path) -> dict[str, str]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    schema = {name: sql for name, sql in rows if not name.startswith("sqlite_")}
    connection.close()
    return schema
