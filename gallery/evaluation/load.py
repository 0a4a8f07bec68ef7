"""Clients that ask a server as fast as it answers, and how long each of them waited.

Threads and `http.client`, both Python's own: a request costs the client about a tenth of a
millisecond of the cores that the server has too, against ten and more in the server.
"""

from __future__ import annotations

import http.client
import itertools
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

TIMEOUT_SECONDS = 60.0
_BOUNDARY = "gallery-benchmark-0b6f"


@dataclass(frozen=True)
class Question:
    """A POST request with photos, ready to send."""

    path: str
    body: bytes

    @classmethod
    def of(cls, path: str, photos: Mapping[str, bytes]) -> Question:
        """Photos by the name of their form field."""
        parts = [
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="photo"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n".encode()
            + photo
            + b"\r\n"
            for field, photo in photos.items()
        ]
        return cls(path, b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode())


@dataclass(frozen=True)
class Load:
    """What so many clients saw; milliseconds of the answered requests, None where there are none.

    errors: by status or exception; whatever is no 200 counts.
    """

    clients: int
    requests: int
    seconds: float
    per_second: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    errors: dict[str, int]


def press(
    address: tuple[str, int],
    questions: Sequence[Question],
    clients: int,
    requests: int,
    most_seconds: float,
) -> Load:
    """Ask the questions in turn, on a kept connection a client; ends early after `most_seconds`."""
    turns = itertools.count()
    began = time.perf_counter()

    def client(_: int) -> tuple[list[float], Counter[str]]:
        waited: list[float] = []
        errors: Counter[str] = Counter()
        connection = http.client.HTTPConnection(*address, timeout=TIMEOUT_SECONDS)
        while (turn := next(turns)) < requests and time.perf_counter() < began + most_seconds:
            asked = time.perf_counter()
            problem = _ask(connection, questions[turn % len(questions)])
            if problem is None:
                waited.append(time.perf_counter() - asked)
            else:
                errors[problem] += 1
        connection.close()
        return waited, errors

    with ThreadPoolExecutor(clients) as pool:
        seen = list(pool.map(client, range(clients)))
    seconds = time.perf_counter() - began
    waited = np.concatenate([np.array(times) for times, _ in seen]) * 1000
    errors: Counter[str] = sum((found for _, found in seen), Counter())
    p50, p95, p99 = np.percentile(waited, (50, 95, 99)).tolist() if waited.size else (None,) * 3
    return Load(
        clients=clients,
        requests=len(waited) + errors.total(),
        seconds=seconds,
        per_second=len(waited) / seconds,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        errors=dict(errors),
    )


def _ask(connection: http.client.HTTPConnection, question: Question) -> str | None:
    """What went wrong, None for an answer with 200."""
    kind = f"multipart/form-data; boundary={_BOUNDARY}"
    try:
        connection.request("POST", question.path, question.body, {"Content-Type": kind})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return type(error).__name__
    return None if answer.status == http.HTTPStatus.OK else str(answer.status)
