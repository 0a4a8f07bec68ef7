"""A server that is told to stop answers everybody whom it let in."""

from __future__ import annotations

import http.client
import io
import json
import signal
import socket
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

CLIENTS = 12


class Clients:
    """Threads that ask one question after the other until the server lets nobody in any more."""

    def __init__(self, port: int, keep_alive: bool, photos: list[Path]) -> None:
        self.port, self.keep_alive = port, keep_alive
        fields = {
            name: FileStorage(io.BytesIO(photo.read_bytes()), name)
            for name, photo in zip(("image1", "image2"), photos, strict=True)
        }
        boundary, self.body = encode_multipart(fields)
        self.headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        self.ended: Counter[str] = Counter()
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.ask) for _ in range(CLIENTS)]

    def ask(self) -> None:
        connection = None
        while not self.stopped.is_set():
            fresh = connection is None
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                try:
                    connection.connect()
                except ConnectionRefusedError:
                    self.ended["refused at the door"] += 1
                    return
                except ConnectionResetError:  # the door was closed while it opened: not let in
                    self.ended["reset at the door"] += 1
                    return
            try:
                connection.request("POST", "/v1/compare", self.body, self.headers)
                answer = connection.getresponse()
                json.loads(answer.read())
                self.ended[str(answer.status)] += 1
            except (OSError, http.client.HTTPException) as error:
                # on a used connection the server may say goodbye while a question is under way:
                # HTTP/1.1 has no other way, so clients ask again; on a fresh one nothing is lost
                self.ended[f"lost: {error!r}" if fresh else "closed between questions"] += 1
                connection.close()
                connection = None
                continue
            if not self.keep_alive or answer.will_close:
                connection.close()
                connection = None

    def run_past(self, stop_the_server) -> None:
        for thread in self.threads:
            thread.start()
        time.sleep(1.5)
        stop_the_server()
        for thread in self.threads:
            thread.join(60)
        self.stopped.set()


@pytest.mark.parametrize("keep_alive", [False, True], ids=["new connections", "kept connections"])
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_no_request_is_lost_when_the_server_stops(start, tmp_path, photo, sign, keep_alive):
    server = start(tmp_path, "--workers", "2", "--threads", "2")
    clients = Clients(server.port, keep_alive, [photo(0, 0), photo(0, 1)])
    ended = []
    clients.run_past(lambda: ended.append(server.stop(sign)))
    assert ended == [0]
    assert clients.ended.pop("200") > CLIENTS
    assert clients.ended.pop("refused at the door") > 0
    clients.ended.pop("closed between questions", None)
    assert not clients.ended
    assert "Traceback" not in server.log.read_text()


def test_clients_who_say_nothing_do_not_hold_up_the_end(start, tmp_path):
    server = start(tmp_path)
    with socket.create_connection(("127.0.0.1", server.port)) as silent:
        time.sleep(0.5)
        assert server.stop() == 0
        assert silent.recv(1) == b""
