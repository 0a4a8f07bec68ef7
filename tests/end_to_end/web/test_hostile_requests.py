"""Requests that no client library sends, byte for byte, to the real server."""

from __future__ import annotations

import json
import re
import socket

import pytest

FORM = b"Content-Type: multipart/form-data; boundary=x\r\n"
JSON = b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
PROBLEM = b"application/problem+json"


def ask(server, line: bytes, headers: bytes = b"", body: bytes = b"", end: bool = True) -> bytes:
    """All that the server says to one request; `end` says that nothing more is coming."""
    head = line + f" HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head + headers + b"\r\n" + body)
        if end:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    assert found, answer[:200]
    return int(found[1])


def problem(answer: bytes) -> dict:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert PROBLEM in head, answer[:400]
    return json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\nabc\r\n0\r\n\r\n",
        b"-2\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}xx0\r\n\r\n",
        b"2;\r=b\r\n{}\r\n0\r\n\r\n",
        b"5\r\n{}",
        b"2\r\n{}\r\n0\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"2\r\n{}\r\n0\r\nno colon\r\n\r\n",
        b"1" * 20_000,
        b"",
    ],
)
@pytest.mark.parametrize(
    ("path", "kind"), [(b"/v1/identities", JSON), (b"/v1/identify", FORM)], ids=["json", "form"]
)
def test_a_broken_chunk_is_the_clients_mistake(server, path, kind, body):
    answer = ask(server, b"POST " + path, kind + CHUNKED, body)
    assert status(answer) == 400
    assert problem(answer)["code"] in ("malformed_request", "missing_field")
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        (b"/v1/identities", JSON, b'{"name": "Ada, who breaks off"}'),
        (b"/v1/identify", FORM, b"--x\r\n"),
        (b"/v1/identities", JSON, b""),
    ],
)
def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(server, path, kind, body):
    answer = ask(server, b"POST " + path, kind + b"Content-Length: 100\r\n", body)
    assert (status(answer), problem(answer)["code"]) == (400, "malformed_request")
    assert "who breaks off" not in ask(server, b"GET /v1/identities").decode()
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"Host: evil.example\r\n",
        b"User-Agent: a\x1b[31mb\r\n",
        b"A: b\r\n" * 500,
    ],
)
def test_headers_that_two_servers_would_read_differently_are_refused(server, headers):
    assert status(ask(server, b"POST /v1/identities", headers, b"hello")) in (400, 431, 501)


@pytest.mark.parametrize(
    "path",
    [
        b"/static/../../api/serve.py",
        b"/static/%2e%2e/%2e%2e/gallery.db",
        b"/static/..%2f..%2fserve.py",
        b"/static/..\\..\\serve.py",
        b"/static//etc/passwd",
        b"/static/page.css%00",
        b"/static/" + b"a" * 3000,
        b"//evil.example/",
        b"/v1//identities",
        b"/v1/identities%0d%0aSet-Cookie:%20a=b",
        b"/v1/identities/%ff%fe",
        b"/v1/identities/1/../1",
    ],
)
def test_there_is_nothing_at_an_address_that_is_not_ours(server, path):
    answer = ask(server, b"GET " + path)
    assert (status(answer), problem(answer)["code"]) == (404, "not_found")
    assert b"set-cookie" not in answer.partition(b"\r\n\r\n")[0].lower()
    assert b"\r\nlocation:" not in answer.lower()


@pytest.mark.parametrize(
    "headers",
    [
        b"SCRIPT_NAME: /healthz\r\n",
        b"PATH_INFO: /v1/identities\r\n",
        b"SCRIPT-NAME: /healthz\r\n",
        b"X-Forwarded-Host: evil.example\r\nX-Forwarded-Prefix: /evil\r\n",
        b"X-Original-URL: /v1/identities\r\nX-Rewrite-URL: /v1/identities\r\n",
        b"X-HTTP-Method-Override: DELETE\r\n",
    ],
)
def test_no_header_changes_what_was_asked_for(server, headers):
    answer = ask(server, b"GET /healthz", headers)
    assert status(answer) == 200
    assert answer.endswith(b'{"status":"ok"}\n')
    assert b"evil" not in answer


@pytest.mark.parametrize("method", [b"TRACE", b"CONNECT", b"PROPFIND", b"DEBUG"])
def test_other_methods_are_refused_and_nothing_is_echoed(server, method):
    answer = ask(server, method + b" /healthz", b"X-Secret: echo\r\n")
    assert status(answer) == 405
    assert b"echo" not in answer


def test_no_line_of_the_log_is_written_by_a_client(server):
    ask(server, b"GET /x%0d%0atime=1%20level=ERROR%20forged")
    ask(server, b"GET /x", b"User-Agent: a\rtime=1 level=ERROR forged\r\n")
    ask(server, b"GET /v1/identities?a=%0atime=1%20forged", b"Referer: forged\r\n")
    lines = server.log.read_text().splitlines()
    assert not [line for line in lines if line.startswith("time=1 ")]
    assert not [line for line in lines if line.startswith("time=") and "forged" in line]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"name": "Ada", "name": "Bob"}', "repeated_field"),
        ('{"name": "Ada"}'.encode("utf-16"), "malformed_request"),
        (b'\xef\xbb\xbf{"name": "Ada"}', "malformed_request"),
        (b'{"name": "Ada"} {"name": "Bob"}', "malformed_request"),
    ],
)
def test_json_that_could_be_read_in_two_ways_is_refused(server, body, code):
    length = f"Content-Length: {len(body)}\r\n".encode()
    answer = ask(server, b"POST /v1/identities", JSON + length, body)
    assert (status(answer), problem(answer)["code"]) == (400, code)
