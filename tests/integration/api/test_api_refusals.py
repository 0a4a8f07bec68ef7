"""What is refused, with which status and code, and always as application/problem+json."""

from __future__ import annotations

import io

import pytest

HUGE = 10**18
PHOTO_ROUTES = ["/v1/compare", "/v1/identify", "/v1/identities/1/faces", "/v1/identities/1/verify"]


def problem(answer, status: int, code: str) -> dict:
    """The problem document of an answer, all of its standard members checked."""
    assert answer.content_type == "application/problem+json"
    document = answer.get_json(force=True)
    assert (answer.status_code, document["code"]) == (status, code), document
    assert document["status"] == status
    assert document["type"] == "about:blank"
    assert document["title"]
    assert document["detail"]
    return document


@pytest.fixture
def refused_photos(sample, black, several, bomb):
    photo = sample(0, 0)
    return {
        "empty_photo": (400, b""),
        "truncated_photo": (400, photo[: len(photo) // 2]),
        "photo_too_large": (413, photo + bytes(20 * 1024 * 1024)),
        "too_many_pixels": (413, bomb),
        "unsupported_photo": (415, b"%PDF-1.7 this is no photo at all, but text"),
        "no_face": (422, black),
        "several_faces": (422, several),
    }


@pytest.mark.parametrize(
    "code",
    [
        "empty_photo",
        "truncated_photo",
        "photo_too_large",
        "too_many_pixels",
        "unsupported_photo",
        "no_face",
        "several_faces",
    ],
)
def test_a_photo_that_cannot_be_used_is_refused_everywhere(
    client, person, refused_photos, sample, upload, code
):
    status, photo = refused_photos[code]
    ada = person("Ada")
    client.post(f"/v1/identities/{ada}/faces", **upload(image=sample(0, 0)))
    about_ada = f"/v1/identities/{ada}"
    for path in (f"{about_ada}/faces", f"{about_ada}/verify", "/v1/identify", "/v1/inspect"):
        refused = problem(client.post(path, **upload(image=photo)), status, code)
        assert refused["field"] == "image"
    second = client.post("/v1/compare", **upload(image1=sample(0, 0), image2=photo))
    assert problem(second, status, code) == {**refused, "field": "image2"}
    first = client.post("/v1/compare", **upload(image1=photo, image2=sample(0, 0)))
    assert problem(first, status, code) == {**refused, "field": "image1"}
    assert client.get(f"/v1/identities/{ada}").get_json()["face_count"] == 1


def test_two_photos_of_nothing_are_never_a_match(client, black, upload):
    problem(client.post("/v1/compare", **upload(image1=black, image2=black)), 422, "no_face")


@pytest.mark.parametrize("path", PHOTO_ROUTES)
def test_a_missing_photo_is_named(client, path, upload):
    document = problem(client.post(path, **upload(faces="only")), 400, "missing_field")
    assert document["field"] == ("image1" if path == "/v1/compare" else "image")


@pytest.mark.parametrize("path", PHOTO_ROUTES)
def test_a_body_that_is_neither_form_nor_json_is_unsupported(client, path):
    problem(client.post(path, data=b"x", content_type="image/jpeg"), 415, "unsupported_media_type")
    problem(client.post(path, data={"image": "text"}), 415, "unsupported_media_type")
    problem(client.post(path), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"anything", "multipart/form-data"),
        (b"no boundary in it", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-da", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data; boundary=\xe9".encode("latin-1").decode("latin-1")),
    ],
)
def test_a_broken_form_is_refused(client, body, content_type):
    answer = client.post("/v1/identify", data=body, content_type=content_type)
    assert answer.status_code == 400
    assert answer.get_json(force=True)["code"] in ("malformed_request", "missing_field")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"image": b"x", "colour": "red"}, "unknown_field", "colour"),
        ({"image": b"x", "image2": b"x"}, "unknown_field", "image2"),
        ({"image": "text"}, "invalid_value", "image"),
        ({"image": b"x", "top": b"5"}, "invalid_value", "top"),
        ({"image": b"x", "top": "five"}, "invalid_value", "top"),
        ({"image": b"x", "top": ""}, "invalid_value", "top"),
        ({"image": b"x", "top": "1.0"}, "invalid_value", "top"),
        ({"image": b"x", "top": "٣"}, "invalid_value", "top"),
        ({"image": b"x", "top": "9" * 5000}, "invalid_value", "top"),
        ({"image": b"x", "top": "0"}, "invalid_value", "top"),
        ({"image": b"x", "top": "101"}, "invalid_value", "top"),
        ({"image": b"x", "top": "-1"}, "invalid_value", "top"),
        ({"image": b"x", "faces": "all"}, "invalid_value", "faces"),
        ({"image": b"x", "faces": ""}, "invalid_value", "faces"),
    ],
)
def test_a_wrong_form_field_is_named(client, upload, fields, code, field):
    document = problem(client.post("/v1/identify", **upload(**fields)), 400, code)
    assert document["field"] == field


