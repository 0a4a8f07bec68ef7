"""`gallery.client` and a real server: each call, refusals, and a server that is none."""

from __future__ import annotations

import io
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from PIL import Image

from gallery.answers import Ready
from gallery.client import GalleryClient, Refused, Unreachable
from gallery.embedder.model_card import DEFAULT_MODEL


@pytest.fixture
def gallery_client(start, tmp_path):
    with start(tmp_path).client() as client:
        yield client


def test_a_person_from_the_first_call_to_the_last(gallery_client, photo):
    gallery = gallery_client
    assert gallery.alive().status == "ok"
    assert gallery.ready() == Ready(
        status="ready", model_id=DEFAULT_MODEL, database_revision=0, index_revision=0, index_lag=0
    )
    ada = gallery.create("Ada")
    enrolled = gallery.enroll(ada.id, photo(0, 0))
    assert enrolled.identity.face_count == 1
    assert gallery.face(ada.id, enrolled.face.id) == enrolled.face
    assert Image.open(io.BytesIO(gallery.crop(ada.id, enrolled.face.id))).size == (47, 62)
    assert gallery.verify(ada.id, photo(0, 1)).matched
    assert not gallery.verify(ada.id, photo(1, 0)).matched
    assert gallery.identify(photo(0, 1), top=1).candidates[0].identity.name == "Ada"
    shown = gallery.show(ada.id)
    assert shown.person.faces == [enrolled.face]
    renamed = gallery.rename(ada.id, "Ada King", shown.version)
    assert renamed.person.name == "Ada King"
    with pytest.raises(Refused) as late:
        gallery.remove(ada.id, shown.version)
    assert (late.value.problem.status, late.value.problem.code) == (412, "changed_meanwhile")
    gallery.remove_face(ada.id, enrolled.face.id)
    gallery.remove(ada.id)
    assert list(gallery.people()) == []
    assert not gallery.identify(photo(0, 1)).identified


def test_a_removed_person_is_found_by_no_worker_any_more(start, tmp_path, photo):
    with start(tmp_path, "--workers", "2").client() as gallery:
        ada = gallery.create("Ada")
        gallery.enroll(ada.id, photo(0, 0))
        for _ in range(8):
            assert gallery.identify(photo(0, 1)).identified
        gallery.remove(ada.id)
        for _ in range(16):
            assert gallery.identify(photo(0, 1)).candidates == []


def test_a_retry_with_the_same_key_stores_nothing_more(gallery_client, photo):
    gallery = gallery_client
    ada = gallery.create("Ada", idempotency_key="one")
    assert gallery.create("Ada", idempotency_key="one") == ada
    first = gallery.enroll(ada.id, photo(0, 0), idempotency_key="two")
    assert gallery.enroll(ada.id, photo(0, 0), idempotency_key="two") == first
    with pytest.raises(Refused, match="photo_already_enrolled"):
        gallery.enroll(ada.id, photo(0, 0))


def test_many_photos_in_one_call(gallery_client, photo):
    photos = [photo(0, 1), b"no photo", photo(1, 0).read_bytes()]
    compared = gallery_client.compare_each(photo(0, 0), photos)
    assert [one.result and one.result.matched for one in compared.results] == [True, None, False]
    identified = gallery_client.identify_each(photos)
    assert [one.problem and one.problem.code for one in identified.results] == [
        None,
        "unsupported_photo",
        None,
    ]


def test_people_are_walked_through_page_by_page(gallery_client, monkeypatch):
    monkeypatch.setattr("gallery.client.PAGE", 2)
    made = [gallery_client.create(f"Person {number}") for number in range(5)]
    assert list(gallery_client.people()) == made


def test_a_refusal_has_the_code_and_the_field(gallery_client, photo):
    with pytest.raises(Refused) as refused:
        gallery_client.compare(photo(0, 0), b"no photo")
    problem = refused.value.problem
    assert (problem.status, problem.code, problem.field) == (415, "unsupported_photo", "image2")


def test_a_server_that_is_no_gallery_or_not_there_is_told(port):
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(int(self.path.rpartition("/")[2]))
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        with GalleryClient(f"http://127.0.0.1:{other.server_port}") as gallery:
            for status in (200, 404, 502):
                with pytest.raises(Unreachable, match=str(status)):
                    gallery.show(status)
        other.shutdown()
    with (
        GalleryClient(f"http://127.0.0.1:{port}") as gallery,
        pytest.raises(Unreachable, match="does not answer"),
    ):
        gallery.alive()
