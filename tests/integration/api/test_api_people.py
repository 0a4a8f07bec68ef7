"""Renaming, versions of people, and the crops of their faces."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image


def test_a_person_is_renamed_and_keeps_id_and_faces(client, person, sample, upload):
    ada = person("Ada")
    client.post(f"/v1/identities/{ada}/faces", **upload(image=sample(0, 0)))
    before = client.get(f"/v1/identities/{ada}").get_json()
    renamed = client.patch(f"/v1/identities/{ada}", json={"name": "Ada King"})
    assert renamed.status_code == 200
    assert renamed.get_json() == {**before, "name": "Ada King"}
    assert client.get(f"/v1/identities/{ada}").get_json() == renamed.get_json()


def test_a_name_of_another_is_refused_and_the_own_in_other_letters_is_not(client, person):
    ada = person("Ada")
    person("Bob")
    taken = client.patch(f"/v1/identities/{ada}", json={"name": "BOB"})
    assert (taken.status_code, taken.get_json(force=True)["code"]) == (409, "name_taken")
    assert client.patch(f"/v1/identities/{ada}", json={"name": "ADA"}).status_code == 200


def test_the_version_of_a_person_changes_with_name_and_faces_only(client, person, sample, upload):
    created = client.post("/v1/identities", json={"name": "Ada"})
    address = created.headers["Location"]
    versions = [created.headers["ETag"]]
    assert client.get(address).headers["ETag"] == versions[0]
    face = client.post(f"{address}/faces", **upload(image=sample(0, 0))).headers["Location"]
    versions.append(client.get(address).headers["ETag"])
    versions.append(client.patch(address, json={"name": "Ada King"}).headers["ETag"])
    assert client.get(address).headers["ETag"] == versions[-1]
    assert client.delete(face).status_code == 204
    versions.append(client.get(address).headers["ETag"])
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_of_what_somebody_else_changed_is_refused(client, person, method):
    address = f"/v1/identities/{person('Ada')}"
    seen = client.get(address).headers["ETag"]
    client.patch(address, json={"name": "Somebody else's"})
    body = {"json": {"name": "Mine"}} if method == "PATCH" else {}
    for header in (seen, 'W/"x"', "nonsense", "", f"W/{seen}"):
        late = client.open(address, method=method, headers={"If-Match": header}, **body)
        assert late.status_code == 412, header
        assert late.get_json(force=True)["code"] == "changed_meanwhile"
    now = client.get(address).headers["ETag"]
    both = f'"other", {now}'
    assert client.open(address, method=method, headers={"If-Match": both}, **body).status_code < 300


def test_a_face_of_a_person_whom_somebody_else_changed_stays(client, person, sample, upload):
    address = f"/v1/identities/{person('Ada')}"
    face = client.post(f"{address}/faces", **upload(image=sample(0, 0))).headers["Location"]
    seen = client.get(address).headers["ETag"]
    client.patch(address, json={"name": "Somebody else's"})
    assert client.delete(face, headers={"If-Match": seen}).status_code == 412
    now = client.get(address).headers["ETag"]
    assert client.delete(face, headers={"If-Match": now}).status_code == 204


def test_of_two_changes_at_once_that_saw_the_same_one_is_refused(app, client, person):
    address = f"/v1/identities/{person('Ada')}"
    seen = client.get(address).headers["ETag"]

    def rename(number: int) -> int:
        body, headers = {"name": f"Ada {number}"}, {"If-Match": seen}
        return app.test_client().patch(address, json=body, headers=headers).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(rename, range(4))) == [200, 412, 412, 412]


def test_a_face_and_its_crop_are_shown_where_the_enrollment_says(client, person, sample, upload):
    ada, bob = person("Ada"), person("Bob")
    enrolled = client.post(f"/v1/identities/{ada}/faces", **upload(image=sample(0, 0)))
    address = enrolled.headers["Location"]
    assert client.get(address).get_json() == enrolled.get_json()["face"]
    crop = client.get(f"{address}/crop")
    assert (crop.status_code, crop.mimetype) == (200, "image/png")
    assert Image.open(io.BytesIO(crop.data)).size == (47, 62)
    for elsewhere in (
        address.replace(f"/{ada}/", f"/{bob}/"),
        f"/v1/identities/{ada}/faces/99",
        f"/v1/identities/{ada}/faces/{10**18 - 1}",
    ):
        for path in (elsewhere, f"{elsewhere}/crop"):
            gone = client.get(path)
            assert (gone.status_code, gone.get_json(force=True)["code"]) == (404, "face_not_found")


def test_a_walk_from_page_to_page_meets_everybody_once(client, person):
    people = [person(f"Person {9 - number}") for number in range(7)]
    met, address = [], "/v1/identities?limit=3"
    while address:
        page = client.get(address).get_json()
        met += [one["id"] for one in page["identities"]]
        cursor = page.get("next_cursor")
        address = cursor and f"/v1/identities?limit=3&cursor={cursor}"
        if len(met) == 3:
            client.delete(f"/v1/identities/{met[-1]}")  # the one that the cursor stands at
            people.append(person("Late"))
    assert met == people
    assert "next_cursor" not in client.get("/v1/identities?limit=7").get_json()


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("limit=0", "invalid_value", "limit"),
        ("limit=1001", "invalid_value", "limit"),
        ("limit=ten", "invalid_value", "limit"),
        ("limit=", "invalid_value", "limit"),
        ("limit=1&limit=2", "repeated_field", "limit"),
        ("cursor=", "invalid_value", "cursor"),
        ("cursor=0", "invalid_value", "cursor"),
        ("cursor=-1", "invalid_value", "cursor"),
        ("cursor=1%0A", "invalid_value", "cursor"),
        ("cursor=1000000000000000000", "invalid_value", "cursor"),
        ("offset=3", "unknown_field", "offset"),
    ],
)
def test_a_wrong_query_is_named(client, query, code, field):
    problem = client.get(f"/v1/identities?{query}").get_json(force=True)
    assert (problem["code"], problem["field"]) == (code, field)


@pytest.fixture(params=["", "/faces/1/crop"], ids=["person", "crop"])
def address(request, ada):
    """What has a version: Ada, and the crop of her face."""
    return f"/v1/identities/{ada}{request.param}"


def test_what_the_client_knows_already_is_not_told_again(client, address):
    told = client.get(address)
    etag = told.headers["ETag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = client.get(address, headers={"If-None-Match": known})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == etag
        assert "Content-Length" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert client.head(address, headers={"If-None-Match": known}).status_code == 304
    for unknown in ('"other"', "", etag[1:-1] + "0", "nonsense, \x7f"):
        answer = client.get(address, headers={"If-None-Match": unknown})
        assert (answer.status_code, answer.data) == (200, told.data)


def test_a_question_heeds_no_other_condition(client, address):
    told = client.get(address)
    since = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT", "Range": "bytes=0-3"}
    answer = client.get(address, headers={"If-Match": '"other"', **since})
    assert (answer.status_code, answer.data) == (200, told.data)


def test_a_change_is_told_to_who_knew_what_was_before(client, ada):
    path = f"/v1/identities/{ada}"
    known = {"If-None-Match": client.get(path).headers["ETag"]}
    changed = client.patch(path, json={"name": "Ada King"}, headers=known)
    assert changed.status_code == 200
    answer = client.get(path, headers=known)
    assert (answer.status_code, answer.get_json()["name"]) == (200, "Ada King")
    client.delete(path)
    assert client.get(path, headers=known).status_code == 404


def test_the_document_tells_where_an_answer_may_be_spared(client):
    paths = client.get("/openapi.json").get_json()["paths"]
    spared = {
        path
        for path, operations in paths.items()
        for operation in operations.values()
        if "304" in operation["responses"]
    }
    person = "/v1/identities/{identity_id}"
    assert spared == {person, f"{person}/faces/{{face_id}}/crop"}
    assert set(paths[person]["get"]["responses"]["304"]["headers"]) == {"ETag"}
