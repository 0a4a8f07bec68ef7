"""The application over real services and an empty gallery in a temporary folder."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from api import create_app
from api.openapi import document
from gallery.bootstrap import Services
from gallery.domain.access import Scope
from gallery.settings import Settings

SAMPLES = Path(__file__).parents[3] / "data" / "samples"
Sample = Callable[[int, int], bytes]
Upload = Callable[..., dict[str, object]]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    services = Services(Settings(database_url=f"sqlite:///{tmp_path / 'gallery.db'}"))
    yield services
    services.close()


@pytest.fixture
def app(services: Services, promised: Callable[..., None]) -> Flask:
    """Each answer that a test gets is also held against the OpenAPI document."""
    app = create_app(services)
    written = document(app)

    @app.after_request
    def check(answer: Response) -> Response:
        if request.url_rule is not None and request.method in ("GET", "POST", "PATCH", "DELETE"):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", request.url_rule.rule)
            if request.method.lower() in written["paths"].get(path, {}):
                promised(written, request.method, path, answer)
        return answer

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def sample() -> Sample:
    """Photo `number` of sample person `person`, both from 0."""
    people = sorted(folder for folder in SAMPLES.iterdir() if folder.is_dir())

    def read(person: int, number: int = 0) -> bytes:
        return sorted(people[person].glob("*.jpg"))[number].read_bytes()

    return read


@pytest.fixture(scope="session")
def black() -> bytes:
    return png(Image.new("RGB", (400, 300)))


@pytest.fixture(scope="session")
def several(sample: Sample) -> bytes:
    """One photo of two sample people, the first one larger."""
    one, other = (Image.open(io.BytesIO(sample(person, 0))) for person in (0, 1))
    one = one.resize((one.width * 3 // 2, one.height * 3 // 2))
    both = Image.new("RGB", (one.width + other.width, one.height), "gray")
    both.paste(one, (0, 0))
    both.paste(other, (one.width, 0))
    return png(both)


@pytest.fixture(scope="session")
def bomb() -> bytes:
    """56 million pixels in a few kilobytes."""
    return png(Image.new("1", (8000, 7000)))


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def upload() -> Upload:
    """Keyword arguments of a multipart POST: bytes become files, text stays text."""

    def arguments(**fields: bytes | str) -> dict[str, object]:
        data = {
            name: FileStorage(io.BytesIO(value), f"{name}.jpg")
            if isinstance(value, bytes)
            else value
            for name, value in fields.items()
        }
        boundary, body = encode_multipart(data)
        return {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}

    return arguments


@pytest.fixture
def person(client: FlaskClient) -> Callable[[str], int]:
    """Creates a person and gives the id."""

    def create(name: str) -> int:
        answer = client.post("/v1/identities", json={"name": name})
        assert answer.status_code == 201
        identity: int = answer.get_json()["id"]
        return identity

    return create


@pytest.fixture
def key(services: Services) -> Callable[..., dict[str, str]]:
    """Makes a key and gives the headers that carry it: key(Scope.VERIFY, identity_id=1)."""

    def make(*scopes: Scope, **more: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {services.keys.create(scopes, **more).text}"}

    return make


@pytest.fixture
def limited(services: Services) -> Iterator[Callable[..., FlaskClient]]:
    """Clients of servers with these limits, all on one gallery: limited(key_rate=Rate(3, 60))."""
    opened = []

    def make(**limits: Any) -> FlaskClient:
        opened.append(Services(Settings(services.settings.database_url, **limits)))
        return create_app(opened[-1]).test_client()

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def ada(services: Services, sample: Sample) -> int:
    """The id of a person with one face: sample person 0."""
    return services.enroll.by_name("Ada", [sample(0, 0)])[0].identity.id


@pytest.fixture(scope="session")
def problem() -> Callable[..., dict[str, Any]]:
    """Checks an answer to be the problem document of that status and code, and gives it."""

    def check(answer: Any, status: int, code: str) -> dict[str, Any]:
        document: dict[str, Any] = answer.get_json(force=True)
        assert answer.content_type == "application/problem+json"
        assert (answer.status_code, document["code"]) == (status, code), document
        assert document["status"] == status
        assert document["detail"]
        return document

    return check
