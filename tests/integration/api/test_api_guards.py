"""Headers, other web sites, the request log, health, and the table of status codes."""

from __future__ import annotations

import gzip
import logging
from contextlib import closing

import pytest

from api import create_app
from api.problems import STATUS
from gallery import errors
from gallery.bootstrap import Services
from gallery.domain.access import Scope
from gallery.embedder.model_card import default_model_folder, lfw_figures, read_card
from gallery.settings import Settings


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/identities", "/static/page.js", "/nothing"])
def test_every_answer_carries_the_security_headers(client, path):
    with client.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", ["/", "/v1/identities", "/readyz", "/nothing"])
def test_nothing_that_is_told_of_the_gallery_is_kept_by_a_cache(client, path):
    assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://[::1"},
        {"Origin": "://"},
        {"Origin": ""},
        {"Origin": "null", "Host": ""},
    ],
)
def test_a_page_of_another_site_can_change_and_ask_nothing(client, person, headers):
    ada = person("Ada")
    for method, path in (
        ("POST", "/v1/identities"),
        ("POST", "/v1/compare"),
        ("DELETE", f"/v1/identities/{ada}"),
    ):
        answer = client.open(path, method=method, headers=headers)
        assert (answer.status_code, answer.get_json(force=True)["code"]) == (403, "cross_site")
    assert len(client.get("/v1/identities").get_json()["identities"]) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://gallery.example"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
    ],
)
def test_the_own_page_and_programs_are_let_in(client, headers):
    answer = client.post("/v1/identities", json={"name": "Ada"}, headers=headers)
    assert answer.status_code == 201


def test_a_loopback_server_answers_to_its_own_names_only(services):
    client = create_app(services, ["localhost", "127.0.0.1", "::1"]).test_client()
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "localhost.evil.example:8000", "", "a@localhost:", "[", "%00"):
        answer = client.get("/healthz", headers={"Host": host})
        assert answer.status_code in (400, 403), host


def test_the_log_has_one_line_a_request_and_no_name_in_it(client, person, caplog):
    caplog.set_level(logging.INFO, logger="api")
    person("Secret Name")
    client.get("/v1/identities/1")
    client.get("/v1/Secret%20Name?Secret=Name")
    client.open("/", method="SECRET")
    lines = [record.getMessage() for record in caplog.records if record.name == "api.request_log"]
    assert len(lines) == 4
    assert lines[0].startswith("method=POST route=/v1/identities status=201 ms=")
    assert lines[1].startswith("method=GET route=/v1/identities/<row_id:identity_id> status=200")
    assert lines[2].startswith("method=GET route=none status=404")
    assert lines[3].startswith("method=other route=none status=405")
    assert "secret" not in caplog.text.lower()


def test_a_file_of_the_page_that_the_browser_has_is_not_sent_again(client):
    with client.get("/static/page.js", headers={"Accept-Encoding": "gzip"}) as first:
        known = first.headers["ETag"]
    asked = {"Accept-Encoding": "gzip", "If-None-Match": known}
    with client.get("/static/page.js", headers=asked) as again:
        assert (again.status_code, again.data) == (304, b"")
        assert (again.headers["ETag"], again.headers["Vary"]) == (known, "Accept-Encoding")
    with client.get("/static/page.js", headers={"If-Match": '"other"'}) as read:
        assert read.status_code == 200


def test_the_process_is_alive_and_ready(client):
    assert client.get("/healthz").get_json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.get_json()["status"] == "ready"
    assert ready.get_json()["model_id"]


def test_readiness_tells_how_far_the_index_was_behind(client, person, upload, sample):
    assert client.get("/readyz").get_json()["index_lag"] == 0
    person("Ada")
    for number in range(2):
        client.post("/v1/identities/1/faces", **upload(image=sample(0, number)))
    lagging, caught_up = (client.get("/readyz").get_json() for _ in range(2))
    assert (lagging["index_lag"], caught_up["index_lag"]) == (2, 0)
    assert lagging["index_revision"] == lagging["database_revision"] == 2


def test_who_needs_a_key_and_has_none_is_told_that_it_is_ready_and_no_more(client, key):
    header = key(Scope.VERIFY)
    assert client.get("/readyz").get_json() == {"status": "ready"}
    assert client.get("/readyz", headers=header).get_json()["index_lag"] == 0


def test_without_its_database_the_process_is_alive_but_not_ready(tmp_path):
    url = f"sqlite:///{tmp_path / 'file' / 'gallery.db'}"
    (tmp_path / "file").write_text("a file, not a folder")
    services = Services(Settings(database_url=url))
    client = create_app(services).test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert answer.get_json(force=True)["code"] == "database_unavailable"
    assert answer.headers["Retry-After"] == "5"
    services.close()


def test_every_refusal_has_a_status():
    """Those of offline work and of the command line never reach a request."""
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.GalleryError)
    ]
    unmapped = {kind for kind in kinds if not set(kind.__mro__) & set(STATUS)}
    assert unmapped == {errors.GalleryError, errors.DataRejected}


@pytest.mark.parametrize("detector", ["yunet", "haar"])
def test_the_page_tells_the_rates_that_were_measured_with_its_detector(tmp_path, detector):
    database = f"sqlite:///{tmp_path / 'gallery.db'}"
    with closing(Services(Settings(database_url=database, detector=detector))) as services:
        page = create_app(services).test_client().get("/").text
    card = read_card(default_model_folder())
    missed = card.figures[lfw_figures(2, detector)]["at_0.4"]["fnmr"].split()[0]
    assert f"and {100 * float(missed):.2g}\N{NO-BREAK SPACE}% of the pairs of one person" in page


def test_the_page_needs_nothing_from_elsewhere_and_claims_nothing(client):
    page = client.get("/").text
    assert "http://" not in page
    assert "https://" not in page
    assert "<style" not in page
    assert 'style="' not in page
    assert "Matched" not in page
    for name in ("base.css", "page.js", "compare.js", "icon.svg"):
        assert f"/static/{name}" in page
        with client.get(f"/static/{name}") as answer:
            assert answer.status_code == 200


def test_the_texts_of_the_page_are_compressed_for_who_takes_it(client):
    for path in ("/", "/static/page.js", "/static/base.css"):
        with (
            client.get(path) as plain,
            client.get(path, headers={"Accept-Encoding": "gzip"}) as packed,
        ):
            assert "Content-Encoding" not in plain.headers
            assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
            assert gzip.decompress(packed.data) == plain.data
            assert len(packed.data) < len(plain.data)
    etag = packed.headers["ETag"]
    known = {"Accept-Encoding": "gzip", "If-None-Match": etag}
    with client.get(path, headers=known) as again:
        assert (again.status_code, again.data) == (304, b"")
    with client.get("/healthz", headers={"Accept-Encoding": "gzip"}) as answer:
        assert "Content-Encoding" not in answer.headers
