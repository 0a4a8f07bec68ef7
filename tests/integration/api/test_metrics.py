"""What Prometheus is told, read with prometheus_client's own parser."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as open_metrics_families,
)
from prometheus_client.parser import text_string_to_metric_families

from api import create_app
from api.metrics import Metrics
from gallery.bootstrap import Services
from gallery.settings import Settings


@pytest.fixture
def measured():
    return Metrics()


@pytest.fixture
def services(tmp_path, measured):
    services = Services(Settings(database_url=f"sqlite:///{tmp_path / 'gallery.db'}"), measured)
    yield services
    services.close()


@pytest.fixture
def app(services, measured):
    return create_app(services, measured=measured)


@pytest.fixture
def value(client):
    """(name, labels) -> the number that /metrics shows, None where it shows none."""

    def read(name, **labels):
        text = client.get("/metrics").text
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return sample.value
        return None

    return read


def test_requests_are_timed_by_method_route_and_status(client, person, value):
    person("Ada")
    for _ in range(3):
        client.get("/v1/identities/1")
    client.get("/v1/identities/2")
    client.get("/nowhere/Ada")
    route, name = "/v1/identities/<row_id:identity_id>", "gallery_request_seconds_count"
    assert value(name, method="GET", route=route, status="200") == 3
    assert value(name, method="GET", route=route, status="404") == 1
    assert value(name, method="GET", route="none", status="404") == 1
    assert "Ada" not in client.get("/metrics").text


def test_the_stages_of_a_question_are_timed(client, person, upload, sample, value):
    stages = ("decode", "detect", "embed", "search")
    assert [value("gallery_stage_seconds_count", stage=stage) for stage in stages] == [0, 0, 0, 0]
    person("Ada")
    assert client.post("/v1/identities/1/faces", **upload(image=sample(0))).status_code == 201
    assert client.post("/v1/identify", **upload(image=sample(0, 1))).status_code == 200
    assert [value("gallery_stage_seconds_count", stage=stage) for stage in stages] == [2, 2, 2, 1]
    assert 0 < value("gallery_stage_seconds_sum", stage="detect") < 10


def test_refused_photos_are_counted_by_reason(client, upload, black, sample, several, value):
    client.post("/v1/compare", **upload(image1=black, image2=sample(0)))
    client.post("/v1/compare", **upload(image1=sample(0), image2=black))
    client.post("/v1/compare", **upload(image1=several, image2=black))
    client.post("/v1/compare", **upload(image1=b"no photo", image2=black))
    name = "gallery_rejected_photos_total"
    assert value(name, reason="no_face") == 2
    assert value(name, reason="several_faces") == 1
    assert value(name, reason="unsupported_photo") == 1


def test_the_size_of_the_gallery_and_the_lag_of_the_index_are_shown(
    client, person, upload, sample, value
):
    assert (value("gallery_people"), value("gallery_faces")) == (0, 0)
    person("Ada")
    for number in range(2):
        client.post("/v1/identities/1/faces", **upload(image=sample(0, number)))
    assert (value("gallery_people"), value("gallery_faces")) == (1, 2)
    assert value("gallery_index_lag_revisions") == 2
    client.post("/v1/identify", **upload(image=sample(0, 2)))
    assert value("gallery_index_lag_revisions") == 0
    assert value("gallery_index_revision") == value("gallery_database_revision") == 2


def test_who_asks_for_open_metrics_gets_it(client):
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert answer.content_type.startswith("application/openmetrics-text")
    assert list(open_metrics_families(answer.text))


def test_without_a_database_nobody_is_let_in(tmp_path, measured):
    (tmp_path / "file").write_text("a file, not a folder")
    services = Services(Settings(f"sqlite:///{tmp_path / 'file' / 'gallery.db'}"), measured)
    answer = create_app(services, measured=measured).test_client().get("/metrics")
    assert (answer.status_code, answer.json["code"]) == (503, "database_unavailable")
