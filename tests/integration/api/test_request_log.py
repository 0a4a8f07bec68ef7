"""Every request has an id and one line in the log."""

from __future__ import annotations

import logging
import re

import pytest

from api.request_log import RequestId


def test_the_id_that_a_client_gives_is_echoed_on_every_answer(client):
    headers = {"X-Request-ID": "trace-0123.4567_89"}
    for path in ("/healthz", "/v1/identities", "/v1/identities/7", "/nowhere", "/"):
        assert client.get(path, headers=headers).headers["X-Request-ID"] == "trace-0123.4567_89"


@pytest.mark.parametrize(
    "given",
    [None, "", "short", "x" * 65, "with space", 'quote"d"quote', "ünïcode-id", "-leading-dash"],
)
def test_another_id_is_made_where_the_client_gives_none_or_an_odd_one(client, given):
    headers = {} if given is None else {"X-Request-ID": given}
    first, second = (client.get("/healthz", headers=headers) for _ in range(2))
    assert re.fullmatch("[0-9a-f]{32}", first.headers["X-Request-ID"])
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]


def test_the_line_of_a_refused_request_has_its_code(client, caplog):
    caplog.set_level(logging.INFO, logger="api")
    client.get("/v1/identities/7")
    line = caplog.records[-1].getMessage()
    assert line.startswith("method=GET route=/v1/identities/<row_id:identity_id> status=404 ms=")
    assert line.endswith(" code=identity_not_found")


def test_every_line_that_is_logged_during_a_request_has_its_id(app, client, caplog):
    @app.get("/bug")
    def bug():
        raise RuntimeError("a bug")

    caplog.set_level(logging.INFO, logger="api")
    caplog.handler.addFilter(RequestId())
    answer = client.get("/bug", headers={"X-Request-ID": "0123456789abcdef"})
    assert answer.status_code == 500
    failed, finished = caplog.records
    assert failed.request_id == finished.request_id == "0123456789abcdef"
    assert failed.exc_info is not None
