"""Keys from the command line, asked for by the real server; and who may come in without one."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

EVERYWHERE = "0.0.0.0"  # noqa: S104


def make_key(gallery, database, *options) -> str:
    made = gallery(database, "keys", "create", *options)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def kept(start, gallery, photo, tmp_path_factory):
    """A server with two workers, a person, and a key for each scope."""
    folder = tmp_path_factory.mktemp("kept")
    database = f"sqlite:///{folder / 'gallery.db'}"
    enrolled = gallery(database, "enroll", "Ada", str(photo(0, 0)))
    assert enrolled.returncode == 0, enrolled.stderr
    keys = {
        scope: make_key(gallery, database, "--scope", scope, "--expires", "90d")
        for scope in ("verify", "identify", "enroll", "admin")
    }
    return start(folder, "--workers", "2"), keys


@pytest.mark.parametrize(
    "options",
    [
        ("--host", EVERYWHERE),
        ("--host", "::"),
        ("--allowed-host", "gallery.example"),
    ],
)
def test_without_a_key_others_are_not_served(gallery, tmp_path, options):
    database = f"sqlite:///{tmp_path / 'gallery.db'}"
    refused = gallery(database, "serve", "--port", "0", *options)
    if options[1] == "::" and "no address" in refused.stderr:
        pytest.skip("no IPv6 here")
    assert (refused.returncode, refused.stdout) == (5, "")
    said = " ".join(refused.stderr.split())
    assert "gallery keys create --scope admin" in said
    assert "Traceback" not in said


def test_behind_a_proxy_without_a_key_others_are_not_served(gallery, tmp_path, monkeypatch):
    monkeypatch.setenv("GALLERY_PROXIES", "1")
    database = f"sqlite:///{tmp_path / 'gallery.db'}"
    refused = gallery(database, "serve", "--port", "0")
    assert (refused.returncode, refused.stdout) == (5, "")
    said = " ".join(refused.stderr.split())
    assert "gallery keys create --scope admin" in said
    assert "without --host, --allowed-host and GALLERY_PROXIES" in said


def test_behind_a_proxy_everybody_is_asked_for_a_key(start, gallery, tmp_path, monkeypatch):
    monkeypatch.setenv("GALLERY_PROXIES", "1")
    key = make_key(gallery, f"sqlite:///{tmp_path / 'gallery.db'}", "--scope", "enroll")
    server = start(tmp_path)
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    assert server.ask("GET", "/v1/identities", headers=forwarded)[0] == 401
    assert server.ask("GET", "/v1/identities", headers={**forwarded, **bearer(key)})[0] == 200


def test_a_revoked_key_is_as_good_as_none(gallery, tmp_path):
    database = f"sqlite:///{tmp_path / 'gallery.db'}"
    key = make_key(gallery, database, "--scope", "admin")
    assert gallery(database, "keys", "revoke", key.split("_")[1]).returncode == 0
    refused = gallery(database, "serve", "--port", "0", "--host", EVERYWHERE)
    assert refused.returncode == 5
    assert "gallery keys create" in refused.stderr


def test_with_a_key_others_are_served_and_asked_for_it(start, gallery, tmp_path):
    database = f"sqlite:///{tmp_path / 'gallery.db'}"
    key = make_key(gallery, database, "--scope", "enroll")
    server = start(tmp_path, "--host", EVERYWHERE)
    assert server.ask("GET", "/healthz")[0] == 200
    assert server.ask("GET", "/v1/identities")[0] == 401
    assert server.ask("GET", "/v1/identities", headers=bearer(key))[0] == 200
    assert "TLS" in server.log.read_text()
    assert server.stop() == 0


def test_on_loopback_nobody_is_asked_until_there_is_a_key(start, gallery, tmp_path):
    server = start(tmp_path, "--workers", "2")
    assert {server.ask("GET", "/v1/identities")[0] for _ in range(6)} == {200}
    make_key(gallery, server.database, "--scope", "verify")
    assert {server.ask("GET", "/v1/identities")[0] for _ in range(6)} == {401}


def test_a_key_from_the_command_line_opens_by_urllib(kept, photo):
    server, keys = kept
    url = f"{server.url}/v1/identities"
    request = urllib.request.Request(url, headers=bearer(keys["enroll"]))  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        assert [one["name"] for one in json.load(answer)["identities"]] == ["Ada"]
    request = urllib.request.Request(url, headers=bearer(keys["verify"]))  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)  # noqa: S310
    assert refused.value.code == 403
    assert json.load(refused.value)["code"] == "scope_missing"
    refused.value.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_a_key_from_the_command_line_opens_by_curl(kept, photo):
    server, keys = kept

    def curl(*options: str) -> tuple[int, dict[str, object]]:
        done = subprocess.run(
            ["curl", "-sS", "-w", "\n%{http_code}", *options],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={**os.environ, "no_proxy": "127.0.0.1"},
        )
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body)

    form = ("-F", f"image=@{photo(0, 1)}", f"{server.url}/v1/identities/1/verify")
    status, answer = curl("-H", f"Authorization: Bearer {keys['verify']}", *form)
    assert (status, answer["matched"]) == (200, True)
    assert set(answer) == {"matched", "threshold", "model_id"}
    status, answer = curl("-H", f"Authorization: Bearer {keys['admin']}", *form)
    assert (status, answer["distance"] < 0.4) == (200, True)
    status, answer = curl("-H", f"Authorization: Bearer {keys['identify']}", *form)
    assert (status, answer["code"]) == (403, "scope_missing")
    status, answer = curl(*form)
    assert (status, answer["code"]) == (401, "key_needed")


def test_a_revocation_holds_in_every_worker_at_once(kept, gallery):
    server, _ = kept
    key = make_key(gallery, server.database, "--scope", "enroll")

    def ask(_: int) -> int:
        return server.ask("GET", "/v1/identities", headers=bearer(key))[0]

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(12))) == {200}
        assert gallery(server.database, "keys", "revoke", key.split("_")[1]).returncode == 0
        assert set(pool.map(ask, range(12))) == {401}


def test_a_browser_s_session_works_in_every_worker_and_ends(kept):
    server, keys = kept
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
    connection.request("POST", "/session", json.dumps({"key": keys["admin"]}), headers)
    answer = connection.getresponse()
    state = json.loads(answer.read())
    assert (answer.status, state["signed_in"]) == (200, True)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    connection.close()
    signed_in = {"Cookie": cookie.partition(";")[0]}
    assert {server.ask("GET", "/v1/identities", headers=signed_in)[0] for _ in range(6)} == {200}
    page = {**signed_in, "Sec-Fetch-Site": "same-origin"}
    assert server.ask("DELETE", "/session", headers=page)[0] == 204
    assert {server.ask("GET", "/v1/identities", headers=signed_in)[0] for _ in range(6)} == {401}


def test_the_workers_count_the_requests_of_a_key_together(start, gallery, tmp_path, monkeypatch):
    monkeypatch.setenv("GALLERY_KEY_RATE", "5/1h")
    database = f"sqlite:///{tmp_path / 'gallery.db'}"
    key = make_key(gallery, database, "--scope", "enroll")
    server = start(tmp_path, "--workers", "3")

    def ask(_: int) -> int:
        return server.ask("GET", "/v1/identities", headers=bearer(key))[0]

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(12))) == [200] * 5 + [429] * 7


def test_neither_key_nor_session_is_in_the_log(kept):
    server, keys = kept
    server.ask("GET", "/v1/identities", headers=bearer(keys["admin"]))
    server.ask("GET", "/v1/identities", headers=bearer(keys["admin"][:-1] + "!"))
    log = server.log.read_text()
    for key in keys.values():
        assert key.split("_")[2] not in log
    assert "Traceback" not in log


def test_the_server_s_files_are_nobody_else_s_to_read(kept):
    server, keys = kept
    server.ask("GET", "/v1/identities", headers=bearer(keys["admin"]))
    folder = server.log.parent
    files = list(folder.glob("gallery.db*"))
    assert folder / "gallery.db.counters" in files
    assert {file.stat().st_mode & 0o077 for file in files} == {0}