def test_a_photo_given_twice_is_refused(client, sample):
    photos = [(io.BytesIO(sample(0, 0)), "a.jpg"), (io.BytesIO(sample(1, 0)), "b.jpg")]
    problem(client.post("/v1/identify", data={"image": photos}), 400, "repeated_field")


def test_options_in_the_query_are_refused_not_ignored(client, sample, upload):
    answer = client.post("/v1/identify?top=1", **upload(image=sample(0, 0)))
    assert problem(answer, 400, "unknown_field")["field"] == "top"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, "missing_field"),
        ({"name": 5}, "invalid_value"),
        ({"name": None}, "invalid_value"),
        ({"name": ["Ada"]}, "invalid_value"),
        ({"name": "Ada", "age": 36}, "unknown_field"),
        ({"name": ""}, "invalid_name"),
        ({"name": "   "}, "invalid_name"),
        ({"name": "A\x00da"}, "invalid_name"),
        ({"name": "\ud800"}, "invalid_name"),
        ({"name": "a" * 201}, "invalid_name"),
        (["Ada"], "malformed_request"),
        ("Ada", "malformed_request"),
    ],
)
def test_a_wrong_name_is_refused(client, document, code):
    refused = problem(client.post("/v1/identities", json=document), 400, code)
    if code == "invalid_name":
        assert refused["field"] == "name"
    assert client.get("/v1/identities").get_json() == {"identities": []}


@pytest.mark.parametrize(
    "body", [b"", b"null", b"{", b"\xff\xfe", b"[" * 60_000, b'{"name": 1' + b"0" * 9000 + b"}"]
)
def test_a_body_that_is_no_json_is_refused(client, body):
    answer = client.post("/v1/identities", data=body, content_type="application/json")
    problem(answer, 400, "malformed_request")


@pytest.mark.parametrize(
    "body",
    [
        rb'{"\ud800": 1}',
        rb'{"name": "Ada", "\udfff": 1}',
        rb'{"name": {"\ud800": 1}}',
        rb'{"image": [[{"a": {"\ud800": 1}}]]}',
        rb'{"\ud800": 1, "\ud800": 2}',
    ],
)
@pytest.mark.parametrize(
    "path", ["/session", "/v1/identities", "/v1/compare", "/v1/identify/batch"]
)
def test_a_key_that_is_no_unicode_text_is_refused(client, path, body):
    answer = client.post(path, data=body, content_type="application/json")
    problem(answer, 400, "malformed_request")


def test_any_text_that_is_unicode_may_be_a_key_and_is_only_not_known(client):
    answer = client.post("/session", data=rb'{"\ud83d\ude00": 1}', content_type="application/json")
    assert problem(answer, 400, "unknown_field")["field"] == "\U0001f600"


def test_a_name_as_a_form_is_unsupported(client):
    problem(client.post("/v1/identities", data={"name": "A"}), 415, "unsupported_media_type")


