"""A backup returns while the server runs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest


@pytest.fixture
def served(start, tmp_path, photo):
    """A server of two workers that know Ada and Bo, and a copy from before Bo came."""
    server = start(tmp_path, "--workers", "2")
    with server.client() as client:
        client.enroll(client.create("Ada").id, photo(0, 0))
        copy(Path(tmp_path / "gallery.db"), tmp_path / "copy.db")
        client.enroll(client.create("Bo").id, photo(1, 0))
    return server


def copy(source: Path, target: Path) -> None:
    """What `sqlite3 SOURCE ".backup TARGET"` and `sqlite3 TARGET ".restore SOURCE"` do."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def everybody_named(server, photo):
    """By any of several workers: each connection may reach another."""
    answers = [server.ask("POST", "/v1/identify", {"image": photo}) for _ in range(8)]
    assert {status for status, _ in answers} == {200}
    return {person["identity"]["name"] for _, answer in answers for person in answer["candidates"]}


def names_in(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM identity ORDER BY id")]


def enroll(server, name, photo):
    with server.client() as client:
        client.enroll(client.create(name).id, photo)


def test_copied_back_into_the_file_it_is_served_at_once(served, tmp_path, photo):
    assert everybody_named(served, photo(1, 1)) == {"Ada", "Bo"}
    copy(tmp_path / "copy.db", tmp_path / "gallery.db")
    assert everybody_named(served, photo(1, 1)) == {"Ada"}
    enroll(served, "Cleo", photo(2, 0))
    assert everybody_named(served, photo(2, 1)) == {"Ada", "Cleo"}
    assert names_in(tmp_path / "gallery.db") == ["Ada", "Cleo"]


def test_moved_into_its_place_it_is_served_once_the_log_of_the_old_one_is_away(
    served, tmp_path, photo
):
    database = tmp_path / "gallery.db"
    assert everybody_named(served, photo(1, 1)) == {"Ada", "Bo"}
    (tmp_path / "copy.db").replace(database)
    for _ in range(8):
        status, problem = served.ask("GET", "/readyz")
        assert (status, problem["code"]) == (503, "database_unavailable")
        assert "-wal and -shm of the one before" in str(problem["detail"])
    for ending in ("-wal", "-shm"):
        (tmp_path / f"gallery.db{ending}").unlink()
    assert {served.ask("GET", "/readyz")[0] for _ in range(8)} == {200}
    assert everybody_named(served, photo(1, 1)) == {"Ada"}
    enroll(served, "Cleo", photo(2, 0))
    assert everybody_named(served, photo(2, 1)) == {"Ada", "Cleo"}
    assert names_in(database) == ["Ada", "Cleo"]
