"""GET /metrics: what Prometheus asks for, from whichever worker answers, about all of them.

With several workers each keeps its numbers in files of a folder that `gallery serve` makes anew at
each start and names in PROMETHEUS_MULTIPROC_DIR; prometheus_client adds them up when asked. That
variable must be set before prometheus_client is imported, so it is imported here when first needed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from gallery.bootstrap import Services
from gallery.services.watch import Stage

if TYPE_CHECKING:
    from prometheus_client import Metric

FOLDER = "PROMETHEUS_MULTIPROC_DIR"

REQUEST_SECONDS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, 5, 10, 30)
STAGE_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5)


class Metrics:
    """What this process counts and times: a `Watch` of the services, and of requests."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        own = self._own = CollectorRegistry()
        self._requests = Histogram(
            "gallery_request_seconds",
            "Requests: from the head's arrival to the answer, by route template",
            ("method", "route", "status"),
            buckets=REQUEST_SECONDS,
            registry=own,
        )
        self._stages = Histogram(
            "gallery_stage_seconds",
            "Stages of a question: decode, detect, embed, search",
            ("stage",),
            buckets=STAGE_SECONDS,
            registry=own,
        )
        self._rejected = Counter(
            "gallery_rejected_photos", "Photos refused, by code", ("reason",), registry=own
        )
        self._index = Gauge(
            "gallery_index_revision",
            "The last change that the index of the worker furthest behind holds",
            multiprocess_mode="livemin",
            registry=own,
        )
        for stage in Stage:  # shown from the start, so that a rate has something to begin with
            self._stages.labels(stage.value)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is a template, or "none"."""
        self._requests.labels(method, route, status).observe(seconds)

    def stage(self, stage: Stage, seconds: float) -> None:
        self._stages.labels(stage.value).observe(seconds)

    def rejected(self, code: str) -> None:
        self._rejected.labels(code).inc()

    def index_at(self, revision: int) -> None:
        self._index.set(revision)

    def collected(self) -> list[Metric]:
        """The numbers of all workers where they share a folder, else of this process."""
        from prometheus_client import CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        if not os.environ.get(FOLDER):
            return list(self._own.collect())
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return list(shared.collect())


def blueprint(services: Services, metrics: Metrics) -> Blueprint:
    """The numbers in Prometheus' text format, or OpenMetrics where that is asked for."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def show() -> Response:
        from prometheus_client.exposition import choose_encoder

        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(_All(metrics.collected(), services)), content_type=content_type)

    return routes


class _All:
    """The counted numbers, and those of the database at this moment."""

    def __init__(self, counted: Iterable[Metric], services: Services) -> None:
        self._counted, self._services = counted, services

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily

        index_revision = 0.0
        for metric in self._counted:
            if metric.name == "gallery_index_revision":
                index_revision = min((sample.value for sample in metric.samples), default=0.0)
            yield metric
        status = self._services.maintenance.status()
        for name, text, value in (
            ("gallery_people", "People in the gallery", status.people),
            ("gallery_faces", "Faces in the gallery", status.faces),
            ("gallery_faces_of_other_models", "Faces to re-embed", status.faces_of_other_models),
            ("gallery_database_revision", "The last change made", status.database_revision),
            (
                "gallery_index_lag_revisions",
                "Changes that the worker furthest behind applies before its next search",
                max(0.0, status.database_revision - index_revision),
            ),
        ):
            yield GaugeMetricFamily(name, text, value)


def share_among_workers() -> None:
    """A new empty folder for the numbers of all workers; call it before they start."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="gallery-metrics-")


def forget_worker(process_id: int) -> None:
    """A worker has ended: what it counted still counts, how far its index was does not."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(process_id)  # type: ignore[no-untyped-call]


def remove_shared() -> None:
    """The server has ended, and its numbers with it."""
    if folder := os.environ.pop(FOLDER, None):
        shutil.rmtree(folder, ignore_errors=True)
