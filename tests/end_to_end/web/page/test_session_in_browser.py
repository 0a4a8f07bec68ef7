"""The session in a real browser: no script reads it, and a page of another port cannot use it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SIGN_IN = """async key => {
  const headers = {"Content-Type": "application/json"};
  const answer = await fetch("/session", {method: "POST", headers, body: JSON.stringify({key})});
  return answer.status;
}"""
ADD = """async name => {
  const headers = {"Content-Type": "application/json"};
  const answer = await fetch("/v1/identities",
    {method: "POST", headers, body: JSON.stringify({name})});
  return answer.status;
}"""
ATTACK = """async url => {
  const done = [];
  const ask = (path, options) => fetch(url + path, {credentials: "include", ...options})
    .then(answer => done.push(answer.type === "opaque" ? "unreadable" : "read"))
    .catch(() => done.push("blocked"));
  await ask("/v1/identities", {});
  await ask("/v1/identities", {mode: "no-cors"});
  await ask("/v1/identities", {mode: "no-cors", method: "POST", body: '{"name": "Eve"}'});
  await ask("/v1/identities", {method: "POST", body: '{"name": "Eve"}',
    headers: {"Content-Type": "application/json"}});
  await ask("/v1/identities/1", {method: "DELETE"});
  await ask("/session", {method: "DELETE"});
  return done;
}"""
FORM = """url => {
  const form = document.createElement("form");
  form.method = "post"; form.enctype = "text/plain"; form.action = url + "/v1/identities";
  document.body.append(form);
  form.submit();
}"""


class EmptyPage(BaseHTTPRequestHandler):
    """A page of somebody else, on this machine."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "15")
        self.end_headers()
        self.wfile.write(b"<!doctype html>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of a page on another port, which to a browser is the same site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def context(browser):
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def signed_in(start, gallery, photo, tmp_path, context):
    """A server, and the page of it after signing in."""
    database = f"sqlite:///{tmp_path / 'gallery.db'}"
    assert gallery(database, "enroll", "Ada", str(photo(0, 0))).returncode == 0
    key = gallery(database, "keys", "create", "--scope", "admin").stdout.strip()
    server = start(tmp_path)
    page = context.new_page()
    page.goto(server.url)
    assert page.evaluate(ADD, "Too Early") == 401
    assert page.evaluate(SIGN_IN, key[:-1] + "!") == 401
    assert page.evaluate(SIGN_IN, key) == 200
    yield server, page, key
    assert server.stop() == 0


def people(page) -> list[str]:
    answer = page.evaluate("fetch('/v1/identities').then(answer => answer.json())")
    return [one["name"] for one in answer["identities"]]


def test_the_page_works_by_a_session_that_no_script_can_read(signed_in, context):
    _, page, key = signed_in
    assert page.evaluate(ADD, "Bo") == 201
    assert people(page) == ["Ada", "Bo"]
    assert page.evaluate("document.cookie") == ""
    [cookie] = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert key not in str(context.storage_state())
    page.reload()
    assert people(page) == ["Ada", "Bo"]
    assert page.evaluate("fetch('/session', {method: 'DELETE'}).then(a => a.status)") == 204
    assert context.cookies() == []
    assert page.evaluate(ADD, "Too Late") == 401


def test_a_page_of_another_port_can_neither_read_nor_change(signed_in, context, elsewhere):
    server, page, _ = signed_in
    evil = context.new_page()
    evil.goto(elsewhere)
    assert "read" not in evil.evaluate(ATTACK, server.url)
    with evil.expect_navigation():
        evil.evaluate(FORM, server.url)
    assert "cross_site" in evil.content()
    assert people(page) == ["Ada"]
    log = server.log.read_text()
    assert "method=POST route=/v1/identities status=403" in log
