"""A connection whose requests must arrive in time, so that nobody holds a thread by dribbling."""

from __future__ import annotations

import errno
import socket
import time
from http import HTTPStatus
from typing import Any

from api.problems import Refusal

BYTES_A_SECOND = 64 * 1024
"""Who sends at least this much a second is waited for, up to the largest body accepted."""

SEND_SECONDS = 30.0


class TooSlow(Refusal):
    """Not an OSError on purpose: those look like a client that has gone."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            HTTPStatus.REQUEST_TIMEOUT,
            "request_too_slow",
            f"The request did not arrive within {seconds:g} s and a second more for each "
            f"{BYTES_A_SECOND // 1024} KiB. Send a smaller photo, or over a faster connection",
        )


class TimedSocket(socket.socket):
    """A blocking socket; `begin` starts the clock of a request, head and body together.

    A time-out that somebody else has set is left to them (as in closing). Raises TooSlow where the
    client is slow to send; one that does not fetch its answer is taken for gone.
    """

    @classmethod
    def of(cls, accepted: socket.socket, seconds: float) -> TimedSocket:
        """Take over a connection."""
        timed = cls(fileno=accepted.detach())
        timed._seconds = seconds
        timed.begin()
        return timed

    def begin(self) -> None:
        self._deadline = time.monotonic() + self._seconds

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        if self.gettimeout() is not None:
            return super().recv(size, flags)
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TooSlow(self._seconds)
        self.settimeout(left)
        try:
            data = super().recv(size, flags)
        except TimeoutError:
            raise TooSlow(self._seconds) from None
        finally:
            self.settimeout(None)
        self._deadline += len(data) / BYTES_A_SECOND
        return data

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        if self.gettimeout() is not None:
            super().sendall(data, flags)
            return
        self.settimeout(SEND_SECONDS)
        try:
            super().sendall(data, flags)
        except TimeoutError:
            raise BrokenPipeError(errno.EPIPE, "the client does not fetch its answer") from None
        finally:
            self.settimeout(None)

    _seconds: float
    _deadline: float
