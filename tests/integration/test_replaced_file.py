"""Another file is put in the place of the database while it is open, as when a backup returns."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import pytest

from gallery.bootstrap import Services
from gallery.domain.identity import PersonName
from gallery.errors import DatabaseUnavailable
from gallery.index.exact import ExactIndex
from gallery.services.catch_up import LiveIndex
from gallery.settings import Settings
from gallery.store.unit_of_work import UnitsOfWork


@pytest.fixture
def path(database_url: str) -> Path:
    return Path(database_url.removeprefix("sqlite:///"))


@pytest.fixture
def backup(path: Path, units: UnitsOfWork, store: Any, points: Any) -> Path:
    """A copy from when there was only Ada; Bo came later, and is in the log of the database."""
    copy = path.with_name("copy.db")
    store(units, "Ada", points(1, 1))
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(copy)) as other:
        one.backup(other)
    store(units, "Bo", points(2, 1))
    return copy


def names(units: UnitsOfWork) -> list[str]:
    with units.read() as unit:
        return [person.name for person in unit.identities.all()]


def names_in(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM identity ORDER BY id")]


def move_log_away(path: Path) -> None:
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink()


def replace_file(path: Path, by: Path) -> None:
    by.replace(path)
    move_log_away(path)


def test_the_new_file_is_read_and_written_by_every_connection(
    units: UnitsOfWork, backup: Path, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as stack:  # five connections, which go back to the pool
        for _ in range(5):
            stack.enter_context(units.read())
    replace_file(path, backup)
    with ExitStack() as stack:
        for unit in [stack.enter_context(units.read()) for _ in range(6)]:
            assert [person.name for person in unit.identities.all()] == ["Ada"]
    with units.write() as unit:
        unit.identities.add(PersonName.parse("Cleo"))
        unit.commit()
    assert names(units) == names_in(path) == ["Ada", "Cleo"]
    assert caplog.text.count("another database file") == 1


def test_the_index_names_nobody_who_is_not_in_the_new_file(
    units: UnitsOfWork, backup: Path, path: Path, points: Any, store: Any
) -> None:
    live = LiveIndex(units, "model", ExactIndex)
    assert len(live.caught_up()) == 2
    replace_file(path, backup)
    store(units, "Cleo", points(3, 1))
    assert {found.identity_id for found in live.caught_up().search(points(2, 1)[0], 5)} == {1, 2}
    assert names(units) == ["Ada", "Cleo"]
    assert [found.distance for found in live.caught_up().search(points(3, 1)[0], 1)] == [0.0]


def test_what_sqlite_copies_back_into_the_open_file_is_found_as_well(
    units: UnitsOfWork, backup: Path, path: Path, points: Any
) -> None:
    live = LiveIndex(units, "model", ExactIndex)
    assert len(live.caught_up()) == 2
    with closing(sqlite3.connect(backup)) as one, closing(sqlite3.connect(path)) as other:
        one.backup(other)
    assert names(units) == ["Ada"]
    assert len(live.caught_up()) == 1


def test_beside_the_log_of_the_old_file_the_new_one_is_not_touched(
    units: UnitsOfWork, backup: Path, path: Path
) -> None:
    assert names(units) == ["Ada", "Bo"]
    before = backup.read_bytes()
    backup.replace(path)
    for _ in range(20):  # more often than there are connections
        with pytest.raises(DatabaseUnavailable, match="-wal and -shm of the one before"):
            names(units)
    assert path.read_bytes() == before
    move_log_away(path)
    assert names(units) == ["Ada"]


def test_a_link_that_points_to_another_file_is_followed(
    units: UnitsOfWork, backup: Path, path: Path
) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path)
    with closing(Services(Settings(f"sqlite:///{link}"))) as services:
        assert len(services.identities.list()) == 2
        path.rename(path.with_name("old.db"))
        backup.rename(path)
        with pytest.raises(DatabaseUnavailable, match="-wal and -shm of the one before"):
            services.identities.list()
        other = path.with_name("other.db")
        path.rename(other)
        link.unlink()
        link.symlink_to(other)
        assert [person.name for person in services.identities.list()] == ["Ada"]


def test_a_file_that_is_gone_is_told_and_no_empty_one_is_made(
    units: UnitsOfWork, backup: Path, path: Path
) -> None:
    moved = path.with_name("moved.db")
    path.rename(moved)
    for _ in range(20):
        with pytest.raises(DatabaseUnavailable, match="cannot be found: No such file"):
            names(units)
    assert not path.exists()
    moved.rename(path)
    assert names(units) == ["Ada", "Bo"]


def test_a_file_that_vanishes_before_it_is_opened_is_not_made_anew(
    units: UnitsOfWork, path: Path
) -> None:
    units._engine.dispose()
    path.unlink()
    with pytest.raises(Exception, match="unable to open database file"):
        units._engine.connect()
    assert not path.exists()


def test_the_new_file_is_judged_and_brought_up_to_date_as_at_a_start(
    services: Services, path: Path, tmp_path: Path
) -> None:
    services.identities.create("Ada")
    kept = tmp_path / "kept.db"
    path.rename(kept)
    move_log_away(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE cooking (recipe)")
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable, match="a database of another program"):
            services.identities.list()
    path.unlink()
    path.touch()
    assert services.identities.list() == ()
    services.identities.create("Bo")
    assert names_in(path) == ["Bo"]


def test_threads_that_go_on_asking_see_one_file_or_the_other(
    units: UnitsOfWork, backup: Path, path: Path
) -> None:
    seen: list[list[str]] = []
    replaced = threading.Event()

    def ask() -> None:
        asked_after = 0
        while asked_after < 20:
            asked_after += replaced.is_set()
            with suppress(DatabaseUnavailable):  # amid the change
                seen.append(names(units))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        replace_file(path, backup)
    finally:
        replaced.set()
        for thread in threads:
            thread.join()
    assert {tuple(found) for found in seen} <= {("Ada", "Bo"), ("Ada",)}
    assert seen[-1] == ["Ada"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
