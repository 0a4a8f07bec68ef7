"""The OpenAPI 3.1 document, written from the routes, their contracts and their docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from apispec import APISpec
from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from werkzeug.routing import Rule

from api import examples
from api.access import ANYBODY, NEEDS
from api.bodies import FILE, Taken, holds_photos, photo_fields, several_photos_fields
from api.contract import IF_NONE_MATCH, Contract, Header, contract_of
from api.problems import codes
from gallery.answers import Problem
from gallery.domain.access import Scope

ALWAYS = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.INTERNAL_SERVER_ERROR)
ANYWHERE = (
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    HTTPStatus.EXPECTATION_FAILED,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
)
"""What is refused at any address, or at those of files: told once, not of each operation."""
WITH_KEY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)
WITH_BODY = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of `gallery keys create`. A gallery that has never had one asks for none",
}
REF = "#/components/schemas/{model}"
ROW_ID = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
ABOUT = """
A self-hosted face gallery: enroll people from photos, then ask *is this photo Alice?* (1:1), \
*who is this?* (1:N), or *do these two photos show the same person?*

Photos come as files of a multipart form, or as base64 in JSON. Unknown, repeated and mistyped
fields are refused, never guessed. Every refusal is a problem document (RFC 9457) with a stable
`code`, and a `detail` that says what to do.
"""
TAGS = {
    "compare": "Two photos, nothing stored",
    "identify": "Who is this? (1:N)",
    "inspect": "Is a photo good enough to be enrolled?",
    "identities": "The people of the gallery",
    "faces": "The photos that stand for a person, and the question whether one shows that person",
    "health": "For those who watch the process",
}


def document(app: Flask) -> dict[str, Any]:
    """The document of every route that has a contract."""
    spec = APISpec(
        title="Face gallery",
        version=version("face-gallery"),
        openapi_version="3.1.0",
        info={"description": ABOUT.strip()},
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
    )
    spec.components.security_scheme("key", KEY)
    routes = list(_routes(app))
    for name, schema in _schemas([said for _, said in routes]).items():
        spec.components.schema(name, schema)
    for status in sorted({*ANYWHERE, *(one for route in routes for one in _refusals(*route))}):
        spec.components.response(status.name, _problem(status))
    for rule, said in routes:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        [method] = (rule.methods or set()) & METHODS
        operation = _operation(rule, said, app.view_functions[rule.endpoint].__doc__ or "")
        spec.path(path, operations={method.lower(): operation})
    written: dict[str, Any] = spec.to_dict()
    return written


def _routes(app: Flask) -> Iterator[tuple[Rule, Contract]]:
    for rule in app.url_map.iter_rules():
        said = contract_of(app.view_functions[rule.endpoint])
        if said is not None:
            yield rule, said


def _schemas(contracts: list[Contract]) -> dict[str, Any]:
    """Bodies and answers by name; a body with photos also as a form."""
    bodies = {said.body for said in contracts if said.body}
    told = {kind for said in contracts for kind in (said.answer, said.or_less)}
    answers = {kind for kind in told if isinstance(kind, type)} | {Problem}
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((body, "validation") for body in sorted(bodies, key=_name)),
        *((answer, "serialization") for answer in sorted(answers, key=_name)),
    ]
    _, written = models_json_schema(modes, ref_template=REF)
    schemas: dict[str, Any] = written["$defs"]
    forms = {f"{body.__name__}Form": _form(schemas[body.__name__], body) for body in bodies}
    return schemas | {name: form for name, form in sorted(forms.items()) if form}


def _form(schema: dict[str, Any], body: type[Taken]) -> dict[str, Any] | None:
    if not holds_photos(body):
        return None
    fields = dict(schema["properties"])
    for name in photo_fields(body):
        several = name in several_photos_fields(body)
        fields[name] = {**fields[name], "items": FILE} if several else {**fields[name], **FILE}
        for word in ("contentEncoding", "contentMediaType"):
            fields[name].pop(word, None)
    return {**schema, "properties": fields, "title": f"{body.__name__}Form"}


def _operation(rule: Rule, said: Contract, text: str) -> dict[str, Any]:
    summary, _, description = inspect.cleandoc(text).partition("\n\n")
    operation: dict[str, Any] = {
        "tags": [rule.endpoint.partition(".")[0]],
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": summary,
        "parameters": [*_parameters(rule), *map(_header_parameter, said.takes)],
        "responses": {str(int(said.status)): _answer(said)}
        | _not_modified(said)
        | {str(int(status)): _refusal(status) for status in _refusals(rule, said)},
    }
    scope = scope_of(rule)
    operation["security"] = [] if scope is ANYBODY else [{"key": []}]
    if scope is not ANYBODY:
        description = f"{description}\n\nScope: `{scope}`".strip()
    if description:
        operation["description"] = description
    if said.query:
        operation["parameters"] += _query_parameters(said.query)
    if said.body:
        operation["requestBody"] = {"required": True, "content": _content(said.body)}
    return operation


def _parameters(rule: Rule) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": ROW_ID, "example": 1}
        for name in re.findall(r"<row_id:(\w+)>", rule.rule)
    ]


def _query_parameters(query: type[Taken]) -> list[dict[str, Any]]:
    parameters = []
    for name, schema in query.model_json_schema()["properties"].items():
        parameter = {"name": name, "in": "query", "description": schema.pop("description")}
        for example in schema.pop("examples", ()):
            parameter["example"] = example
        if schema.get("default", ...) is None:
            del schema["default"]
        parameters.append({**parameter, "schema": schema})
    return parameters


def _header_parameter(header: Header) -> dict[str, Any]:
    example = {} if header.example is None else {"example": header.example}
    return {
        "name": header.name,
        "in": "header",
        "description": header.description,
        "schema": header.schema,
        **example,
    }


def _content(body: type[Taken]) -> dict[str, Any]:
    name = body.__name__
    shown = {title: {"value": value} for title, value in examples.bodies(body).items()}
    content: dict[str, Any] = {
        "application/json": {"schema": {"$ref": REF.format(model=name)}, "examples": shown}
    }
    if holds_photos(body):
        form = {"schema": {"$ref": REF.format(model=f"{name}Form")}}
        content = {"multipart/form-data": form, **content}
    return content


def _not_modified(said: Contract) -> dict[str, Any]:
    if IF_NONE_MATCH not in said.takes:
        return {}
    status = HTTPStatus.NOT_MODIFIED
    return {str(int(status)): {"description": status.phrase, "headers": _headers(said)}}


def _headers(said: Contract) -> dict[str, Any]:
    return {
        header.name: {"description": header.description, "schema": header.schema}
        for header in said.gives
    }


def _answer(said: Contract) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": said.status.phrase}
    if isinstance(said.answer, str):
        answer["content"] = {said.answer: {"schema": FILE}}
    elif said.answer is not None:
        schema: dict[str, Any] = {"$ref": REF.format(model=said.answer.__name__)}
        if said.or_less is not None:
            schema = {"anyOf": [schema, {"$ref": REF.format(model=said.or_less.__name__)}]}
        answer["content"] = {"application/json": {"schema": schema}}
    if said.gives:
        answer["headers"] = _headers(said)
    return answer


def _refusals(rule: Rule, said: Contract) -> list[HTTPStatus]:
    """What the address, the body and the contract let the endpoint refuse."""
    statuses = {*ALWAYS, *said.refuses}
    if scope_of(rule) is not ANYBODY:
        statuses.update(WITH_KEY)
    if rule.arguments:
        statuses.add(HTTPStatus.NOT_FOUND)
    if said.body:
        statuses.update(WITH_BODY)
        if holds_photos(said.body):
            statuses.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    if rule.endpoint != "health.alive":
        statuses.add(HTTPStatus.SERVICE_UNAVAILABLE)
    return sorted(statuses)


def _refusal(status: HTTPStatus) -> dict[str, Any]:
    return {"$ref": f"#/components/responses/{status.name}"}


def _problem(status: HTTPStatus) -> dict[str, Any]:
    schema = {"$ref": REF.format(model="Problem")}
    return {
        "description": f"{status.phrase}: {', '.join(codes(status))}",
        "content": {"application/problem+json": {"schema": schema}},
    }


def scope_of(rule: Rule) -> Scope | None:
    """What a key must be allowed for this route; ANYBODY where none is needed."""
    return NEEDS.get(rule.endpoint, Scope.ADMIN)


def _name(model: type) -> str:
    return model.__name__
