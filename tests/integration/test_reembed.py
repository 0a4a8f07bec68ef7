"""A new model takes over: every face is embedded anew from its stored crop."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np
import pytest

from gallery.bootstrap import Services
from gallery.services import maintenance
from gallery.services.health import Trouble
from gallery.store.unit_of_work import UnitsOfWork

Photo = Callable[[int, int], bytes]


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


def test_reembedded_faces_are_found_as_if_enrolled_anew(
    services: Services, units: UnitsOfWork, photo: Photo, store: Any, points: Any
) -> None:
    probe = services.recognise(photo(0, 0))
    old = store(units, "Alice", points(1, 1), model_id="old", crop=probe.crop)
    assert services.maintenance.status().faces_of_other_models == 1
    assert services.maintenance.reembed(quiet).faces == 1
    found = services.identify(photo(0, 0)).candidates[0]
    assert found.decision.distance < 1e-5
    assert found.face_id == old.face_ids[0]
    assert services.verify(old.identity_id, photo(0, 0)).decision == found.decision
    assert services.maintenance.status().faces_of_other_models == 0


def test_reembedding_goes_in_batches_and_tells_how_far_it_is(
    services: Services,
    units: UnitsOfWork,
    store: Any,
    points: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(maintenance, "BATCH", 2)
    store(units, "Alice", points(1, 5), model_id="old")
    told: list[tuple[int, int]] = []
    assert services.maintenance.reembed(lambda done, total: told.append((done, total))).faces == 5
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert services.maintenance.reembed(quiet).faces == 0


def test_an_interrupted_run_keeps_what_is_done_and_goes_on(
    services: Services,
    units: UnitsOfWork,
    store: Any,
    points: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(maintenance, "BATCH", 2)
    store(units, "Alice", points(1, 5), model_id="old")

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        services.maintenance.reembed(interrupt)
    assert services.maintenance.status().faces_of_other_models == 3
    assert services.maintenance.reembed(quiet).faces == 3


def test_no_vector_is_made_of_a_damaged_crop(
    services: Services, units: UnitsOfWork, store: Any, points: Any, database_url: str
) -> None:
    alice = store(units, "Alice", points(1, 3), model_id="old")
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
        noise = np.random.default_rng(0).bytes(62 * 47)
        connection.execute("UPDATE face SET crop = ? WHERE id = 2", [noise])
        connection.execute("UPDATE face SET contrast = contrast + 1 WHERE id = 3")
        connection.commit()
    done = services.maintenance.reembed(quiet)
    assert done.faces == 1
    [finding] = done.findings
    assert finding.trouble is Trouble.CROP_DAMAGED
    assert finding.face_ids == alice.face_ids[1:]
    assert services.maintenance.status().faces_of_other_models == 2


def test_a_face_removed_while_its_batch_is_embedded_does_not_come_back(
    services: Services,
    units: UnitsOfWork,
    store: Any,
    points: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice = store(units, "Alice", points(1, 2), model_id="old")
    embedder = services.maintenance.embedder
    embed = type(embedder).embed

    def embed_and_remove(self: Any, crops: Any) -> Any:
        services.identities.remove_face(alice.identity_id, alice.face_ids[0])
        return embed(self, crops)

    monkeypatch.setattr(type(embedder), "embed", embed_and_remove)
    assert services.maintenance.reembed(quiet).faces == 1
    assert [face.id for face in services.identities.faces(alice.identity_id)] == [alice.face_ids[1]]


def test_status_counts_the_gallery(
    services: Services, units: UnitsOfWork, store: Any, points: Any
) -> None:
    store(units, "Alice", points(1, 2), model_id="old")
    store(units, "Bob", points(2, 1), model_id=services.maintenance.embedder.model_id)
    status = services.maintenance.status()
    assert (status.people, status.faces, status.faces_of_other_models) == (2, 3, 2)
    assert (status.database_revision, status.index_revision) == (3, 0)
