"""The OpenAPI document is true: what it shows can be sent, and what it promises is answered."""

from __future__ import annotations

import json
from itertools import chain

import jsonschema_rs
import pytest

from api.openapi import document
from api.problems import FRAMEWORK_CODES, OFFLINE, OTHER_CODES
from api.worker import _REFUSALS


@pytest.fixture
def spec(client) -> dict:
    return client.get("/openapi.json").get_json()


def operations(spec: dict):
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_the_document_is_openapi_3_1_and_its_schemas_are_schemas(spec):
    assert spec["openapi"].startswith("3.1")
    for schema in spec["components"]["schemas"].values():
        jsonschema_rs.Draft202012Validator({**schema, "components": spec["components"]})
    names = [operation["operationId"] for _, _, operation in operations(spec)]
    assert len(names) == len(set(names))
    for reference in set(references(spec)):
        part, name = reference.removeprefix("#/components/").split("/")
        assert name in spec["components"][part]


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_route_of_the_api_is_in_the_document(app, spec):
    paths = {
        rule.rule.replace("<row_id:", "{").replace(">", "}") for rule in app.url_map.iter_rules()
    }
    api = {path for path in paths if path.startswith(("/v1/", "/healthz", "/readyz"))}
    assert set(spec["paths"]) == api


def test_every_object_says_that_it_has_no_other_keys(spec):
    for name, schema in spec["components"]["schemas"].items():
        if schema["type"] == "object":
            assert schema["additionalProperties"] is False, name


def test_every_example_can_be_sent_and_is_answered_as_promised(client, spec, promised):
    """Those that remove come last, faces before people, as each may be sent once."""
    sent = 0
    for method, path, operation in sorted(operations(spec), key=_order):
        for body in _examples(operation) or [None]:
            given = {"path": {}, "query": {}, "header": {}}
            for parameter in operation["parameters"]:
                if "example" in parameter:
                    given[parameter["in"]][parameter["name"]] = str(parameter["example"])
            answer = client.open(
                path.format(**given["path"]),
                method=method,
                query_string=given["query"],
                headers=given["header"],
                json=body,
            )
            assert answer.status_code < 300, (method, path, answer.text)
            promised(spec, method, path, answer)
            sent += 1
    assert sent >= len(list(operations(spec)))


def _order(operation: tuple[str, str, dict]) -> tuple[bool, int, int]:
    method, path, _ = operation
    steps = ["POST /v1/identities", "POST /v1/identities/{identity_id}/faces"]
    step = f"{method} {path}"
    place = steps.index(step) if step in steps else len(steps)
    return method == "DELETE", place, -len(path)


def _examples(operation: dict) -> list:
    content = operation.get("requestBody", {}).get("content", {})
    return [
        one["value"] for one in content.get("application/json", {}).get("examples", {}).values()
    ]


def test_an_example_compares_as_it_says(client, spec):
    content = spec["paths"]["/v1/compare"]["post"]["requestBody"]["content"]["application/json"]
    matched = {
        title: client.post("/v1/compare", json=example["value"]).get_json()["matched"]
        for title, example in content["examples"].items()
    }
    assert matched == {"one person twice": True, "two people": False}


def test_the_docs_page_tells_every_endpoint_and_needs_nothing_from_elsewhere(client, spec):
    page = client.get("/docs")
    assert page.status_code == 200
    for _, path, operation in operations(spec):
        assert path in page.text
        assert f'id="{operation["operationId"]}"' in page.text
    assert "<script" not in page.text
    assert "<style" not in page.text
    assert 'style="' not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text


def test_the_document_is_written_once_and_small(app, client):
    first = client.get("/openapi.json").data
    assert client.get("/openapi.json").data == first
    assert json.loads(first) == document(app)
    assert len(first) < 100_000


def test_every_status_tells_the_codes_that_it_can_have(spec):
    told = {
        name: set(response["description"].partition(": ")[2].split(", "))
        for name, response in spec["components"]["responses"].items()
    }
    assert {"no_face", "several_faces", "face_unusable"} <= told["UNPROCESSABLE_ENTITY"]
    assert told["PRECONDITION_FAILED"] == {"changed_meanwhile"}
    assert all(codes - {""} for codes in told.values())


def test_every_code_is_told_that_a_request_can_meet_and_no_other(client, spec):
    page = client.get("/docs").text.partition('id="refusals"')[2].partition("</section>")[0]
    descriptions = [one["description"] for one in spec["components"]["responses"].values()]
    told = {code for one in descriptions for code in one.partition(": ")[2].split(", ")}
    unparsed = {code for _, code, _ in _REFUSALS.values()}
    framework = {code for code, _ in FRAMEWORK_CODES.values()}
    assert unparsed | framework | set(chain(*OTHER_CODES.values())) <= told
    assert not told & {kind.code for kind in OFFLINE}
    assert not told & {"key_not_found", "key_missing"}
    assert all(code in page for code in told)


def test_a_default_that_the_document_tells_is_one_that_can_be_sent(spec):
    for name, schema in spec["components"]["schemas"].items():
        for field, one in schema.get("properties", {}).items():
            if "default" in one:
                checked = {**one, "components": spec["components"]}
                assert jsonschema_rs.is_valid(checked, one["default"]), (name, field)


def test_the_document_tells_how_long_a_name_may_be(client, spec):
    most = spec["components"]["schemas"]["NameBody"]["properties"]["name"]["maxLength"]
    statuses = [
        client.post("/v1/identities", json={"name": "a" * length}).status_code
        for length in (most, most + 1)
    ]
    assert statuses == [201, 400]
