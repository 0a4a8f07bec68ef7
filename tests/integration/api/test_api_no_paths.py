"""Where things lie on the server is told to its operator, never to a client."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from api import create_app
from gallery.bootstrap import Services
from gallery.detector import haar, yunet
from gallery.detector.landmarks import LandmarkNetwork
from gallery.embedder.model_card import default_model_folder
from gallery.errors import PathNotFound, SnapshotUnusable
from gallery.settings import DetectorKind, Settings

PATH = re.compile(r"(?<![\w.<])/(?!v1/)\w[\w.-]*/")
"""An absolute path of two parts that is no address of the API."""

Spoil = Callable[[Settings, Path, pytest.MonkeyPatch], Settings]


def model(settings: Settings, folder: Path) -> tuple[Settings, Path]:
    """The settings with a copy of the shipped model, and where it is."""
    copy = folder / "trained"
    shutil.copytree(default_model_folder(), copy)
    return dataclasses.replace(settings, model_id=str(copy)), copy


def database_below_a_file(settings, folder, _):
    (folder / "file").write_text("a file, not a folder")
    return dataclasses.replace(settings, database_url=f"sqlite:///{folder}/file/gallery.db")


def database_is_a_folder(settings, folder, _):
    (folder / "folder").mkdir()
    return dataclasses.replace(settings, database_url=f"sqlite:///{folder}/folder")


def database_of_another_program(settings, _, __):
    with closing(sqlite3.connect(settings.database_path)) as connection:
        connection.execute("CREATE TABLE other (id)")
    return settings


def database_is_no_database(settings, _, __):
    settings.database_path.write_bytes(b"no database at all, " * 400)
    return settings


def database_too_new(settings, _, __):
    with closing(sqlite3.connect(settings.database_path)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num)")
        connection.execute("INSERT INTO alembic_version VALUES ('v9999')")
        connection.commit()
    return settings


def model_nowhere(settings, folder, _):
    return dataclasses.replace(settings, model_id=str(folder / "nowhere"))


def model_without_network(settings, folder, _):
    settings, copy = model(settings, folder)
    (copy / "model.tflite").unlink()
    return settings


def model_damaged(settings, folder, _):
    settings, copy = model(settings, folder)
    (copy / "model.tflite").write_bytes(b"damaged")
    return settings


def card_is_no_json(settings, folder, _):
    settings, copy = model(settings, folder)
    (copy / "card.json").write_text("{")
    return settings


def card_of_something_else(settings, folder, _):
    settings, copy = model(settings, folder)
    (copy / "card.json").write_text("{}")
    return settings


def network_of_rubbish(settings, folder, _):
    settings, copy = model(settings, folder)
    (copy / "model.tflite").write_bytes(b"rubbish")
    card = json.loads((copy / "card.json").read_text())
    card["tflite_sha256"] = hashlib.sha256(b"rubbish").hexdigest()
    (copy / "card.json").write_text(json.dumps(card))
    return settings


def yunet_missing(settings, _, monkeypatch):
    monkeypatch.setattr(yunet, "_WEIGHTS", "missing.onnx")
    return settings


def yunet_damaged(settings, folder, monkeypatch):
    (folder / "weights.onnx").write_bytes(b"rubbish")
    monkeypatch.setattr(yunet, "_packaged_weights", lambda: folder / "weights.onnx")
    return settings


def haar_missing(settings, _, monkeypatch):
    monkeypatch.setattr(haar, "_CASCADE", "missing.xml")
    return dataclasses.replace(settings, detector=DetectorKind.HAAR)


def landmarks_missing(settings, folder, monkeypatch):
    monkeypatch.setattr(LandmarkNetwork.__init__, "__defaults__", (folder / "nowhere",))
    return dataclasses.replace(settings, detector=DetectorKind.HAAR)


def landmarks_damaged(settings, folder, monkeypatch):
    (folder / "network").mkdir()
    (folder / "network" / "model.tflite").write_bytes(b"rubbish")
    (folder / "network" / "card.json").write_text("{}")
    monkeypatch.setattr(LandmarkNetwork.__init__, "__defaults__", (folder / "network",))
    return dataclasses.replace(settings, detector=DetectorKind.HAAR)


OPERATOR_IS_TOLD_WHERE = (
    database_below_a_file,
    database_is_a_folder,
    model_nowhere,
    model_without_network,
    model_damaged,
    card_is_no_json,
    card_of_something_else,
    yunet_missing,
    yunet_damaged,
    haar_missing,
    landmarks_missing,
    landmarks_damaged,
)
NOBODY_IS_TOLD_WHERE = (
    database_of_another_program,
    database_is_no_database,
    database_too_new,
    network_of_rubbish,
)


@pytest.mark.parametrize(
    "spoil", [*OPERATOR_IS_TOLD_WHERE, *NOBODY_IS_TOLD_WHERE], ids=lambda spoil: spoil.__name__
)
def test_a_server_that_is_not_ready_does_not_say_where_its_files_are(
    spoil: Spoil, tmp_path, monkeypatch, caplog, sample, upload
):
    folder = tmp_path / "server"
    folder.mkdir()
    settings = spoil(Settings(f"sqlite:///{folder}/gallery.db"), folder, monkeypatch)
    services = Services(settings)
    client = create_app(services).test_client()
    photos = upload(image1=sample(0, 0), image2=sample(0, 1))
    answers = [
        *(client.get(path) for path in ("/readyz", "/v1/identities", "/metrics", "/", "/session")),
        client.post("/v1/compare", **photos),
        client.post("/v1/identify", **upload(image=sample(0, 0))),
    ]
    services.close()
    assert any(answer.status_code == 503 for answer in answers)
    assert all(answer.status_code in (200, 401, 503) for answer in answers)
    for answer in answers:
        if answer.mimetype in ("application/json", "application/problem+json"):
            assert PATH.search(answer.text) is None, answer.text
        assert str(tmp_path) not in answer.text + str(answer.headers)
    if spoil in OPERATOR_IS_TOLD_WHERE:
        told = [record.getMessage() for record in caplog.records if "refused" in record.msg]
        assert any(PATH.search(message) for message in told), told


@pytest.mark.parametrize("refusal", [PathNotFound, SnapshotUnusable])
def test_a_refusal_that_no_request_should_meet_is_a_failure_of_ours(app, problem, refusal):
    @app.get("/meets")
    def meets() -> str:
        raise refusal("the snapshot /srv/gallery.db.index is damaged")

    answer = app.test_client().get("/meets")
    assert "/srv" not in str(problem(answer, 500, "internal_error"))
