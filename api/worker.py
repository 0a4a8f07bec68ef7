"""Gunicorn's threaded worker, where it must be stricter and lose less.

- A connection gets a thread when its first byte is there, and its request must arrive in time.
- What is no HTTP is answered with a problem document and logged like any request.
- When the server stops, nobody new is let in (`api.door`), those who wait are accepted, and only
  then is the door closed, so that all who were let in are answered.
"""

from __future__ import annotations

import errno
import selectors
import signal
import time
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.http.errors import (  # type: ignore[import-untyped]
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from api.door import let_nobody_begin
from api.problems import MIME_TYPE, Refusal, failure
from api.request_log import HEADER, Answered, new_id, tell
from api.timed_socket import TimedSocket

FIRST_BYTE_SECONDS = 5.0
LINGER_SECONDS = 1.0
LAST_ROUND_TRIP_SECONDS = 0.25
YIELD_SECONDS, MOST_YIELD_SECONDS = 0.0005, 0.004

_NOBODY_THERE = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED)
_OURS = (InvalidResponseHeader, InvalidResponseHeaderName)
_REFUSALS: dict[type[Exception], tuple[HTTPStatus, str, str]] = {
    LimitRequestLine: (
        HTTPStatus.REQUEST_URI_TOO_LONG,
        "address_too_long",
        "The address of the request is too long; options go in the body",
    ),
    LimitRequestHeaders: (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "headers_too_large",
        "The request has too many headers or too long ones; send fewer",
    ),
    ExpectationFailed: (
        HTTPStatus.EXPECTATION_FAILED,
        "expectation_failed",
        "Of Expect only 100-continue is known; leave the header out",
    ),
}


def refusal_of(error: ParseException) -> Refusal:
    """What a client is told whose request is no HTTP/1.1; nothing of the request is repeated."""
    known = _REFUSALS.get(type(error))
    if known is None:
        return Refusal(
            HTTPStatus.BAD_REQUEST,
            "malformed_request",
            "This is not a request in HTTP/1.1 that can be read. Use a library that speaks HTTP",
        )
    status, code, detail = known
    return Refusal(status, code, detail)


def _raw(refusal: Refusal, request_id: str) -> bytes:
    text = refusal.text
    return (
        f"HTTP/1.1 {refusal.status.value} {refusal.status.phrase}\r\n"
        "Connection: close\r\n"
        f"Content-Type: {MIME_TYPE}\r\n"
        f"Content-Length: {len(text)}\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        f"{HEADER}: {request_id}\r\n"
        f"\r\n{text}"
    ).encode("ascii")


class Connection(TConn):  # type: ignore[misc]
    """One client; the thread that served it waits for its end, not the one that lets others in."""

    def linger(self) -> None:
        """Let the client read the last answer before the connection is closed for good."""
        self.sock.setblocking(True)
        util.close_graceful(self.sock, timeout=LINGER_SECONDS)

    def close(self, graceful: bool = False) -> None:
        util.close(self.sock)


class Worker(ThreadWorker):  # type: ignore[misc]
    """`app` is the `Server` of `api.serve`."""

    def accept(self, listener: Any) -> bool:
        """Take in one connection, and whether there was one; it waits for its first byte aside.

        All workers wait for the same socket. One that serves others already leaves a free one the
        time to be first, or two clients would share a core while another is idle.
        """
        if self.alive:
            time.sleep(min(self.nr_conns * YIELD_SECONDS, MOST_YIELD_SECONDS))
        try:
            accepted, address = listener.accept()
        except OSError as error:
            if error.errno not in _NOBODY_THERE:
                raise
            return False
        client = TimedSocket.of(accepted, self.app.upload_seconds)
        self.nr_conns += 1
        connection = Connection(self.cfg, client, address, listener.getsockname())
        connection.timeout = time.monotonic() + FIRST_BYTE_SECONDS
        self.pending_conns.append(connection)
        readable = partial(self.on_pending_socket_readable, connection)
        self.poller.register(client, selectors.EVENT_READ, readable)
        return True

    def handle(self, conn: Connection) -> Any:
        conn.sock.begin()
        keep = super().handle(conn)
        if not keep:
            conn.linger()
        return keep

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer and log what never became a request of the application."""
        if isinstance(exc, ParseException) and not isinstance(exc, _OURS):
            exc = refusal_of(exc)
        refusal = exc if isinstance(exc, Refusal) else failure(exc)
        request_id = new_id()
        answer = _raw(refusal, request_id)
        told = Answered(status=refusal.status, bytes_out=len(refusal.text), code=refusal.code)
        tell(self.app.measured, told, request_id)
        try:
            util.write_nonblock(client, answer)
        except OSError:
            self.log.debug("the client has gone before it was told")

    def set_accept_enabled(self, enabled: bool) -> None:
        """When stopping: all who wait are let in, and then the door is closed at once.

        While it stood open, the system would go on to let in clients whom nobody serves. A worker
        that ends alone closes its own hold on the door; the others' stay.
        """
        if enabled or self.alive:
            super().set_accept_enabled(enabled)
            return
        for listener in self.sockets:
            while self.accept(listener):
                pass
        super().set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """When stopping: who has said nothing yet has as long as who may ask once more."""
        super()._cap_keepalive(deadline)
        for connection in self.pending_conns:
            connection.timeout = min(connection.timeout, deadline)

    def init_signals(self) -> None:
        """Ctrl-C reaches every process of a terminal; the arbiter tells the workers."""
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)


class GracefulArbiter(Arbiter):  # type: ignore[misc]
    """Ctrl-C lets the requests at hand finish, as SIGTERM does; a second one does not."""

    def stop(self, graceful: bool = True) -> None:
        """Before the workers are told: who was about to connect has a round trip to finish it."""
        if graceful and not self._others_listen():
            for listener in self.LISTENERS:
                let_nobody_begin(listener.sock)
            time.sleep(LAST_ROUND_TRIP_SECONDS)
        super().stop(graceful)

    def _others_listen(self) -> bool:
        """Whether the sockets outlive this server: an upgrade in place, or systemd's sockets."""
        return bool(self.reexec_pid or self.master_pid or self.systemd or self.cfg.reuse_port)

    def handle_int(self) -> None:
        self.handle_term()
