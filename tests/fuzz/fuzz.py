"""schemathesis against a server of its own: `python tests/fuzz/fuzz.py REQUESTS FOLDER`.

Fails on an answer of 5xx, on an answer that the OpenAPI document does not promise, on a request
that it forbids and the server takes, and on fewer requests than asked for.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from gallery.client import GalleryClient

HERE = Path(__file__).parent
PROGRAMS = Path(sys.executable).parent
sys.path.insert(0, str(HERE))
from hooks import PEOPLE, PHOTOS  # noqa: E402

UNCHECKED = "positive_data_acceptance"
"""Not every text is a photo, and not every photo shows a face: no schema can tell."""

LIMITS = ("GALLERY_KEY_RATE", "GALLERY_ADDRESS_RATE", "GALLERY_WRONG_KEY_RATE", "GALLERY_LOCKOUT")
"""Out of the way: what is beyond them is answered with 429 and nothing else."""

AT_LEAST, AN_EXAMPLE = 700, 14
"""Requests of a run of all phases, and those that one more example for each operation makes."""


@contextmanager
def server(folder: Path):
    """The address of a fresh gallery of a few people, and a key that opens all of it."""
    environ = {
        **os.environ,
        **dict.fromkeys(LIMITS, "1000000/1m"),
        "GALLERY_DATABASE_URL": f"sqlite:///{folder / 'gallery.db'}",
    }
    key = subprocess.run(
        [PROGRAMS / "gallery", "keys", "create", "--scope", "admin"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()[0]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [PROGRAMS / "gallery", "serve", "--port", "0"],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        address = re.search(r"http://\S+", process.stdout.readline())[0]
        with GalleryClient(address, key=key) as gallery:
            for number in range(PEOPLE):
                person = gallery.create(f"Person {number}")
                gallery.enroll(person.id, PHOTOS[number % len(PHOTOS)])
        yield address, key
        with GalleryClient(address, key=key) as gallery:
            gallery.ready()
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def _amount(requests: int) -> list[str]:
    if requests < AT_LEAST:
        return ["--phases", "examples,fuzzing", "--max-examples", str(requests // 10)]
    return ["--max-examples", str((requests - AT_LEAST) // AN_EXAMPLE + 1)]


def main(requests: int, folder: Path) -> int:
    with server(folder) as (address, key):
        run = subprocess.run(
            [
                *(PROGRAMS / "st", "run", f"{address}/openapi.json", "--no-color"),
                *("-H", f"Authorization: Bearer {key}"),
                *("--exclude-checks", UNCHECKED, "--continue-on-failure", "--seed", "1"),
                *_amount(requests),
            ],
            cwd=folder,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    print(run.stdout)  # noqa: T201
    found = re.search(r"(\d+) generated", run.stdout)
    sent = int(found[1]) if found else 0
    traces = (folder / "server.log").read_text().count("Traceback")
    print(f"{sent} requests, {requests} asked for; {traces} tracebacks in the log")  # noqa: T201
    return run.returncode or int(sent < requests or traces > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
