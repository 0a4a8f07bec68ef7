"""A door that closes: who has begun gets in, nobody new does."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections import Counter

import pytest

from api.door import let_nobody_begin

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can drop first packets")

CLIENTS, LET_IN, CLOSINGS = 6, 20, 4


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def test_who_has_connected_is_accepted_and_heard(listener):
    with socket.create_connection(listener.getsockname()) as client:
        assert let_nobody_begin(listener)
        client.sendall(b"question")
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.recv(8) == b"question"
            accepted.sendall(b"answer")
            assert client.recv(6) == b"answer"


def test_nobody_new_is_let_in(listener):
    assert let_nobody_begin(listener)
    with pytest.raises(TimeoutError):
        socket.create_connection(listener.getsockname(), timeout=0.2)


def test_a_socket_that_is_no_tcp_is_left_as_it_is():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not let_nobody_begin(ours)


def _ask_until_the_door_is_closed(address: tuple[str, int], ended: Counter[str]) -> None:
    while True:
        try:
            with socket.create_connection(address, timeout=10) as client:
                ended["let in" if client.recv(2) == b"ok" else "left alone"] += 1
        except ConnectionRefusedError:
            ended["refused"] += 1
            return
        except OSError as error:
            ended[repr(error)] += 1
            return


def _answer_one(listener: socket.socket) -> None:
    accepted, _ = listener.accept()
    with accepted:
        accepted.sendall(b"ok")


def _close_under_load(ended: Counter[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asked = (listener.getsockname(), ended)
        clients = [
            threading.Thread(target=_ask_until_the_door_is_closed, args=asked)
            for _ in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        for _ in range(LET_IN):
            _answer_one(listener)
        assert let_nobody_begin(listener)
        listener.settimeout(0.05)
        with contextlib.suppress(TimeoutError):
            while True:
                _answer_one(listener)
    for client in clients:
        client.join()


def test_nobody_is_reset_when_the_door_closes():
    ended: Counter[str] = Counter()
    for _ in range(CLOSINGS):
        _close_under_load(ended)
    assert ended.pop("let in") >= LET_IN * CLOSINGS
    assert ended == {"refused": CLIENTS * CLOSINGS}
