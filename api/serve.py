"""`gallery serve`: the application on gunicorn, a real WSGI server."""

from __future__ import annotations

import logging
import math
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from flask import Flask, Response
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]

from api.application import create_app
from api.listening import given, is_loopback, is_of_network, listen, names_of, url
from api.memory import spend_little_memory
from api.metrics import Metrics, forget_worker, remove_shared, share_among_workers
from api.problems import refused
from api.request_log import RequestId
from api.worker import GracefulArbiter, Worker, refusal_of
from gallery.bootstrap import Services
from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH, FaceCrop
from gallery.domain.picture import Picture
from gallery.embedder.model_card import strangers_at_least
from gallery.errors import InvalidValue, KeyMissing, NotReady
from gallery.services.in_order import cores
from gallery.settings import Settings

GRACEFUL_SECONDS = 30
STALLED_WORKER_SECONDS = 60
UPLOAD_SECONDS = 20.0
CONNECTIONS_OF_A_WORKER = 256
_GUNICORN_BOOT_FAILURES = (3, 4)
_NO_TLS = (
    "Keys and photos travel as they are: put a reverse proxy with TLS in front, and tell the "
    "server of it by GALLERY_PROXIES=1."
)

_log = logging.getLogger(__name__)


def run(
    settings: Settings,
    host: str,
    port: int,
    workers: int,
    threads: int,
    allowed_hosts: Sequence[str] = (),
    upload_seconds: float = UPLOAD_SECONDS,
) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish the requests at hand and exit the process with 0.

    upload_seconds: for a request to arrive, and see `TooSlow`.
    `port` 0 takes a free one. Where systemd hands over sockets, these are served instead of `host`
    and `port`. On loopback addresses the server answers to loopback names and `allowed_hosts` only.
    Raises AddressUnavailable or InvalidValue before anything is started,
    KeyMissing where others could come in without a key, and NotReady where database or model cannot
    be used.
    """
    for name, count, most in (("workers", workers, 64), ("threads", threads, 64)):
        if not 1 <= count <= most:
            raise InvalidValue(f"{name} is {count}; 1 to {most} are possible")
    handed_over = given()
    opened = [] if handed_over else [listen(host, port)]
    listeners = handed_over or opened
    others = bool(allowed_hosts or settings.proxies) or not all(map(is_loopback, listeners))
    with closing(Services(settings)) as services:
        _check(services, others)
        for risk in _risks(services, listeners):
            print(risk, file=sys.stderr)  # noqa: T201
    share_among_workers()
    names = names_of(listeners, host, allowed_hosts)
    greeting = f"Face gallery on {' and '.join(map(url, listeners))}"
    server = _Server(settings, opened, names, others, workers, threads, upload_seconds, greeting)
    master = os.getpid()
    try:
        server.run()
    except SystemExit as end:
        if os.getpid() == master and end.code in _GUNICORN_BOOT_FAILURES:
            raise NotReady("the server could not start; the log above says why") from end
        raise


def _check(services: Services, others: bool) -> None:
    """Migrate the database once, before the workers race for it; refuse what no start can have.

    others: whether anybody but this machine's users can reach the server.
    """
    if others and not services.keys.any_usable():
        raise KeyMissing(
            "others could reach this server, and there is no key that it could ask them for. "
            "Make one (with the same --database): gallery keys create --scope admin. Or serve "
            "this machine only: gallery serve, without --host, --allowed-host and "
            "GALLERY_PROXIES"
        )
    services.maintenance.status()
    _ = services.threshold


def _risks(services: Services, listeners: Sequence[socket.socket]) -> Iterator[str]:
    """What is allowed, and better known to who starts the server."""
    if any(map(is_of_network, listeners)) and not services.settings.proxies:
        yield _NO_TLS
    card, threshold = services.card, services.threshold.value
    if threshold > card.threshold:
        rate = strangers_at_least(card, threshold)
        known = f": at least one stranger in {1 / rate:,.0f} will match" if rate else ""
        yield f"The threshold {threshold:g} is wider than the model's, {card.threshold:g}{known}."


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn over sockets that already listen; each worker builds its own services.

    opened: none where systemd hands over sockets, which gunicorn takes by itself.
    """

    def __init__(
        self,
        settings: Settings,
        opened: Sequence[socket.socket],
        names: frozenset[str] | None,
        keys_always: bool,
        workers: int,
        threads: int,
        upload_seconds: float,
        greeting: str,
    ) -> None:
        self.upload_seconds = upload_seconds
        self._settings, self._names, self._greeting = settings, names, greeting
        self._keys_always = keys_always
        self._options: dict[str, Any] = {
            "bind": [f"fd://{listener.detach()}" for listener in opened],
            "worker_class": Worker,
            "workers": workers,
            "threads": threads,
            "worker_connections": CONNECTIONS_OF_A_WORKER,
            "timeout": STALLED_WORKER_SECONDS,
            "graceful_timeout": GRACEFUL_SECONDS,
            "forwarder_headers": "",  # no request says under which path it came
            "loglevel": "warning",
            "control_socket_disable": True,
            "proc_name": "gallery",
            "post_worker_init": self._greet,
            "worker_exit": self._close,
            "child_exit": lambda _arbiter, worker: forget_worker(worker.pid),
            "on_exit": lambda _arbiter: remove_shared(),
        }
        self._services: Services | None = None
        super().__init__()

    def run(self) -> None:
        GracefulArbiter(self).run()

    def load_config(self) -> None:
        for name, value in self._options.items():
            if name in self.cfg.settings:  # an older gunicorn has no control socket to disable
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """In a worker: everything heavy now, so that the first request is as fast as the next."""
        import cv2

        cv2.setNumThreads(1)  # the workers are the parallelism
        at_once = math.ceil(cores() / self._options["workers"])
        spend_little_memory(heaps=at_once + 1)  # and one for the threads that read and answer
        _log_requests()
        self.measured = Metrics()
        self._services = Services(self._settings, self.measured, at_once)
        warm_up(self._services)
        app = create_app(self._services, self._names, self.measured, keys_always=self._keys_always)
        app.register_error_handler(ParseException, _broken_body)
        return app

    def _greet(self, worker: Any) -> None:
        if worker.age == 1:  # the first worker is warm: a request is answered now
            print(f"{self._greeting} (Ctrl-C stops it)", flush=True)  # noqa: T201
            threading.Thread(target=self._refresh_snapshot, name="gallery-snapshot").start()

    def _refresh_snapshot(self) -> None:
        """Aside, so that the next start is fast; nothing depends on it."""
        if self._services is not None:
            try:
                self._services.maintenance.refresh_snapshot()
            except NotReady as refusal:
                _log.warning("no snapshot code=%s %s", refusal.code, refusal.message)

    def _close(self, _arbiter: object, _worker: object) -> None:
        if self._services is not None:
            self._services.close()


def warm_up(services: Services) -> None:
    """Load detector, model and index; a gallery that must be re-embedded still serves the rest."""
    recognise = services.recognise
    recognise.detector.detect(Picture(np.zeros((320, 320, 3), np.uint8)))
    recognise.embedder.embed([FaceCrop(np.zeros((CROP_HEIGHT, CROP_WIDTH), np.uint8))])
    try:
        services.identify.index.caught_up()
    except NotReady as refusal:
        _log.warning("not ready code=%s %s", refusal.code, refusal.message)


def _broken_body(error: Exception) -> Response:
    """Gunicorn reads a body when the application asks for it, and finds its chunks wrong."""
    return refused(refusal_of(error))


def _log_requests() -> None:
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(
        "time=%(asctime)s.%(msecs)03dZ level=%(levelname)s request=%(request_id)s %(message)s",
        "%Y-%m-%dT%H:%M:%S",
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(RequestId())
    for name in ("api", "gallery"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
