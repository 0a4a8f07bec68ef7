"""People and faces over HTTP, and the questions asked of them."""

from __future__ import annotations

import base64
import io
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

NOBODY = 987654


def test_a_person_is_created_listed_shown_and_removed(client):
    created = client.post("/v1/identities", json={"name": "  Ada   Lovelace "})
    assert created.status_code == 201
    ada = created.get_json()
    assert ada["name"] == "Ada Lovelace"
    assert ada["face_count"] == 0
    assert ada["created_at"].startswith("20")
    assert created.headers["Location"] == f"/v1/identities/{ada['id']}"
    assert client.get("/v1/identities").get_json() == {"identities": [ada]}
    assert client.get(created.headers["Location"]).get_json() == {**ada, "faces": []}
    removed = client.delete(created.headers["Location"])
    assert (removed.status_code, removed.data) == (204, b"")
    assert client.get("/v1/identities").get_json() == {"identities": []}
    gone = client.get(created.headers["Location"])
    assert (gone.status_code, gone.get_json()["code"]) == (404, "identity_not_found")


def test_a_name_is_given_to_one_person_only(client, person):
    person("Ada")
    again = client.post("/v1/identities", json={"name": "ADA"})
    assert (again.status_code, again.get_json()["code"]) == (409, "name_taken")
    assert again.get_json()["field"] == "name"


def test_a_face_is_enrolled_shown_and_removed(client, person, sample, upload):
    ada = person("Ada")
    enrolled = client.post(f"/v1/identities/{ada}/faces", **upload(image=sample(0, 0)))
    assert enrolled.status_code == 201
    shown = client.get(f"/v1/identities/{ada}").get_json()
    assert shown["face_count"] == 1
    [face] = shown["faces"]
    assert enrolled.headers["Location"] == f"/v1/identities/{ada}/faces/{face['id']}"
    assert face["identity_id"] == ada
    assert len(face["photo_sha256"]) == 64
    assert client.delete(enrolled.headers["Location"]).status_code == 204
    assert client.get(f"/v1/identities/{ada}").get_json()["faces"] == []
    gone = client.delete(enrolled.headers["Location"])
    assert (gone.status_code, gone.get_json()["code"]) == (404, "face_not_found")


def test_the_same_photo_is_enrolled_once(client, person, sample, upload):
    ada = person("Ada")
    client.post(f"/v1/identities/{ada}/faces", **upload(image=sample(0, 0)))
    again = client.post(f"/v1/identities/{ada}/faces", **upload(image=sample(0, 0)))
    assert (again.status_code, again.get_json()["code"]) == (409, "photo_already_enrolled")
    assert again.get_json()["field"] == "image"


def test_a_face_of_another_person_is_not_removed(client, person, sample, upload):
    ada, bob = person("Ada"), person("Bob")
    enrolled = client.post(f"/v1/identities/{ada}/faces", **upload(image=sample(0, 0)))
    face = enrolled.headers["Location"].rsplit("/", 1)[1]
    assert client.delete(f"/v1/identities/{bob}/faces/{face}").status_code == 404
    assert client.get(f"/v1/identities/{ada}").get_json()["face_count"] == 1


def test_verify_matches_the_person_and_no_other(client, person, sample, upload):
    ada = person("Ada")
    client.post(f"/v1/identities/{ada}/faces", **upload(image=sample(0, 0)))
    true = client.post(f"/v1/identities/{ada}/verify", **upload(image=sample(0, 1)))
    assert true.status_code == 200
    answer = true.get_json()
    assert answer["matched"] is True
    assert answer["distance"] < answer["threshold"] == 0.4
    assert answer["model_id"]
    assert answer["identity"] == {"id": ada, "name": "Ada"}
    false = client.post(f"/v1/identities/{ada}/verify", **upload(image=sample(1, 0))).get_json()
    assert false["matched"] is False
    assert false["distance"] >= 0.4


def test_verify_needs_a_face_to_verify_against(client, person, sample, upload):
    answer = client.post(f"/v1/identities/{person('Ada')}/verify", **upload(image=sample(0, 0)))
    assert (answer.status_code, answer.get_json()["code"]) == (409, "nothing_enrolled")


