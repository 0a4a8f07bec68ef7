"""A batch counts as the requests that it stands for: it is no way around the rates."""

from __future__ import annotations

import base64
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient

from api.bodies import several_photos_fields
from api.contract import contract_of
from gallery.domain.access import Rate, Scope

BATCHES = ("/v1/compare/batch", "/v1/identify/batch")
PEOPLE = "/v1/identities"
NO_PHOTO = base64.b64encode(b"no photo").decode()


@pytest.fixture(params=BATCHES)
def batch(request, sample):
    """Sends a batch of so many photos, and gives its answer."""
    more = {"image": base64.b64encode(sample(0, 0)).decode()} if "compare" in request.param else {}

    def send(client: FlaskClient, photos: int, **options):
        return client.post(request.param, json={"photos": [NO_PHOTO] * photos, **more}, **options)

    return send


def test_every_batch_is_counted_by_its_photos(app):
    several = set()
    for rule in app.url_map.iter_rules():
        said = contract_of(app.view_functions[rule.endpoint])
        if said and said.body and several_photos_fields(said.body):
            several.add(rule.rule)
    assert several == set(BATCHES)  # each of which the tests below ask


def test_a_batch_counts_as_a_request_for_each_photo(limited, key, batch, problem):
    client, headers = limited(key_rate=Rate(7, 60)), key(Scope.ADMIN)
    assert batch(client, 4, headers=headers).status_code == 200
    assert batch(client, 2, headers=headers).status_code == 200
    assert client.get(PEOPLE, headers=headers).status_code == 200
    problem(client.get(PEOPLE, headers=headers), 429, "too_many_requests")


def test_a_batch_with_more_photos_than_are_left_takes_only_its_own_request(
    limited, key, batch, problem
):
    client, headers = limited(key_rate=Rate(6, 60)), key(Scope.ADMIN)
    assert batch(client, 3, headers=headers).status_code == 200
    answer = batch(client, 4, headers=headers)
    detail = problem(answer, 429, "too_many_requests")["detail"]
    assert "counts as 4 requests, and of 6 in 60 s 2 are left" in detail
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert batch(client, 2, headers=headers).status_code == 200  # as was said


def test_a_batch_that_is_refused_is_not_looked_at(limited, key, problem):
    client, headers = limited(key_rate=Rate(4, 60)), key(Scope.VERIFY)
    body = {"image": NO_PHOTO, "photos": [NO_PHOTO] * 4}
    assert client.post("/v1/compare/batch", json=body, headers=headers).status_code == 415
    answer = client.post("/v1/compare/batch", json=body, headers=headers)
    problem(answer, 429, "too_many_requests")


def test_a_batch_larger_than_the_whole_rate_is_told_the_limit(limited, key, batch, problem):
    client, headers = limited(key_rate=Rate(9, 60), address_rate=Rate(5, 60)), key(Scope.ADMIN)
    answer = batch(client, 6, headers=headers)
    detail = problem(answer, 413, "batch_too_large")["detail"]
    assert "at most 5 photos at once" in detail
    assert "Retry-After" not in answer.headers
    assert batch(client, 4, headers=headers).status_code == 200


def test_batches_count_for_their_address_too(limited, key, batch):
    client, (one, other) = limited(address_rate=Rate(6, 60)), (key(Scope.ADMIN), key(Scope.ADMIN))
    statuses = [
        batch(client, 4, headers=headers, environ_overrides={"REMOTE_ADDR": place}).status_code
        for headers, place in ((one, "192.0.2.1"), (other, "192.0.2.1"), (other, "192.0.2.2"))
    ]
    assert statuses == [200, 429, 200]


def test_batches_at_once_never_pass_more_than_the_rate(limited, key, batch):
    headers = key(Scope.ADMIN)
    clients = [limited(key_rate=Rate(10, 60)) for _ in range(4)]
    together = threading.Barrier(4)

    def ask(client: FlaskClient) -> int:
        together.wait()
        return batch(client, 4, headers=headers).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(ask, clients))
    assert set(statuses) <= {200, 429}
    assert statuses.count(200) <= 2


def test_a_batch_is_not_counted_while_no_key_is_needed(limited, batch):
    client = limited(key_rate=Rate(1, 60), address_rate=Rate(1, 60))
    assert batch(client, 3).status_code == 200
