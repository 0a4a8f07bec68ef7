"""Idempotency-Key: a request that is sent again takes effect once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, update

from gallery.store.tables import once

KEY = {"Idempotency-Key": "6f1c2a9e-3b1d"}


def test_a_person_is_created_once(client):
    first = client.post("/v1/identities", json={"name": "Ada"}, headers=KEY)
    again = client.post("/v1/identities", json={"name": "Ada"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert again.headers["Location"] == first.headers["Location"]
    assert len(client.get("/v1/identities").get_json()["identities"]) == 1


def test_a_photo_is_enrolled_once_by_many_at_once(app, client, person, sample, upload):
    ada = person("Ada")

    def enroll(_: int) -> tuple[int, str, dict]:
        body = upload(image=sample(0, 0))
        answer = app.test_client().post(f"/v1/identities/{ada}/faces", headers=KEY, **body)
        return answer.status_code, answer.headers.get("Location", ""), answer.get_json()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(enroll, range(4)))
    assert [answer[0] for answer in answers] == [201] * 4
    assert all(answer == answers[0] for answer in answers)
    assert client.get(f"/v1/identities/{ada}").get_json()["face_count"] == 1


def test_a_refused_request_may_be_sent_again_with_its_key(client, person, black, sample, upload):
    path = f"/v1/identities/{person('Ada')}/faces"
    assert client.post(path, headers=KEY, **upload(image=black)).status_code == 422
    assert client.post(path, headers=KEY, **upload(image=sample(0, 0))).status_code == 201


def test_a_key_stands_for_one_request_only(client, person, sample, upload):
    ada, bob = person("Ada"), person("Bob")
    path = f"/v1/identities/{ada}/faces"
    assert client.post(path, headers=KEY, **upload(image=sample(0, 0))).status_code == 201
    for other, body in (
        (path, upload(image=sample(0, 1))),
        (path, upload(image=sample(0, 0), faces="largest")),
        (f"/v1/identities/{bob}/faces", upload(image=sample(0, 0))),
        ("/v1/identities", {"json": {"name": "Cy"}}),
    ):
        refused = client.post(other, headers=KEY, **body)
        assert refused.status_code == 422
        assert refused.get_json(force=True)["code"] == "idempotency_key_reused"


def test_what_was_removed_does_not_come_back_by_a_late_retry(client, person, sample, upload):
    path = f"/v1/identities/{person('Ada')}/faces"
    face = client.post(path, headers=KEY, **upload(image=sample(0, 0))).headers["Location"]
    client.delete(face)
    late = client.post(path, headers=KEY, **upload(image=sample(0, 0)))
    assert (late.status_code, late.get_json(force=True)["code"]) == (422, "idempotency_key_reused")
    assert client.get(path.removesuffix("/faces")).get_json()["face_count"] == 0


def test_a_key_is_forgotten_after_a_day(client, services, sample, upload):
    client.post("/v1/identities", json={"name": "Ada"}, headers=KEY)
    engine = create_engine(services.settings.database_url)
    with engine.begin() as connection:
        long_ago = datetime.now(UTC) - timedelta(hours=25)
        connection.execute(update(once).values(created_at=long_ago))
    engine.dispose()
    again = client.post("/v1/identities", json={"name": "Ada"}, headers=KEY)
    assert (again.status_code, again.get_json(force=True)["code"]) == (409, "name_taken")
    assert client.post("/v1/identities", json={"name": "Bob"}, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "\xe9"])
def test_a_key_that_is_none_is_refused(client, key):
    headers = {"Idempotency-Key": key}
    refused = client.post("/v1/identities", json={"name": "Ada"}, headers=headers)
    assert refused.status_code == 400
    assert refused.get_json(force=True)["field"] == "Idempotency-Key"


def test_no_key_and_no_name_is_stored(client, services):
    client.post("/v1/identities", json={"name": "Ada Lovelace"}, headers=KEY)
    engine = create_engine(services.settings.database_url)
    with engine.connect() as connection:
        rows = connection.execute(once.select()).all()
    engine.dispose()
    assert len(rows) == 1
    assert "Ada" not in repr(rows)
    assert KEY["Idempotency-Key"] not in repr(rows)
