"""Photos as base64 in JSON: the same answers and the same refusals as for a form."""

from __future__ import annotations

import base64
import json

import pytest


def text(photo: bytes) -> str:
    return base64.b64encode(photo).decode()


def test_json_and_form_are_answered_alike(client, sample, upload):
    form = client.post("/v1/compare", **upload(image1=sample(0, 0), image2=sample(0, 1)))
    body = {"image1": text(sample(0, 0)), "image2": text(sample(0, 1))}
    assert client.post("/v1/compare", json=body).get_json() == form.get_json()


def test_a_person_is_enrolled_verified_and_identified_by_json(client, person, sample):
    ada = person("Ada")
    enrolled = client.post(f"/v1/identities/{ada}/faces", json={"image": text(sample(0, 0))})
    assert enrolled.status_code == 201
    probe = {"image": text(sample(0, 1)), "faces": "largest"}
    assert client.post(f"/v1/identities/{ada}/verify", json=probe).get_json()["matched"] is True
    known = client.post("/v1/identify", json={**probe, "top": 1}).get_json()
    assert [one["identity"]["id"] for one in known["candidates"]] == [ada]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({}, "missing_field", "image"),
        ({"image": "eA==", "colour": "red"}, "unknown_field", "colour"),
        ({"image": "no base64!"}, "invalid_value", "image"),
        ({"image": "eA=="[:3]}, "invalid_value", "image"),
        ({"image": "eA\n=="}, "invalid_value", "image"),
        ({"image": "/etc/passwd.jpg"}, "invalid_value", "image"),
        ({"image": "data:image/png;base64,eA=="}, "invalid_value", "image"),
        ({"image": "٣٣٣٣"}, "invalid_value", "image"),
        ({"image": "\ud800"}, "invalid_value", "image"),
        ({"image": None}, "invalid_value", "image"),
        ({"image": ["eA=="]}, "invalid_value", "image"),
        ({"image": 5}, "invalid_value", "image"),
        ({"image": "eA==", "top": "5"}, "invalid_value", "top"),
        ({"image": "eA==", "top": 5.0}, "invalid_value", "top"),
        ({"image": "eA==", "top": True}, "invalid_value", "top"),
        ({"image": "eA==", "top": None}, "invalid_value", "top"),
        ({"image": "eA==", "top": 0}, "invalid_value", "top"),
        ({"image": "eA==", "top": 10**30}, "invalid_value", "top"),
        ({"image": "eA==", "faces": "all"}, "invalid_value", "faces"),
        ({"image": "eA==", "faces": False}, "invalid_value", "faces"),
        ({"image": ""}, "empty_photo", "image"),
        ({"image": "eA=="}, "unsupported_photo", "image"),
    ],
)
def test_a_wrong_json_field_is_named(client, fields, code, field):
    problem = client.post("/v1/identify", json=fields).get_json(force=True)
    assert (problem["code"], problem["field"]) == (code, field), problem


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"image": "eA==", "image": "eA=="}', "repeated_field"),
        (b'{"image": NaN}', "malformed_request"),
        (b'{"image": "eA=="}}', "malformed_request"),
        (b'"eA=="', "malformed_request"),
        (b'{"image": ' + b"[" * 100_000, "malformed_request"),
        (b"[" + b"{}," * 1_000_000 + b"{}]", "malformed_request"),
    ],
)
def test_json_that_is_not_one_plain_object_is_refused(client, body, code):
    answer = client.post("/v1/identify", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json(force=True)["code"]) == (400, code)


def test_a_photo_of_any_size_that_is_read_fits_into_json(client, sample):
    padded = sample(0, 0) + bytes(20 * 1024 * 1024 - len(sample(0, 0)))
    answer = client.post("/v1/identify", json={"image": text(padded)})
    assert answer.status_code == 200
    larger = client.post("/v1/identify", json={"image": text(padded + b"x")})
    assert (larger.status_code, larger.get_json(force=True)["code"]) == (413, "photo_too_large")


def test_json_larger_than_any_photo_is_refused(client):
    body = json.dumps({"image": "A" * 30 * 1024 * 1024})
    answer = client.post("/v1/identify", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json(force=True)["code"]) == (413, "body_too_large")


def test_json_in_another_encoding_than_utf_8_is_refused(client):
    body = '{"name": "Ada"}'.encode("utf-16")
    answer = client.post("/v1/identities", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json(force=True)["code"]) == (400, "malformed_request")


def test_a_part_of_a_form_without_a_name_is_refused(client):
    body = b'--x\r\nContent-Disposition: form-data; name=""\r\n\r\ntext\r\n--x--\r\n'
    content_type = "multipart/form-data; boundary=x"
    answer = client.post("/v1/identify", data=body, content_type=content_type)
    assert (answer.status_code, answer.get_json(force=True)["code"]) == (400, "malformed_request")
