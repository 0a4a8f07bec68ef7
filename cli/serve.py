"""serve: the web page and the API. The only module of the command line that knows the API."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.session import session_of


def serve(
    context: typer.Context,
    host: Annotated[
        str,
        typer.Option(help="The address to listen on; 0.0.0.0 is each one that this machine has."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")
    ] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes answer.")] = 1,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads in each process.")] = 8,
    upload_timeout: Annotated[
        float,
        typer.Option(
            min=1,
            max=600,
            metavar="SECONDS",
            help="A request must arrive within this time, and a second more for each 64 KiB of it.",
        ),
    ] = 20.0,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A further host name to answer to, as behind a reverse proxy; may be repeated.",
        ),
    ] = None,
) -> None:
    """Serve the page and the API until Ctrl-C.

    On a loopback address it asks nobody who they are until there is a key (`gallery keys create`).
    On any other address, for any other host name, or behind a reverse proxy (GALLERY_PROXIES), it
    does not start without one. Sockets that systemd hands over are served instead of --host and
    --port.
    """
    from api.serve import run

    settings = session_of(context).settings()
    run(settings, host, port, workers, threads, tuple(allowed_host or ()), upload_timeout)
