"""Sockets that systemd hands over: served instead of --host and --port, and judged as these are."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

AS_SYSTEMD = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3);"
    "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()));"
    "os.execv(sys.argv[2], sys.argv[2:])"
)


@pytest.fixture
def serve(tmp_path, program):
    """Starts `gallery serve` with a socket, as systemd does it."""
    servers = []

    def started(held: socket.socket) -> subprocess.Popen[str]:
        server = subprocess.Popen(
            [sys.executable, "-c", AS_SYSTEMD, str(held.fileno()), program, "serve"],
            pass_fds=[held.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "GALLERY_DATABASE_URL": f"sqlite:///{tmp_path / 'gallery.db'}"},
        )
        servers.append(server)
        return server

    yield started
    for server in servers:
        server.kill()
        server.communicate()


def test_the_socket_is_served_and_goes_on_to_let_clients_in(serve):
    with socket.create_server(("127.0.0.1", 0)) as held:
        server = serve(held)
        host, port = held.getsockname()
        assert f"http://{host}:{port} " in server.stdout.readline()
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
        socket.create_connection((host, port), timeout=5).close()


def open_to_the_network(_folder: Path) -> socket.socket:
    return socket.create_server(("0.0.0.0", 0))  # noqa: S104


def in_the_file_system(folder: Path) -> socket.socket:
    held = socket.socket(socket.AF_UNIX)
    held.bind(str(folder / "gallery.socket"))
    held.listen()
    return held


@pytest.mark.parametrize("opened", [open_to_the_network, in_the_file_system])
def test_others_are_not_served_through_a_socket_without_a_key(serve, tmp_path, opened):
    with opened(tmp_path) as held:
        said, complained = serve(held).communicate(timeout=60)
    assert said == ""
    assert "gallery keys create --scope admin" in " ".join(complained.split())


def test_with_a_key_a_socket_in_the_file_system_is_served(serve, gallery, tmp_path):
    made = gallery(f"sqlite:///{tmp_path / 'gallery.db'}", "keys", "create", "--scope", "admin")
    assert made.returncode == 0, made.stderr
    with in_the_file_system(tmp_path) as held:
        server = serve(held)
        assert f"unix:{held.getsockname()} " in server.stdout.readline()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(held.getsockname())
            client.sendall(
                b"GET /v1/identities HTTP/1.1\r\nHost: gallery\r\nConnection: close\r\n\r\n"
            )
            assert client.recv(100).startswith(b"HTTP/1.1 401 ")