def test_identify_names_the_person_and_calls_a_stranger_unknown(client, person, sample, upload):
    for number, name in enumerate(("Ada", "Bob", "Cy")):
        path = f"/v1/identities/{person(name)}/faces"
        assert client.post(path, **upload(image=sample(number, 0))).status_code == 201
    known = client.post("/v1/identify", **upload(image=sample(1, 1), top="2")).get_json()
    assert known["identified"] is True
    assert known["threshold"] == 0.4
    nearest, next_nearest = known["candidates"]
    assert nearest["identity"]["name"] == "Bob"
    assert nearest["matched"] is True
    assert nearest["distance"] <= next_nearest["distance"]
    assert known["strangers_named"]["faces"] == 3
    assert 0 < known["strangers_named"]["rate"] < 0.1
    assert known["strangers_named"]["at_least"] is False
    stranger = client.post("/v1/identify", **upload(image=sample(4, 0))).get_json()
    assert stranger["identified"] is False
    assert [one["matched"] for one in stranger["candidates"]] == [False] * 3


def test_identify_in_an_empty_gallery_is_unknown(client, sample, upload):
    answer = client.post("/v1/identify", **upload(image=sample(0, 0)))
    assert answer.status_code == 200
    assert answer.get_json()["identified"] is False
    assert answer.get_json()["candidates"] == []


def test_compare_tells_verdict_boxes_and_crops(client, sample, upload):
    answer = client.post("/v1/compare", **upload(image1=sample(0, 0), image2=sample(0, 1)))
    assert answer.status_code == 200
    comparison = answer.get_json()
    assert comparison["matched"] is True
    assert comparison["distance"] < comparison["threshold"] == 0.4
    assert comparison["model_id"]
    for face in comparison["faces"]:
        crop = Image.open(io.BytesIO(base64.b64decode(face["crop_png"])))
        assert crop.size == (47, 62)
        assert 0 < face["box"]["width"] < face["picture"]["width"]
    other = client.post("/v1/compare", **upload(image1=sample(0, 0), image2=sample(1, 0)))
    assert other.get_json()["matched"] is False


def test_the_largest_of_several_faces_is_taken_when_asked_for(client, sample, several, upload):
    fields = upload(image1=several, image2=sample(0, 0), faces="largest")
    answer = client.post("/v1/compare", **fields)
    assert answer.status_code == 200
    assert answer.get_json()["matched"] is True


def test_two_enrollments_at_once_are_both_found(app, client, person, sample, upload):
    people = [person(name) for name in ("Ada", "Bob")]

    def enroll(number: int) -> int:
        path = f"/v1/identities/{people[number]}/faces"
        return app.test_client().post(path, **upload(image=sample(number, 0))).status_code

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(enroll, (0, 1))) == [201, 201]
    for number, identity in enumerate(people):
        answer = client.post("/v1/identify", **upload(image=sample(number, 1))).get_json()
        assert answer["candidates"][0]["identity"]["id"] == identity
        assert answer["identified"] is True


def test_one_photo_enrolled_twice_at_once_is_stored_once(app, client, person, sample, upload):
    ada = person("Ada")

    def enroll(_: int) -> int:
        path = f"/v1/identities/{ada}/faces"
        return app.test_client().post(path, **upload(image=sample(0, 0))).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(enroll, range(4))) == [201, 409, 409, 409]
    assert client.get(f"/v1/identities/{ada}").get_json()["face_count"] == 1


def test_every_question_about_nobody_is_not_found(client, sample, upload):
    path = f"/v1/identities/{NOBODY}"
    for answer in (
        client.get(path),
        client.delete(path),
        client.post(f"{path}/faces", **upload(image=sample(0, 0))),
        client.post(f"{path}/verify", **upload(image=sample(0, 0))),
        client.delete(f"{path}/faces/1"),
    ):
        assert (answer.status_code, answer.get_json()["code"]) == (404, "identity_not_found")
