"""The real server process: gunicorn with several workers over one SQLite gallery."""

from __future__ import annotations

import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gallery.bootstrap import Services
from gallery.evaluation.synthetic_gallery import fill
from gallery.index.snapshot import inspect
from gallery.services.maintenance import WORTH_A_SNAPSHOT
from gallery.settings import Settings


@pytest.fixture
def client(server):
    with server.client() as client:
        yield client


def test_the_server_says_where_it_is_in_one_line_and_answers_there(server, client):
    assert server.greeting == f"Face gallery on {server.url} (Ctrl-C stops it)\n"
    assert client.alive().status == "ok"
    assert client.ready().status == "ready"


def test_what_the_command_line_enrolls_every_worker_finds_at_once(server, client, gallery, photo):
    for person in range(3):
        enrolled = gallery(server.database, "enroll", f"Person {person}", str(photo(person, 0)))
        assert enrolled.returncode == 0, enrolled.stderr
        for _ in range(8):
            answer = client.identify(photo(person, 1))
            assert answer.identified
            assert answer.candidates[0].identity.name == f"Person {person}"


def test_command_line_and_api_give_the_same_answer(server, client, gallery, photo):
    one, other = photo(0, 0), photo(1, 0)
    printed = gallery(server.database, "compare", str(one), str(other), "--json")
    assert printed.returncode == 1, printed.stderr
    answer = client.compare(one, other)
    for key, value in json.loads(printed.stdout).items():
        if key != "faces":
            assert getattr(answer, key) == value


def test_many_clients_at_once_are_all_answered(client, photo):
    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(client.compare, photo(0, 0), photo(0, 1)) for _ in range(64)]
        assert all(one.result().matched for one in asked)


def test_a_body_of_any_size_is_refused_with_an_answer(server):
    body = b"--x\r\n" + bytes(60 * 1024 * 1024)
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    status, problem = server.ask("POST", "/v1/compare", headers=headers, body=body)
    assert (status, problem["code"]) == (413, "body_too_large")


def test_a_name_that_was_made_to_point_here_is_refused(server):
    status, problem = server.ask("GET", "/", headers={"Host": f"evil.example:{server.port}"})
    assert (status, problem["code"]) == (403, "host_not_allowed")


def test_the_log_names_nobody(server, client, gallery, photo):
    gallery(server.database, "enroll", "Zaphod Secret", str(photo(5, 0)))
    client.identify(photo(5, 1))
    log = server.log.read_text()
    assert "method=POST route=/v1/identify status=200 ms=" in log
    assert "Zaphod" not in log
    assert str(photo(5, 1).name) not in log


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_server_ends_with_success(start, tmp_path, sign):
    server = start(tmp_path)
    assert server.ask("GET", "/healthz")[0] == 200
    assert server.stop(sign) == 0
    assert "Traceback" not in server.log.read_text()
    with socket.socket() as again:
        assert again.connect_ex(("127.0.0.1", server.port)) != 0


def test_a_request_at_hand_is_finished_before_the_server_stops(start, tmp_path):
    server = start(tmp_path, "--workers", "1")
    body = json.dumps({"name": "Ada"}).encode()
    head = (
        f"POST /v1/identities HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head.encode() + body[:5])
        assert server.ask("GET", "/healthz")[0] == 200
        server.process.send_signal(signal.SIGTERM)
        time.sleep(1)  # the worker has heard of it; the body is still on its way
        connection.sendall(body[5:])
        assert connection.recv(4096).startswith(b"HTTP/1.1 201 ")
    assert server.stop() == 0


def test_a_port_in_use_is_told_at_once_with_advice(server, gallery):
    refused = gallery(server.database, "serve", "--port", str(server.port))
    assert refused.returncode == 5
    assert f"port {server.port} on 127.0.0.1 is in use" in " ".join(refused.stderr.split())
    assert "--port" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_address_of_another_machine_is_refused(server, gallery):
    refused = gallery(server.database, "serve", "--host", "192.0.2.1", "--port", "8099")
    assert refused.returncode == 5
    assert "192.0.2.1 is no address of this machine" in " ".join(refused.stderr.split())


def test_a_gallery_that_cannot_be_opened_stops_the_start(gallery, tmp_path: Path):
    (tmp_path / "file").write_text("a file, not a folder")
    refused = gallery(f"sqlite:///{tmp_path}/file/gallery.db", "serve", "--port", "8099")
    assert refused.returncode == 5
    assert "Traceback" not in refused.stderr


def test_a_threshold_that_everybody_is_below_stops_the_start(gallery, tmp_path, monkeypatch):
    monkeypatch.setenv("GALLERY_THRESHOLD", "4")
    refused = gallery(f"sqlite:///{tmp_path}/gallery.db", "serve", "--port", "8099")
    assert refused.returncode == 2
    assert "everybody would match" in " ".join(refused.stderr.split())


def test_a_wide_threshold_is_told_at_the_start(start, tmp_path, monkeypatch):
    monkeypatch.setenv("GALLERY_THRESHOLD", "0.45")
    server = start(tmp_path)
    told = server.log.read_text()
    assert "threshold 0.45 is wider than the model's, 0.4: at least one stranger in 100" in told
    assert server.stop() == 0


def test_a_server_of_many_faces_makes_its_next_start_fast(start, tmp_path):
    services = Services(Settings(f"sqlite:///{tmp_path / 'gallery.db'}"))
    units = services.units_at(tmp_path / "gallery.db")
    fill(units, WORTH_A_SNAPSHOT, services.maintenance.status().model_id)
    services.close()
    server = start(tmp_path)
    until = time.monotonic() + 60
    while not (tmp_path / "gallery.db.index").exists():
        assert time.monotonic() < until
        time.sleep(0.1)
    assert inspect(tmp_path / "gallery.db.index").faces == WORTH_A_SNAPSHOT
    assert server.stop() == 0
    again = start(tmp_path)
    assert again.ask("GET", "/readyz")[1]["index_revision"] == WORTH_A_SNAPSHOT
    assert "the index is built from the database" not in again.log.read_text()
