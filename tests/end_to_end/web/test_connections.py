"""What comes over the wire that is no request, or comes too slowly; and who has to wait for it."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from http.client import HTTPConnection

import pytest

SECONDS = 2


@pytest.fixture(scope="module")
def slow_server(start, tmp_path_factory):
    """One thread, and little patience."""
    options = ("--threads", "1", "--upload-timeout", str(SECONDS))
    return start(tmp_path_factory.mktemp("slow"), *options)


def talk(server, *parts: bytes, pause: float = 0.0) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to these bytes, sent one after the other."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        for part in parts:
            with contextlib.suppress(ConnectionError):
                connection.sendall(part)
            time.sleep(pause)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65536):
                answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, body


HOST = b"Host: 127.0.0.1\r\n"
POST = b"POST /v1/identities HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"hello\r\n\r\n", 400, "malformed_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/9.9\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Name: <script>\x00\r\n\r\n", 400, "malformed_request"),
        (POST + b"Content-Length: -1\r\n\r\n", 400, "malformed_request"),
        (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "malformed_request"),
        (POST + b"Transfer-Encoding: nonsense\r\n\r\n", 400, "malformed_request"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", 400, "malformed_request"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", 400, "malformed_request"),
        (POST + b"Content-Length: 3\r\nExpect: tea\r\n\r\n{}", 417, "expectation_failed"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "address_too_long"),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 9000 + b"\r\n\r\n", 431, "headers_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"A: a\r\n" * 200 + b"\r\n", 431, "headers_too_large"),
    ],
)
def test_what_is_no_http_is_answered_with_a_problem_document(server, sent, status, code):
    answered, headers, body = talk(server, sent)
    problem = json.loads(body)
    assert (answered, problem["status"], problem["code"]) == (status, status, code)
    assert headers["content-type"] == "application/problem+json"
    assert len(headers["x-request-id"]) == 32
    assert b"script" not in body
    lines = [
        line for line in server.log.read_text().splitlines() if headers["x-request-id"] in line
    ]
    assert len(lines) == 1
    assert f" status={status} " in lines[0]
    assert lines[0].endswith(f" code={code}")
    assert "Traceback" not in server.log.read_text()


def test_a_head_or_a_body_that_dribbles_is_cut_off(slow_server):
    head = b"GET /healthz HTTP/1.1\r\n"
    body = POST + b"Content-Length: 100\r\n\r\n"
    for sent in (head, body):
        began = time.monotonic()
        status, headers, answer = talk(slow_server, sent, *[b"X" for _ in range(12)], pause=0.25)
        assert (status, json.loads(answer)["code"]) == (408, "request_too_slow")
        assert headers["content-type"] == "application/problem+json"
        assert time.monotonic() - began < SECONDS + 5
    assert slow_server.ask("GET", "/healthz")[0] == 200


def test_who_sends_steadily_is_waited_for(slow_server):
    """600 KB in 3 s or more: 2 s are given, and a second for each 64 KiB."""
    form = (
        b'--x\r\nContent-Disposition: form-data; name="image1"; filename="1"\r\n\r\n'
        + b"." * 600_000
        + b'\r\n--x\r\nContent-Disposition: form-data; name="image2"; filename="2"\r\n\r\n.'
        + b"\r\n--x--\r\n"
    )
    head = (
        b"POST /v1/compare HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n"
        + f"Content-Length: {len(form)}\r\n\r\n".encode()
    )
    pieces = [form[at : at + 60_000] for at in range(0, len(form), 60_000)]
    status, _, answer = talk(slow_server, head, *pieces, pause=0.25)
    assert (status, json.loads(answer)["code"]) == (415, "unsupported_photo")


def test_clients_who_say_nothing_hold_no_thread(slow_server):
    with contextlib.ExitStack() as idle:
        for _ in range(20):
            idle.enter_context(socket.create_connection(("127.0.0.1", slow_server.port)))
        began = time.monotonic()
        assert slow_server.ask("GET", "/healthz")[0] == 200
        assert time.monotonic() - began < 1.5


def test_clients_who_do_not_hang_up_keep_nobody_out(slow_server):
    """Each has its answer and leaves its half of the connection open."""
    ask = b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    with contextlib.ExitStack() as lingering:
        for _ in range(3):
            client = socket.create_connection(("127.0.0.1", slow_server.port), timeout=30)
            lingering.enter_context(client)
            client.sendall(ask)
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert slow_server.ask("GET", "/healthz")[0] == 200


def test_a_connection_is_used_again(server):
    kept = HTTPConnection("127.0.0.1", server.port, timeout=30)
    with contextlib.closing(kept):
        for _ in range(3):
            kept.request("GET", "/healthz")
            answer = kept.getresponse()
            assert (answer.status, answer.read()) == (200, b'{"status":"ok"}\n')
            assert not answer.will_close
            time.sleep(0.2)
