"""`gallery serve` as a process of its own, on a free loopback port and a gallery in a folder."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from gallery.client import GalleryClient

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "data" / "samples"
GALLERY = str(Path(sys.executable).with_name("gallery"))


@dataclass
class Server:
    """A running server, its address, and the files it writes."""

    process: subprocess.Popen[str]
    port: int
    database: str
    log: Path
    greeting: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, key: str | None = None) -> GalleryClient:
        """A client of this server; close it, or use it in a `with`."""
        return GalleryClient(self.url, key)

    def ask(
        self,
        method: str,
        path: str,
        files: dict[str, Path] | None = None,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, dict[str, object]]:
        """Status and JSON of one request on a connection of its own."""
        headers = dict(headers or {})
        if files is not None:
            fields = {
                name: FileStorage(io.BytesIO(path.read_bytes()), path.name)
                for name, path in files.items()
            }
            boundary, body = encode_multipart(fields)
            headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            with contextlib.suppress(BrokenPipeError):  # the server may answer before it read all
                connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text else {}

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Exit status after a signal."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.process.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    return free_port()


@pytest.fixture(scope="session")
def program() -> str:
    """The path of the installed command."""
    return GALLERY


@pytest.fixture(scope="session")
def gallery() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command line to its end on a database."""

    def run(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [GALLERY, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd=ROOT,
            env={**os.environ, "GALLERY_DATABASE_URL": database},
        )

    return run


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[..., Server]]:
    """Starts servers and, after the last test of a file, ends those that still run."""
    started: list[Server] = []

    def serve(folder: Path, *options: str) -> Server:
        database, log, port = f"sqlite:///{folder / 'gallery.db'}", folder / "log.txt", free_port()
        with log.open("w") as errors:
            process = subprocess.Popen(
                [GALLERY, "serve", "--port", str(port), *options],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
                env={**os.environ, "GALLERY_DATABASE_URL": database},
            )
        server = Server(process, port, database, log)
        started.append(server)
        assert process.stdout is not None
        server.greeting = process.stdout.readline()
        assert server.greeting, log.read_text()
        return server

    yield serve
    for server in started:  # all are told before any is waited for
        server.process.terminate()
    for server in started:
        server.process.wait(timeout=60)
        assert server.process.stdout is not None
        server.process.stdout.close()


@pytest.fixture(scope="module")
def server(start: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    return start(tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="session")
def photo() -> Callable[[int, int], Path]:
    """The file of photo `number` of sample person `person`, both from 0."""
    people = sorted(folder for folder in SAMPLES.iterdir() if folder.is_dir())
    return lambda person, number: sorted(people[person].glob("*.jpg"))[number]
