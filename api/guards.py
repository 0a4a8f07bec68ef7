"""Who may ask, and what a browser may do with the answer."""

from __future__ import annotations

import re
from collections.abc import Collection
from http import HTTPStatus

from flask import Flask, Response, request

from api.contract import Contract, contract_of
from api.problems import Refusal

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:@/\[\]]+)(?::[0-9]+)?", re.IGNORECASE)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def install(app: Flask, hosts: Collection[str] | None) -> None:
    """Refuse other web sites' requests and, where `hosts` are given, other names than those."""
    names = None if hosts is None else frozenset(host.lower() for host in hosts)

    @app.before_request
    def guard() -> None:
        if names is not None:
            _refuse_other_names(names)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            _refuse_other_sites()
        if request.endpoint == "static":  # a file is only read; Flask's 412 would hold all of it
            request.environ.pop("HTTP_IF_MATCH", None)
        if request.args and request.endpoint is not None:
            _refuse_query(contract_of(app.view_functions[request.endpoint]))

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _refuse_query(said: Contract | None) -> None:
    """An endpoint without a query passes over none; the others read theirs themselves."""
    if said is not None and said.query is None:
        name = next(iter(request.args))[:100]
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            "unknown_field",
            f"{name!r} in the query is not known; options go in the body",
            field=name,
        )


def _refuse_other_names(names: frozenset[str]) -> None:
    host = _HOST.fullmatch(request.headers.get("Host", ""))
    if host is None or host[1].strip("[]").lower() not in names:
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            "host_not_allowed",
            f"This server answers to {', '.join(sorted(names))} only. Open it under that name",
        )


def _refuse_other_sites() -> None:
    """A browser says where a request comes from; programs that are no browser say nothing."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        same = site in ("same-origin", "none")
    elif origin is not None:
        host = origin.partition("://")[2]  # never parsed: it may be anything
        same = host != "" and host == request.headers.get("Host")
    else:
        same = True
    if not same:
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            "cross_site",
            "A page of another web site asked for this. Use the gallery's own page or a program",
        )
