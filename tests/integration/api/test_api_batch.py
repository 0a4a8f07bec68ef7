"""Many photos in one request: a result or a problem each."""

from __future__ import annotations

import base64
import io

import pytest
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart


def form(**fields) -> dict:
    """A form whose lists become several files of one name."""
    data = MultiDict(
        (name, FileStorage(io.BytesIO(value), "p.jpg") if isinstance(value, bytes) else value)
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
    )
    boundary, body = encode_multipart(data)
    return {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}


def text(photo: bytes) -> str:
    return base64.b64encode(photo).decode()


def test_a_batch_is_compared_like_each_pair_alone(client, sample, black):
    photos = [sample(0, 1), black, sample(1, 0), b"no photo"]
    answer = client.post("/v1/compare/batch", **form(image=sample(0, 0), photos=photos)).get_json()
    assert [one["problem"] and one["problem"]["code"] for one in answer["results"]] == [
        None,
        "no_face",
        None,
        "unsupported_photo",
    ]
    for photo, one in zip(photos, answer["results"], strict=True):
        alone = client.post("/v1/compare", **form(image1=sample(0, 0), image2=photo))
        if one["problem"]:
            assert one["problem"]["status"] == alone.status_code
        else:
            assert one["result"]["distance"] == alone.get_json()["distance"]
            assert one["result"]["matched"] == alone.get_json()["matched"]
    assert answer["results"][1]["problem"]["field"] == "photos.1"
    body = {"image": text(sample(0, 0)), "photos": [text(photo) for photo in photos]}
    assert client.post("/v1/compare/batch", json=body).get_json() == answer


def test_a_batch_whose_own_photo_is_refused_is_refused(client, sample, black):
    answer = client.post("/v1/compare/batch", **form(image=black, photos=[sample(0, 0)]))
    assert answer.status_code == 422
    assert answer.get_json(force=True)["field"] == "image"


def test_a_batch_is_identified_like_each_photo_alone(client, person, sample, black):
    for number, name in enumerate(("Ada", "Bob")):
        path = f"/v1/identities/{person(name)}/faces"
        assert client.post(path, **form(image=sample(number, 0))).status_code == 201
    photos = [sample(1, 1), black, sample(0, 1)]
    answer = client.post("/v1/identify/batch", **form(photos=photos, top="1")).get_json()
    named = [
        one["result"] and one["result"]["candidates"][0]["identity"]["name"]
        for one in answer["results"]
    ]
    assert named == ["Bob", None, "Ada"]
    alone = client.post("/v1/identify", **form(image=sample(1, 1), top="1")).get_json()
    assert answer["results"][0]["result"] == alone


def test_a_hundred_photos_are_taken_and_no_more(client, sample):
    photo = text(sample(0, 0))
    answer = client.post("/v1/identify/batch", json={"photos": [photo] * 100})
    assert len(answer.get_json()["results"]) == 100
    for count in (0, 101):
        refused = client.post("/v1/identify/batch", json={"photos": [photo] * count})
        assert (refused.status_code, refused.get_json(force=True)["field"]) == (400, "photos")
    files = client.post("/v1/identify/batch", **form(photos=[b"x"] * 100))
    assert len(files.get_json()["results"]) == 100
    refused = client.post("/v1/identify/batch", **form(photos=[b"x"] * 101))
    assert (refused.status_code, refused.get_json(force=True)["field"]) == (400, "photos")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"image": "eA=="}, "missing_field", "photos"),
        ({"image": "eA==", "photos": "eA=="}, "invalid_value", "photos"),
        ({"image": "eA==", "photos": {"0": "eA=="}}, "invalid_value", "photos"),
        ({"image": "eA==", "photos": ["eA==", 5]}, "invalid_value", "photos.1"),
        ({"image": "eA==", "photos": ["eA==", "!"]}, "invalid_value", "photos.1"),
        ({"photos": ["eA=="]}, "missing_field", "image"),
    ],
)
def test_a_wrong_batch_is_named(client, body, code, field):
    problem = client.post("/v1/compare/batch", json=body).get_json(force=True)
    assert (problem["code"], problem["field"]) == (code, field)


@pytest.mark.parametrize("photo", ["!!", 5, None, {"0": "eA=="}, ["eA=="]])
def test_what_is_no_base64_among_photos_is_told_that_it_must_be_a_photo(client, photo):
    body = {"photos": ["eA==", photo]}
    problem = client.post("/v1/identify/batch", json=body).get_json(force=True)
    assert (problem["code"], problem["field"]) == ("invalid_value", "photos.1")
    assert problem["detail"] == "photos.1 must be a photo: a file in a form, base64 in JSON"


def test_a_batch_in_a_form_holds_files_and_each_other_field_once(client, sample):
    for fields, field in (
        ({"photos": ["text"]}, "photos"),
        ({"photos": [b"x"], "top": ["1", "2"]}, "top"),
    ):
        answer = client.post("/v1/identify/batch", **form(**fields))
        assert (answer.status_code, answer.get_json(force=True)["field"]) == (400, field)
