"""Forms that are not what they seem, and how much of them is held at once."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import request

from api.body_room import ROOM_BYTES, SMALL_BYTES
from api.uploads import MAX_BODY_BYTES, MAX_JSON_BYTES, InMemoryRequest

FORM = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    "disposition",
    [
        'form-data; filename="a.jpg"',
        "form-data",
        'form-data; name=""; filename="a.jpg"',
        'form-data; name="image\n"; filename="a.jpg"',
    ],
)
def test_a_part_without_a_name_is_refused(client, disposition):
    body = f"--x\r\nContent-Disposition: {disposition}\r\n\r\nabc\r\n--x--\r\n".encode()
    answer = client.post("/v1/identify", data=body, content_type=FORM)
    assert (answer.status_code, answer.get_json(force=True)["code"]) == (400, "malformed_request")


def test_a_photo_is_held_in_memory_once(app, sample, upload):
    photo = sample(0, 0)
    with app.test_request_context("/v1/identify", method="POST", **upload(image=photo)):
        stream = request.files["image"].stream
        assert isinstance(request._get_current_object(), InMemoryRequest)
        assert isinstance(stream, io.BytesIO)
        assert stream.getvalue() == photo


def test_large_bodies_wait_for_room_and_small_ones_do_not(app):
    """Of bodies of 40 MB, two are read at a time; a third waits, and a small one goes before it."""
    together, lock = [0, 0], threading.Lock()
    two_in, go = threading.Semaphore(0), threading.Event()

    @app.post("/hold")
    def hold() -> str:
        with lock:
            together[0] += 1
            together[1] = max(together)
        two_in.release()
        go.wait(20)
        with lock:
            together[0] -= 1
        return ""

    def post(length: int) -> int:
        environ = {"CONTENT_LENGTH": str(length)}
        path = "/hold" if length > SMALL_BYTES else "/v1/identities"
        answer = app.test_client().post(path, data=b"{}", environ_overrides=environ)
        return answer.status_code

    large = 40 * 1024 * 1024
    assert ROOM_BYTES // large == 2
    assert large < MAX_BODY_BYTES
    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(post, large) for _ in range(4)]
        assert two_in.acquire(timeout=10)
        assert two_in.acquire(timeout=10)
        assert pool.submit(post, 2).result(timeout=10) == 415
        go.set()
        assert [answer.result(timeout=20) for answer in answers] == [200] * 4
    assert together == [0, 2]


class Dribble(io.RawIOBase):
    """A body that has begun and does not go on until the test says so."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def readinto(self, _: object) -> int:
        self.begun.set()
        self.go.wait(20)
        return 0


def chunked(body: io.IOBase) -> dict[str, object]:
    """Keyword arguments of a request whose body has no length, as gunicorn passes it on."""
    return {
        "content_type": "application/json",
        "headers": {"Transfer-Encoding": "chunked"},
        "environ_overrides": {"wsgi.input": body, "wsgi.input_terminated": True},
    }


def test_bodies_that_strangers_send_without_end_take_no_room(app):
    dribbles = [Dribble() for _ in range(ROOM_BYTES // MAX_BODY_BYTES)]
    with ThreadPoolExecutor(len(dribbles) + 1) as pool:
        held = [
            pool.submit(app.test_client().post, "/session", **chunked(body)) for body in dribbles
        ]
        assert all(body.begun.wait(10) for body in dribbles)
        large = {"CONTENT_LENGTH": str(MAX_BODY_BYTES)}
        asked = pool.submit(app.test_client().post, "/v1/identify", environ_overrides=large)
        try:
            assert asked.result(timeout=10).status_code == 415
        finally:
            for body in dribbles:
                body.go.set()
        assert [answer.result(timeout=20).status_code for answer in held] == [400] * len(held)


def test_of_a_body_that_anybody_may_send_little_is_read(client, problem):
    body = io.BytesIO(b" " * (2 * MAX_JSON_BYTES))
    problem(client.post("/session", **chunked(body)), 400, "malformed_request")
    assert body.tell() == MAX_JSON_BYTES


def test_the_room_is_given_back_also_by_requests_that_fail(app, client):
    app.add_url_rule("/broken", view_func=lambda: 1 / 0, endpoint="broken", methods=["POST"])
    for _ in range(2 * ROOM_BYTES // MAX_BODY_BYTES):
        for path, status in (("/broken", 500), ("/v1/identify", 415), ("/nothing", 404)):
            answer = client.post(path, environ_overrides={"CONTENT_LENGTH": str(MAX_BODY_BYTES)})
            assert answer.status_code == status
