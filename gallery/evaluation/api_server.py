"""A server as a process of its own on a loopback port: started, weighed, stopped."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gallery.errors import NotReady

STOP_SECONDS = 60.0
_GREETING = re.compile(r"http://127\.0\.0\.1:([0-9]+)")


@dataclass(frozen=True)
class RunningServer:
    """start_seconds: from the start of the process to its first answer being possible."""

    address: tuple[str, int]
    process_id: int
    start_seconds: float

    def resident_bytes(self) -> int:
        """Memory of the process and its workers (Linux); what they share counts for each."""
        children = Path(f"/proc/{self.process_id}/task/{self.process_id}/children")
        processes = (str(self.process_id), *children.read_text().split())
        return sum(_resident_bytes(process) for process in processes)


@contextmanager
def running(command: Sequence[str]) -> Iterator[RunningServer]:
    """Run `gallery serve --port 0` until the end of the block; its log is thrown away."""
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - the command is our own program
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            greeting = _GREETING.search(process.stdout.readline())
            if greeting is None:
                raise NotReady("the server did not start; try `gallery serve` to see why")
            seconds = time.perf_counter() - began
            yield RunningServer(("127.0.0.1", int(greeting[1])), process.pid, seconds)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _resident_bytes(process: str) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"^VmRSS:\s*([0-9]+) kB$", status, re.MULTILINE)
    return 1024 * int(found[1]) if found else 0
