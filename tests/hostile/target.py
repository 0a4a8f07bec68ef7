"""The server under attack: a real process, its answers, and the memory of all its processes."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
GALLERY = str(Path(sys.executable).with_name("gallery"))
PATIENCE_SECONDS = 240  # large photos wait for each other, and tests share their machine


@dataclass
class Answer:
    """status 0: the connection ended without an answer."""

    status: int
    content_type: str
    body: bytes

    @property
    def document(self) -> Any:
        """The JSON in it; NaN and Infinity are no JSON. ValueError where it is none."""
        return json.loads(self.body, parse_constant=_no_number)


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


class Target:
    """`gallery serve` with one worker of eight threads, on a free loopback port."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log.txt"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [GALLERY, "serve", "--port", "0", "--threads", "8"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
                env={**os.environ, "GALLERY_DATABASE_URL": f"sqlite:///{folder / 'gallery.db'}"},
            )
        assert self._process.stdout is not None
        greeting = self._process.stdout.readline()
        if not greeting:
            raise SystemExit(f"the server did not start: {self.log.read_text()}")
        self.port = int(greeting.split()[3].rpartition(":")[2])
        self.pids = self._pids()
        self._at_start = {pid: _memory(pid, "VmRSS") for pid in self.pids}

    def post(
        self,
        path: str,
        body: bytes | Iterator[bytes],
        content_type: str = "application/json",
        **headers: str,
    ) -> Answer:
        """The answer to one request on a connection of its own; an iterator is sent in chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        headers = {"Content-Type": content_type, **headers}
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                chunked = not isinstance(body, bytes)
                connection.request("POST", path, body, headers, encode_chunked=chunked)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers.get("Content-Type", ""), answer.read())
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, "", repr(error).encode())
        finally:
            connection.close()

    def grown_bytes(self) -> int:
        """The most that all processes had in memory, above what they had at the start."""
        return sum(_memory(pid, "VmHWM") - self._at_start[pid] for pid in self.pids)

    def complaints(self) -> list[str]:
        """What is wrong with the process itself and in its log."""
        wrong = []
        if self._process.poll() is not None:
            return [f"the server ended with {self._process.returncode}"]
        if self._pids() != self.pids:
            wrong.append(f"its processes were {self.pids} and are {self._pids()}: one has died")
        log = self.log.read_text(errors="replace")
        wrong += [
            f"the log says {word!r}" for word in ("Traceback", "request failed") if word in log
        ]
        return wrong

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _pids(self) -> list[int]:
        """The server's process and its workers."""
        found = [self._process.pid]
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                if f"\nPPid:\t{self._process.pid}\n" in status.read_text():
                    found.append(int(status.parent.name))
        return sorted(found)


def _memory(pid: int, line: str) -> int:
    for text in Path(f"/proc/{pid}/status").read_text().splitlines():
        if text.startswith(line + ":"):
            return int(text.split()[1]) * 1024
    raise ValueError(f"process {pid} has no {line}")