def test_a_huge_body_is_refused_unread(client):
    class Unreadable(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

    for path, content_type in (
        ("/v1/compare", "multipart/form-data; boundary=x"),
        ("/v1/identities", "application/json"),
    ):
        answer = client.post(
            path,
            input_stream=Unreadable(),
            content_type=content_type,
            environ_overrides={"CONTENT_LENGTH": "50000000"},
        )
        problem(answer, 413, "body_too_large")


@pytest.mark.parametrize(
    ("path", "body", "limit"),
    [
        ("/session", {"key": "x" * 70_000}, "This JSON may have 64 KiB"),
        ("/v1/identities", {"name": "x" * 70_000}, "This JSON may have 64 KiB"),
        ("/v1/identify", {"image": "A" * 2**25}, "This JSON may have 28 MiB, a form 42 MiB"),
    ],
)
def test_json_that_is_too_large_is_told_its_limit(client, path, body, limit):
    detail = problem(client.post(path, json=body), 413, "body_too_large")["detail"]
    assert detail.startswith(limit)


@pytest.mark.parametrize(
    ("path", "most_parts"), [("/v1/identify", 20), ("/v1/identify/batch", 120)]
)
def test_a_form_of_many_parts_or_much_text_is_told_its_limits(client, upload, path, most_parts):
    many = {f"field{number}": "x" for number in range(most_parts + 1)}
    for fields in (many, {"faces": "x" * 600_000}):
        detail = problem(client.post(path, **upload(**fields)), 413, "body_too_large")["detail"]
        assert f"more than {most_parts} parts, or one with more than 512 KiB of text" in detail
    taken = dict(list(many.items())[:most_parts])
    problem(client.post(path, **upload(**taken)), 400, "unknown_field")


def test_a_form_that_is_too_large_is_told_its_limit(client):
    head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    form = {"content_type": "multipart/form-data; boundary=x"}
    told = client.post("/v1/identify", environ_overrides={"CONTENT_LENGTH": "50000000"}, **form)
    chunked = client.post(
        "/v1/identify",
        input_stream=io.BytesIO(head + bytes(50_000_000)),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
        **form,
    )
    for answer in (told, chunked):
        detail = problem(answer, 413, "body_too_large")["detail"]
        assert detail.startswith("A form may have 42 MiB, a photo 20 MiB")


@pytest.mark.parametrize(
    "identity", [0, "007", -1, HUGE, 2**63, "9" * 5000, "1.5", "x", "%00", "٣"]
)
def test_an_impossible_id_is_not_found(client, identity, sample, upload):
    path = f"/v1/identities/{identity}"
    problem(client.get(path), 404, "not_found")
    problem(client.delete(path), 404, "not_found")
    problem(client.delete(f"{path}/faces/1"), 404, "not_found")
    problem(client.post(f"{path}/verify", **upload(image=sample(0, 0))), 404, "not_found")


def test_the_largest_id_of_all_is_only_not_there(client):
    problem(client.get(f"/v1/identities/{HUGE - 1}"), 404, "identity_not_found")
    problem(client.delete(f"/v1/identities/1/faces/{HUGE - 1}"), 404, "identity_not_found")


def test_an_unknown_address_and_a_wrong_method_are_problems(client):
    problem(client.get("/v2/compare"), 404, "not_found")
    problem(client.get("/v1/identities/"), 404, "not_found")
    wrong = client.get("/v1/compare")
    problem(wrong, 405, "method_not_allowed")
    assert wrong.headers["Allow"] == "OPTIONS, POST"
    problem(client.put("/v1/identities/1"), 405, "method_not_allowed")


def test_a_part_of_a_file_that_there_is_not_is_a_problem(client):
    answer = client.get("/static/icon.svg", headers={"Range": "bytes=9999999-"})
    problem(answer, 416, "requested_range_not_satisfiable")


def test_head_and_options_are_answered(client):
    assert client.head("/v1/identities").status_code == 200
    assert client.head("/v1/identities").data == b""
    options = client.options("/v1/identities")
    assert options.status_code == 200
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_failure_of_ours_hides_its_reason_and_logs_it_whole(app, caplog):
    app.add_url_rule("/broken", view_func=lambda: 1 / 0, endpoint="broken")
    answer = app.test_client().get("/broken")
    document = problem(answer, 500, "internal_error")
    assert "division" not in answer.text
    [record] = [record for record in caplog.records if record.exc_info]
    assert "ZeroDivisionError" in caplog.text
    assert document["instance"] in record.getMessage()
