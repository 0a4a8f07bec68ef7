"""A snapshot is written anew where it would save a start much work."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from gallery.index.faiss_index import FaissIndex
from gallery.index.snapshot import inspect
from gallery.services.catch_up import LiveIndex


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gallery.db.index"


@pytest.fixture
def live(units, path):
    return LiveIndex(units, "model", FaissIndex, path)


def test_a_small_gallery_needs_none(units, live, path, store, points):
    store(units, "Ada", points(0, 4))
    assert live.refresh_snapshot(5) is None
    assert not path.exists()


def test_the_first_one_is_written_and_then_left_until_much_has_changed(
    units, live, path, store, points
):
    store(units, "Ada", points(0, 5))
    assert live.refresh_snapshot(5) == inspect(path)
    assert inspect(path).revision == 5
    store(units, "Bob", points(1, 4))
    assert live.refresh_snapshot(5) is None
    store(units, "Cyd", points(2, 1))
    assert live.refresh_snapshot(5) is not None
    assert inspect(path).revision == 10


def test_a_damaged_one_counts_for_none(units, live, path, store, points):
    store(units, "Ada", points(0, 5))
    path.write_bytes(b"not a snapshot")
    assert live.refresh_snapshot(5) is not None
    assert inspect(path).faces == 5


def test_one_of_another_model_counts_for_none(units, live, path, store, points):
    LiveIndex(units, "older", FaissIndex, path).save_snapshot()
    store(units, "Ada", points(0, 5))
    assert live.refresh_snapshot(5) is not None
    assert inspect(path).model_id == "model"


def test_one_of_another_history_counts_for_none(units, live, path, store, points, database_url):
    store(units, "Ada", points(0, 5))
    LiveIndex(units, "model", FaissIndex, path).save_snapshot()
    with (
        contextlib.closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as restored,
        restored,
    ):
        restored.execute("UPDATE face_change SET token = token + 1 WHERE revision = 5")
    assert live.refresh_snapshot(5) is not None
    assert live.refresh_snapshot(5) is None
