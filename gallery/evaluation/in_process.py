"""The same questions asked of the services directly: one process a core, no HTTP between."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from threading import Barrier
from typing import Protocol

from gallery.imaging.threads import one_thread_a_call
from gallery.services.compare import Compare
from gallery.services.identify import Identify
from gallery.services.verify import Verify
from gallery.services.watch import Stage, Watch

WARM_UP = 5
_START_SECONDS = 120.0


class Kind(StrEnum):
    """What is asked."""

    COMPARE = "compare"
    VERIFY = "verify"
    IDENTIFY = "identify"


class Answers(Protocol):
    """The part of `gallery.bootstrap.Services` that is measured."""

    @property
    def compare(self) -> Compare: ...
    @property
    def verify(self) -> Verify: ...
    @property
    def identify(self) -> Identify: ...


OpenServices = Callable[[Watch], Answers]
"""Must survive pickling: it is called in other processes."""


@dataclass(frozen=True)
class Photos:
    """Pairs of photos to compare, and photos that person `identity_id` is claimed to be in."""

    pairs: tuple[tuple[bytes, bytes], ...]
    probes: tuple[bytes, ...]
    identity_id: int


@dataclass(frozen=True)
class InProcess:
    """Of all processes together; milliseconds of each stage a question, as one process sees it."""

    kind: Kind
    processes: int
    questions: int
    per_second: float
    stages_ms: dict[str, float]


class StageTimes:
    """A `Watch` that adds up the seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def stage(self, stage: Stage, seconds: float) -> None:
        self.seconds[stage.value] += seconds  # type: ignore[assignment]

    def rejected(self, code: str) -> None:
        pass

    def index_at(self, revision: int) -> None:
        pass


def measure(
    open_services: OpenServices,
    photos: Photos,
    kinds: Sequence[Kind],
    processes: int,
    seconds: float,
) -> tuple[InProcess, ...]:
    """Every kind for so many seconds, by all processes at once."""
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        together = manager.Barrier(processes)
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            running = [
                pool.submit(_work, open_services, photos, kinds, seconds, together)
                for _ in range(processes)
            ]
            done = [one.result() for one in running]
    return tuple(
        _summed(kind, [work[number] for work in done]) for number, kind in enumerate(kinds)
    )


@dataclass(frozen=True)
class _Work:
    questions: int
    seconds: float
    stages: dict[str, float]


def _work(
    open_services: OpenServices,
    photos: Photos,
    kinds: Sequence[Kind],
    seconds: float,
    together: Barrier,
) -> list[_Work]:
    """One process; all begin each kind at the same moment."""
    times = StageTimes()
    services = open_services(times)
    done: list[_Work] = []
    with one_thread_a_call():
        for kind in kinds:
            for number in range(WARM_UP):
                ask(services, photos, kind, number)
            times.seconds.clear()
            together.wait(_START_SECONDS)
            questions, began = 0, time.perf_counter()
            while (spent := time.perf_counter() - began) < seconds:
                ask(services, photos, kind, questions)
                questions += 1
            done.append(_Work(questions, spent, dict(times.seconds)))
    return done


def ask(services: Answers, photos: Photos, kind: Kind, number: int) -> None:
    """One question; the photos take turns."""
    probe = photos.probes[number % len(photos.probes)]
    match kind:
        case Kind.COMPARE:
            services.compare(*photos.pairs[number % len(photos.pairs)])
        case Kind.VERIFY:
            services.verify(photos.identity_id, probe)
        case Kind.IDENTIFY:
            services.identify(probe)


def _summed(kind: Kind, works: Sequence[_Work]) -> InProcess:
    questions = sum(work.questions for work in works)
    stages: Counter[str] = sum((Counter(work.stages) for work in works), Counter())
    return InProcess(
        kind=kind,
        processes=len(works),
        questions=questions,
        per_second=sum(work.questions / work.seconds for work in works),
        stages_ms={name: 1000 * spent / questions for name, spent in stages.items()},
    )
