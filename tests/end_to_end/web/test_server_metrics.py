"""The numbers of several workers, as Prometheus sees them from a real server."""

from __future__ import annotations

import http.client
import os
import re
import signal
import time
from pathlib import Path

import pytest

COUNT = r'gallery_request_seconds_count\{method="GET",route="/healthz",status="200"\} (\S+)'


def metrics_of(server) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def answered(server) -> float:
    found = re.search(COUNT, metrics_of(server))
    return float(found[1]) if found else 0


def workers_of(server) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return [int(one) for one in children.read_text().split()]


@pytest.fixture
def serve(start, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    return lambda: start(tmp_path, "--workers", "2")


def test_whichever_worker_is_asked_tells_of_all(serve):
    server = serve()
    for _ in range(20):
        server.ask("GET", "/healthz")
    assert {answered(server) for _ in range(10)} == {20}


def test_a_worker_that_dies_takes_no_count_with_it(serve):
    server = serve()
    for _ in range(20):
        server.ask("GET", "/healthz")
    before = workers_of(server)
    os.kill(before[0], signal.SIGKILL)
    until = time.monotonic() + 30
    while (now := workers_of(server)) == before or len(now) < 2:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert answered(server) == 20


def test_a_server_begins_its_numbers_anew_and_leaves_none_behind(serve, tmp_path):
    server = serve()
    server.ask("GET", "/healthz")
    assert list((tmp_path / "scratch").glob("gallery-metrics-*/*.db"))
    assert server.stop() == 0
    assert not list((tmp_path / "scratch").glob("gallery-metrics-*"))
    again = serve()
    assert answered(again) == 0
    assert again.stop() == 0
