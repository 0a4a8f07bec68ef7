"""The page signs in with a key and has a cookie that nobody else can use."""

from __future__ import annotations

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest

from gallery.domain.access import Scope

PAGE = {"Sec-Fetch-Site": "same-origin"}
EVERYTHING = ["verify", "identify", "enroll", "admin"]


@pytest.fixture
def text(services):
    """A key of an admin."""
    return services.keys.create([Scope.ADMIN], name="operator").text


def cookie_of(answer) -> SimpleCookie:
    [header] = answer.headers.getlist("Set-Cookie")
    return SimpleCookie(header)


def sign_in(client, text, **more):
    return client.post("/session", json={"key": text}, headers=PAGE, **more)


def test_without_keys_nobody_needs_to_sign_in(client):
    assert client.get("/session").get_json() == {
        "signed_in": False,
        "keys_needed": False,
        "scopes": EVERYTHING,
        "scores": True,
        "identity_id": None,
        "name": None,
    }


def test_a_stranger_is_told_that_a_key_is_needed(client, text):
    answer = client.get("/session")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json() == {
        "signed_in": False,
        "keys_needed": True,
        "scopes": [],
        "scores": False,
        "identity_id": None,
        "name": None,
    }


def test_who_signed_in_may_do_what_the_key_may(client, text):
    answer = sign_in(client, f" {text}\n")  # as pasted
    expected = {
        "signed_in": True,
        "keys_needed": True,
        "scopes": EVERYTHING,
        "scores": True,
        "identity_id": None,
        "name": "operator",
    }
    assert (answer.status_code, answer.get_json()) == (200, expected)
    assert client.get("/session").get_json() == expected
    assert client.get("/v1/identities").status_code == 200
    made = client.post("/v1/identities", json={"name": "Ada"}, headers=PAGE)
    assert made.status_code == 201


def test_a_session_has_the_scopes_and_the_person_of_its_key(client, services, problem):
    ada = services.identities.create("Ada").id
    issued = services.keys.create([Scope.VERIFY], identity_id=ada)
    state = sign_in(client, issued.text).get_json()
    assert (state["scopes"], state["identity_id"], state["scores"]) == (["verify"], ada, False)
    problem(client.post("/v1/compare", headers=PAGE), 403, "other_person")
    problem(client.get("/v1/identities"), 403, "scope_missing")


def test_the_cookie_is_for_the_own_page_only_and_no_script_reads_it(client, text):
    cookie = cookie_of(sign_in(client, text))["gallery"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert not cookie["secure"]  # plain HTTP, as on loopback
    assert 0 < int(cookie["max-age"]) <= 12 * 3600
    assert cookie.value not in text
    assert text.split("_")[2] not in cookie.value


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(client, text):
    answer = sign_in(client, text, base_url="https://localhost")
    cookie = cookie_of(answer)["__Host-gallery"]
    assert cookie["secure"]
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    state = client.get("/session", base_url="https://localhost").get_json()
    assert state["signed_in"] is True


def test_a_cookie_never_lives_longer_than_its_key(client, services):
    issued = services.keys.create([Scope.ADMIN], valid_for=timedelta(minutes=5))
    assert int(cookie_of(sign_in(client, issued.text))["gallery"]["max-age"]) <= 300


def test_a_session_dies_with_its_key(client, services, text, problem):
    sign_in(client, text)
    assert client.get("/v1/identities").status_code == 200
    services.keys.revoke(services.keys.list()[0].id)
    problem(client.get("/v1/identities"), 401, "session_ended")
    assert client.get("/session").get_json()["signed_in"] is False


def test_signing_out_ends_the_session_on_the_server_too(app, client, text, problem):
    token = cookie_of(sign_in(client, text))["gallery"].value
    out = client.delete("/session", headers=PAGE)
    assert (out.status_code, out.data) == (204, b"")
    assert cookie_of(out)["gallery"].value == ""
    thief = app.test_client()
    thief.set_cookie("gallery", token)
    problem(thief.get("/v1/identities"), 401, "session_ended")
    assert client.delete("/session", headers=PAGE).status_code == 204


def test_signing_in_again_gives_a_new_token_and_ends_the_old(app, client, text, problem):
    first = cookie_of(sign_in(client, text))["gallery"].value
    second = cookie_of(sign_in(client, text))["gallery"].value
    assert first != second
    thief = app.test_client()
    thief.set_cookie("gallery", first)
    problem(thief.get("/v1/identities"), 401, "session_ended")


def test_a_token_that_was_chosen_before_is_not_taken_over(client, text):
    client.set_cookie("gallery", "chosen-by-an-attacker")
    assert cookie_of(sign_in(client, text))["gallery"].value != "chosen-by-an-attacker"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {},
    ],
)
def test_another_site_cannot_use_the_session(client, services, text, headers, problem):
    """Nor the same machine's other ports, to which a browser sends the cookie too."""
    ada = services.identities.create("Ada").id
    sign_in(client, text)
    for method, path in (("DELETE", f"/v1/identities/{ada}"), ("POST", "/v1/identities")):
        problem(client.open(path, method=method, headers=headers), 403, "cross_site")
    assert services.identities.list()[0].id == ada


def test_another_site_can_neither_sign_in_nor_out(client, text, problem):
    evil = {"Sec-Fetch-Site": "cross-site"}
    problem(client.post("/session", json={"key": text}, headers=evil), 403, "cross_site")
    sign_in(client, text)
    problem(client.delete("/session", headers=evil), 403, "cross_site")
    assert client.get("/session").get_json()["signed_in"] is True


def test_a_wrong_key_in_the_header_is_not_mended_by_a_session(client, text, problem):
    sign_in(client, text)
    wrong = {"Authorization": "Bearer x", **PAGE}
    problem(client.get("/v1/identities", headers=wrong), 401, "key_unknown")


def test_a_key_in_the_header_tells_its_own_state(client, services, text):
    issued = services.keys.create([Scope.IDENTIFY], name="app")
    state = client.get("/session", headers={"Authorization": f"Bearer {issued.text}"}).get_json()
    assert (state["signed_in"], state["scopes"], state["name"]) == (True, ["identify"], "app")


@pytest.mark.parametrize("wrong", ["", "x", "gallery_aaaaaaaaaaaa_" + "a" * 43, "\ud800"])
def test_a_wrong_key_signs_nobody_in(client, text, wrong, problem):
    answer = sign_in(client, wrong)
    problem(answer, 401, "key_unknown")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, "missing_field"),
        ({"key": 5}, "invalid_value"),
        ({"key": None}, "invalid_value"),
        ({"key": "x", "name": "y"}, "unknown_field"),
        (["x"], "malformed_request"),
    ],
)
def test_what_is_no_sign_in_is_refused(client, document, code, problem):
    problem(client.post("/session", json=document, headers=PAGE), 400, code)


def test_a_form_signs_nobody_in(client, text, problem):
    answer = client.post("/session", data={"key": text}, headers=PAGE)
    problem(answer, 415, "unsupported_media_type")
