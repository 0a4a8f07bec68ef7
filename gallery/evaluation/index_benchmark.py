"""How fast, how large and how right the index is, beside others in the same run."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import distances_to
from gallery.errors import NotReady
from gallery.evaluation.competitor import Competitor, Search
from gallery.evaluation.gallery_shape import FaceSource, GalleryShape
from gallery.evaluation.index_competitors import FLAT

FACES_OF_A_PERSON = 5
SECONDS_EACH = 15.0
WARM_UP = 10


@dataclass(frozen=True)
class Agreement:
    """Against exact search; shares are None where there was no such probe.

    verdicts_differ: probes that match on one side only. best_under, best_over: share of the probes
    whose exact best distance lies under the threshold, or not, with the same best person.
    """

    probes: int
    verdicts_differ: int
    under: int
    best_under: float | None
    best_over: float | None


@dataclass(frozen=True)
class Row:
    """One competitor at one size; left_out says why there are no figures.

    Milliseconds of a single search on one thread; searches a second by one thread and by two that
    search at once; bytes by which the process grew, the input not counted, or that a competitor
    outside of it holds (None where the system does not tell).
    """

    faces: int
    name: str
    built: str = ""
    left_out: str | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    one_thread_per_second: float | None = None
    two_threads_per_second: float | None = None
    build_seconds: float | None = None
    memory_bytes: int | None = None
    times_flat: float | None = None
    agreement: Agreement | None = None

    @property
    def bytes_a_face(self) -> float | None:
        return None if self.memory_bytes is None else self.memory_bytes / self.faces


@dataclass(frozen=True, eq=False)
class _Gallery:
    vectors: NDArray[np.float32]
    people: NDArray[np.int64]
    probes: NDArray[np.float32]


def benchmark(
    sizes: Sequence[int],
    probes: int,
    competitors: Sequence[Competitor],
    threshold: float,
    shape: GalleryShape,
) -> tuple[Row, ...]:
    """Every competitor at every size."""
    rows: list[Row] = []
    for faces in sizes:
        gallery = _drawn(faces, probes, shape)
        best = _exact_best(gallery)
        measured = [_measured(one, gallery, best, threshold) for one in competitors]
        flat = next((row.p50_ms for row in measured if row.name == FLAT), None)
        for row in measured:
            if flat is None or row.p50_ms is None:
                rows.append(row)
            else:
                rows.append(replace(row, times_flat=flat / row.p50_ms))
    return tuple(rows)


def _drawn(faces: int, probes: int, shape: GalleryShape) -> _Gallery:
    """Probes: one half new faces of people in the gallery, the other half strangers."""
    source = FaceSource(shape)
    people = source.people(max(1, faces // FACES_OF_A_PERSON))
    of = np.arange(faces) % len(people)
    vectors = source.faces(people[of])
    mated = source.faces(people[np.arange(probes // 2) % len(people)])
    strangers = source.faces(source.people(probes - probes // 2))
    return _Gallery(vectors, of, np.concatenate([mated, strangers]))


def _exact_best(gallery: _Gallery) -> NDArray[np.int64]:
    """The row of the nearest face of each probe, all probes at once, re-ranked exactly."""
    import faiss

    best = np.empty(len(gallery.probes), np.int64)
    _, proposed = faiss.knn(gallery.probes, gallery.vectors, min(10, len(gallery.vectors)))
    for number, (probe, rows) in enumerate(zip(gallery.probes, proposed, strict=True)):
        best[number] = rows[np.argmin(distances_to(probe, gallery.vectors[rows]))]
    return best


def _measured(
    competitor: Competitor, gallery: _Gallery, best: NDArray[np.int64], threshold: float
) -> Row:
    faces = len(gallery.vectors)
    reason = competitor.why_not(faces)
    if reason is not None:
        return Row(faces, competitor.name, left_out=reason)
    before, began = _resident_bytes(), time.perf_counter()
    try:
        with competitor.build(gallery.vectors, gallery.people) as built:
            build_seconds = time.perf_counter() - began
            grown = max(0, _resident_bytes() - before)
            found, seconds = _timed(built.search, gallery.probes)
            return Row(
                faces=faces,
                name=competitor.name,
                built=built.structure,
                p50_ms=float(np.median(seconds)) * 1e3,
                p99_ms=float(np.quantile(seconds, 0.99)) * 1e3,
                one_thread_per_second=len(seconds) / float(seconds.sum()),
                two_threads_per_second=_by_two(built.search, gallery.probes),
                build_seconds=build_seconds,
                memory_bytes=grown if built.memory_bytes is None else built.memory_bytes(),
                agreement=_agreement(gallery, found, best, threshold),
            )
    except NotReady as error:
        return Row(faces, competitor.name, left_out=error.message)


def _timed(
    search: Search, probes: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The nearest rows, and the time of each search; a slow one stops after some seconds.

    The probes go in an order that mixes mated ones and strangers.
    """
    for probe in probes[:WARM_UP]:
        search(probe)
    found = np.full(len(probes), -1, np.int64)
    seconds: list[float] = []
    deadline = time.perf_counter() + SECONDS_EACH
    for number in np.random.default_rng(0).permutation(len(probes)).tolist():
        began = time.perf_counter()
        found[number] = search(probes[number])
        ended = time.perf_counter()
        seconds.append(ended - began)
        if ended > deadline:
            break
    return found, np.array(seconds)


def _by_two(search: Search, probes: NDArray[np.float32]) -> float:
    """Searches a second that two threads do together, over one second."""

    def work(_: int) -> int:
        done, until = 0, time.perf_counter() + 1
        while time.perf_counter() < until:
            search(probes[done % len(probes)])
            done += 1
        return done

    with ThreadPoolExecutor(2) as threads:
        return float(sum(threads.map(work, range(2))))


def _agreement(
    gallery: _Gallery, found: NDArray[np.int64], best: NDArray[np.int64], threshold: float
) -> Agreement:
    asked = np.flatnonzero(found >= 0)
    exact = np.array(list(_distances(gallery, asked, best)))
    answered = np.array(list(_distances(gallery, asked, found)))
    same = gallery.people[found[asked]] == gallery.people[best[asked]]
    under = exact < threshold
    return Agreement(
        probes=len(asked),
        verdicts_differ=int(np.count_nonzero(under != (answered < threshold))),
        under=int(np.count_nonzero(under)),
        best_under=float(same[under].mean()) if under.any() else None,
        best_over=float(same[~under].mean()) if not under.all() else None,
    )


def _distances(
    gallery: _Gallery, asked: NDArray[np.int64], rows: NDArray[np.int64]
) -> Iterator[float]:
    for number in asked.tolist():
        nearest = gallery.vectors[rows[number]][None]
        yield float(distances_to(gallery.probes[number], nearest)[0])


def _resident_bytes() -> int:
    """What the process holds in memory of its own, freed memory given back first (Linux).

    Pages of mapped files are not counted: the system takes them back when it needs the memory.
    """
    import ctypes

    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) * 1024
