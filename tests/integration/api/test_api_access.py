"""Who is let in, to what, and what of a verdict a key is told."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from api import create_app
from api.access import NEEDS
from gallery.bootstrap import Services
from gallery.domain.access import Rate, Scope
from gallery.settings import Settings
from gallery.store import engine

GUARDED = sorted(endpoint for endpoint, scope in NEEDS.items() if scope is not None)
BARE = {"matched", "threshold", "model_id"}


def address(app, endpoint: str) -> tuple[str, str]:
    """A method and a path of the endpoint, about the person and the face with id 1."""
    [rule] = app.url_map.iter_rules(endpoint)
    [method] = rule.methods - {"HEAD", "OPTIONS"}
    with app.test_request_context():
        return method, app.url_map.bind("").build(endpoint, dict.fromkeys(rule.arguments, 1))


def test_every_route_is_in_the_table_and_nothing_else_is(app):
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(NEEDS)


def test_what_was_left_out_of_the_table_is_for_admins(app, key, problem):
    app.add_url_rule("/new", view_func=lambda: "new", endpoint="new")
    client = app.test_client()
    assert client.get("/new").status_code == 200  # there is no key yet
    admin, others = key(Scope.ADMIN), key(Scope.VERIFY, Scope.IDENTIFY, Scope.ENROLL)
    assert client.get("/new", headers=admin).status_code == 200
    problem(client.get("/new", headers=others), 403, "scope_missing")
    problem(client.get("/new"), 401, "key_needed")


def test_without_any_key_nobody_is_asked(client, person):
    assert person("Ada")
    assert client.get("/v1/identities").status_code == 200


@pytest.mark.parametrize("endpoint", GUARDED)
def test_once_there_is_a_key_every_guarded_route_needs_one(app, client, key, endpoint, problem):
    key(Scope.VERIFY)
    method, path = address(app, endpoint)
    answer = client.open(path, method=method)
    assert "gallery keys create" in problem(answer, 401, "key_needed")["detail"]
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="gallery"'
    for other in ("OPTIONS", "HEAD") if method == "GET" else ("OPTIONS",):
        assert client.open(path, method=other).status_code == 401


@pytest.mark.parametrize("endpoint", GUARDED)
def test_a_route_opens_to_its_scope_and_to_admin_only(app, client, key, endpoint, problem):
    method, path = address(app, endpoint)
    for scope in Scope:
        answer = client.open(path, method=method, headers=key(scope))
        if scope in (NEEDS[endpoint], Scope.ADMIN):
            assert answer.status_code not in (401, 403, 429)
        else:
            document = problem(answer, 403, "scope_missing")
            assert f"needs a key with the scope {NEEDS[endpoint]}" in document["detail"]
            assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


def test_a_server_that_others_can_reach_asks_for_a_key_though_there_is_none(services, problem):
    client = create_app(services, keys_always=True).test_client()
    problem(client.get("/v1/identities"), 401, "key_needed")
    assert client.get("/healthz").status_code == 200
    assert client.get("/session").get_json()["keys_needed"] is True


def test_health_page_and_unknown_addresses_need_no_key(client, key, problem):
    key(Scope.VERIFY)
    for path in ("/", "/healthz", "/readyz", "/session"):
        assert client.get(path).status_code == 200
    problem(client.get("/nothing"), 404, "not_found")
    problem(client.put("/v1/compare"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer gallery_aaaaaaaaaaaa_" + "a" * 43,
        "Basic YWRtaW46YWRtaW4=",
        "gallery_aaaaaaaaaaaa_" + "a" * 43,
        "Bearer " + "x" * 5000,
        "Bearer é",
        "Bearer %00",
    ],
)
def test_a_wrong_key_is_refused_and_told_nothing(client, key, header, problem):
    key(Scope.ADMIN)
    answer = client.get("/v1/identities", headers={"Authorization": header})
    problem(answer, 401, "key_unknown")
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


def test_a_wrong_key_is_refused_also_where_none_is_needed(client, problem):
    answer = client.get("/v1/identities", headers={"Authorization": "Bearer x"})
    problem(answer, 401, "key_unknown")


def test_the_word_bearer_has_no_case(client, key):
    text = key(Scope.ADMIN)["Authorization"].split()[1]
    answer = client.get("/v1/identities", headers={"Authorization": f"bearer  {text}"})
    assert answer.status_code == 200


def test_a_key_is_taken_from_the_header_only(client, key, problem):
    text = key(Scope.ADMIN)["Authorization"].split()[1]
    problem(client.get("/v1/identities", headers={"X-Api-Key": text}), 401, "key_needed")
    problem(client.get(f"/v1/identities?key={text}"), 401, "key_needed")
    client.set_cookie("gallery", text)
    problem(client.get("/v1/identities"), 401, "session_ended")


def test_a_revoked_key_is_refused_from_the_next_request_on(client, key, services, problem):
    headers = key(Scope.ADMIN)
    assert client.get("/v1/identities", headers=headers).status_code == 200
    services.keys.revoke(services.keys.list()[0].id)
    problem(client.get("/v1/identities", headers=headers), 401, "key_revoked")
    problem(client.get("/v1/identities"), 401, "key_needed")  # and no doors open


def test_an_expired_key_is_refused(client, key, problem):
    headers = key(Scope.ADMIN, valid_for=timedelta(microseconds=1))
    problem(client.get("/v1/identities", headers=headers), 401, "key_expired")
    problem(client.get("/v1/identities"), 401, "key_needed")


def test_the_last_use_is_seen_in_the_list(client, key, services):
    headers = key(Scope.ADMIN)
    assert services.keys.list()[0].last_used_at is None
    client.get("/v1/identities", headers=headers)
    assert services.keys.list()[0].last_used_at is not None


def test_a_key_of_one_person_asks_about_that_person_only(
    client, key, services, ada, sample, upload, problem
):
    bob = services.identities.create("Bob").id
    headers = key(Scope.VERIFY, Scope.ENROLL, identity_id=ada)
    path = f"/v1/identities/{ada}"
    verified = client.post(f"{path}/verify", headers=headers, **upload(image=sample(0, 1)))
    assert (verified.status_code, verified.get_json()["matched"]) == (200, True)
    assert client.get(path, headers=headers).status_code == 200
    added = client.post(f"{path}/faces", headers=headers, **upload(image=sample(0, 2)))
    assert added.status_code == 201
    looked = client.post("/v1/inspect", headers=headers, **upload(image=sample(0, 3)))
    assert looked.status_code == 200  # it tells nothing of anybody
    for other in (
        client.post(f"/v1/identities/{bob}/verify", headers=headers, **upload(image=sample(0, 1))),
        client.get(f"/v1/identities/{bob}", headers=headers),
        client.get("/v1/identities/987654", headers=headers),
        client.get("/v1/identities", headers=headers),
        client.post("/v1/identities", headers=headers, json={"name": "Eve"}),
        client.post("/v1/compare", headers=headers, **upload(image1=b"x", image2=b"x")),
    ):
        assert f"/v1/identities/{ada}" in problem(other, 403, "other_person")["detail"]
    problem(client.delete(path, headers=headers), 403, "scope_missing")


def test_a_key_of_one_person_without_the_scope_cannot_inspect(
    client, key, ada, sample, upload, problem
):
    headers = key(Scope.VERIFY, identity_id=ada)
    answer = client.post("/v1/inspect", headers=headers, **upload(image=sample(0, 3)))
    problem(answer, 403, "scope_missing")


def test_a_key_that_may_only_verify_is_told_the_bare_verdict(client, key, ada, sample, upload):
    headers = key(Scope.VERIFY)
    for photo, matched in ((sample(0, 1), True), (sample(1, 0), False)):
        path = f"/v1/identities/{ada}/verify"
        verified = client.post(path, headers=headers, **upload(image=photo)).get_json()
        assert set(verified) == BARE
        assert verified["matched"] is matched
        photos = upload(image1=sample(0, 0), image2=photo)
        compared = client.post("/v1/compare", headers=headers, **photos).get_json()
        assert set(compared) == BARE
        assert compared["matched"] is matched


@pytest.mark.parametrize(("scopes", "scores"), [((Scope.VERIFY,), True), ((Scope.ADMIN,), False)])
def test_distances_are_told_to_those_who_may_see_them(
    client, key, ada, sample, upload, scopes, scores
):
    headers = key(*scopes, scores=scores)
    path = f"/v1/identities/{ada}/verify"
    verified = client.post(path, headers=headers, **upload(image=sample(0, 1))).get_json()
    assert verified["distance"] < 0.4
    assert verified["identity"]["name"] == "Ada"
    photos = upload(image1=sample(0, 0), image2=sample(0, 1))
    compared = client.post("/v1/compare", headers=headers, **photos).get_json()
    assert set(compared) == BARE | {"distance", "faces"}


def test_a_refusal_names_nobody_to_a_key_that_may_only_verify(
    client, key, services, sample, upload, problem
):
    empty = services.identities.create("Secret Name").id
    path = f"/v1/identities/{empty}/verify"
    answer = client.post(path, headers=key(Scope.VERIFY), **upload(image=sample(0, 0)))
    problem(answer, 409, "nothing_enrolled")
    assert "Secret" not in answer.text


@pytest.fixture
def strict(services):
    """A client of a server that lets three verifications of a person fail."""
    settings = Settings(services.settings.database_url, lockout=Rate(3, 900))
    opened = Services(settings)
    yield create_app(opened).test_client()
    opened.close()


def test_after_so_many_failures_a_person_is_locked_out_for_every_key(
    strict, key, ada, services, sample, upload, problem
):
    path = f"/v1/identities/{ada}/verify"
    headers = key(Scope.VERIFY)
    for _ in range(3):
        answer = strict.post(path, headers=headers, **upload(image=sample(1, 0)))
        assert answer.get_json()["matched"] is False
    for holder in (headers, key(Scope.VERIFY), key(Scope.ADMIN)):
        for photo in (sample(1, 0), sample(0, 1)):
            answer = strict.post(path, headers=holder, **upload(image=photo))
            document = problem(answer, 429, "locked_out")
            assert 890 <= int(answer.headers["Retry-After"]) <= 900
            assert "try again in" in document["detail"]
            assert "Ada" not in answer.text
    [bob] = services.enroll.by_name("Bob", [sample(1, 0)])
    other = f"/v1/identities/{bob.identity.id}/verify"
    answer = strict.post(other, headers=headers, **upload(image=sample(1, 1)))
    assert answer.get_json()["matched"] is True


def test_photos_that_cannot_be_used_and_matches_are_no_failures(
    strict, key, ada, sample, black, upload, problem
):
    path = f"/v1/identities/{ada}/verify"
    headers = key(Scope.VERIFY)
    for _ in range(4):
        problem(strict.post(path, headers=headers, **upload(image=black)), 422, "no_face")
        answer = strict.post(path, headers=headers, **upload(image=sample(0, 1)))
        assert answer.get_json()["matched"] is True


def test_where_failures_cannot_be_counted_the_status_does_not_tell_the_verdict(
    strict, key, ada, services, sample, upload, problem, monkeypatch
):
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_SECONDS", 0.1)
    path = f"/v1/identities/{ada}/verify"
    headers = key(Scope.VERIFY)
    with sqlite3.connect(services.settings.database_path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        for photo in (sample(1, 0), sample(0, 1)):
            answer = strict.post(path, headers=headers, **upload(image=photo))
            problem(answer, 503, "database_unavailable")
        other.execute("ROLLBACK")
    other.close()
    answer = strict.post(path, headers=headers, **upload(image=sample(0, 1)))
    assert answer.get_json()["matched"] is True


def test_many_questions_at_once_learn_no_more_verdicts_than_may_fail(
    strict, key, ada, sample, upload
):
    headers = key(Scope.VERIFY)
    app = strict.application

    def ask(_: int) -> int:
        path = f"/v1/identities/{ada}/verify"
        return (
            app.test_client().post(path, headers=headers, **upload(image=sample(1, 0))).status_code
        )

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(16)))
    assert (statuses.count(200), statuses.count(429)) == (3, 13)


def test_nobody_is_locked_out_while_no_key_is_needed(strict, ada, sample, upload):
    for _ in range(5):
        answer = strict.post(f"/v1/identities/{ada}/verify", **upload(image=sample(1, 0)))
        assert answer.status_code == 200
