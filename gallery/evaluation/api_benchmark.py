"""How many questions a second the server answers, beside what its services alone would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gallery.evaluation.api_server import RunningServer, running
from gallery.evaluation.in_process import InProcess, Kind, OpenServices, Photos, measure
from gallery.evaluation.load import Load, Question, press
from gallery.progress import Progress

WARM_UP = 50
MEMORY_WARM_UP = 500
MEMORY_CLIENTS = 8
MOST_SECONDS = 300.0
"""No load lasts longer, however slow the server is."""


@dataclass(frozen=True)
class Plan:
    """How much is asked: `requests` for each kind and number of clients."""

    clients: tuple[int, ...] = (1, 8, 64)
    requests: int = 500
    memory_requests: int = 10_000
    in_process_seconds: float = 10.0


@dataclass(frozen=True)
class Row:
    """One kind of question at one number of clients; of_in_process: the share of its throughput."""

    kind: Kind
    load: Load
    of_in_process: float


@dataclass(frozen=True)
class Memory:
    """Of the server with its workers: before and after the requests, which come after others."""

    requests: int
    errors: dict[str, int]
    before_bytes: int
    after_bytes: int
    growth: float


@dataclass(frozen=True)
class ApiSpeed:
    """Everything measured of one server."""

    faces: int
    start_seconds: float
    in_process: tuple[InProcess, ...]
    rows: tuple[Row, ...]
    memory: Memory | None

    @property
    def errors(self) -> int:
        """Requests that were not answered with 200."""
        of_memory = sum(self.memory.errors.values()) if self.memory else 0
        return sum(sum(row.load.errors.values()) for row in self.rows) + of_memory


def benchmark(
    command: Sequence[str],
    open_services: OpenServices,
    photos: Photos,
    faces: int,
    processes: int,
    plan: Plan,
    progress: Progress,
) -> ApiSpeed:
    """The services by themselves first, then the server of `command`; never both at once.

    processes: how many ask the services directly; as many as the server has cores.
    """
    kinds = tuple(Kind)
    steps = 1 + len(kinds) * len(plan.clients) + 1
    alone = measure(open_services, photos, kinds, processes, plan.in_process_seconds)
    progress(1, steps)
    with running(command) as server:
        rows = []
        for kind, reference in zip(kinds, alone, strict=True):
            asked = questions(photos, kind)
            press(server.address, asked, MEMORY_CLIENTS, WARM_UP, MOST_SECONDS)
            for clients in plan.clients:
                load = press(server.address, asked, clients, plan.requests, MOST_SECONDS)
                rows.append(Row(kind, load, load.per_second / reference.per_second))
                progress(1 + len(rows), steps)
        memory = _memory(server, photos, plan.memory_requests) if plan.memory_requests else None
        progress(steps, steps)
    return ApiSpeed(faces, server.start_seconds, alone, tuple(rows), memory)


def questions(photos: Photos, kind: Kind) -> tuple[Question, ...]:
    """The requests that ask what `in_process.ask` asks."""
    if kind is Kind.COMPARE:
        return tuple(
            Question.of("/v1/compare", {"image1": one, "image2": other})
            for one, other in photos.pairs
        )
    path = (
        "/v1/identify" if kind is Kind.IDENTIFY else f"/v1/identities/{photos.identity_id}/verify"
    )
    return tuple(Question.of(path, {"image": probe}) for probe in photos.probes)


def _memory(server: RunningServer, photos: Photos, requests: int) -> Memory:
    """All kinds in turn; what the first requests need for good is there before the count begins."""
    mixed = [question for kind in Kind for question in questions(photos, kind)]
    press(server.address, mixed, MEMORY_CLIENTS, MEMORY_WARM_UP, MOST_SECONDS)
    before = server.resident_bytes()
    load = press(server.address, mixed, MEMORY_CLIENTS, requests, MOST_SECONDS)
    after = server.resident_bytes()
    return Memory(load.requests, load.errors, before, after, after / before - 1)
