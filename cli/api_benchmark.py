"""benchmark api: questions a second over HTTP, beside what the services alone would answer."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import AsJson
from cli.samples import PHOTOS_OF_A_PERSON, name_of, photo_of, sample_people
from cli.session import opened, session_of

if TYPE_CHECKING:
    from gallery.evaluation.api_benchmark import ApiSpeed
    from gallery.evaluation.in_process import Photos
    from gallery.settings import Settings

PROGRAM = "from cli.main import app; app()"
MOST_CLIENTS = 256
STAGES = ("decode", "detect", "embed", "search")


def benchmark_api(
    context: typer.Context,
    faces: Annotated[
        int, typer.Option(min=0, help="Made-up faces in the gallery, beside the sample people.")
    ] = 100_000,
    clients: Annotated[
        str, typer.Option(metavar="N,N", help="How many clients ask at the same time.")
    ] = "1,8,64",
    requests: Annotated[
        int, typer.Option(min=10, help="Requests of each kind and number of clients.")
    ] = 500,
    memory_requests: Annotated[
        int, typer.Option(min=0, help="Requests over which memory is watched; 0 for none.")
    ] = 10_000,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="How long each kind is asked without HTTP.")
    ] = 10.0,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes of the server; else one a core.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads in each process.")] = 8,
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to write api.json and api.png.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure compare, verify and identify over HTTP, on this machine and in a gallery of its own.

    Starts `gallery serve` on a loopback port, asks sample photos and stops it. "Of it" is the share
    of what the same questions reach in as many processes as there are cores, without HTTP.
    """
    from cli.output import print_json, progress, say
    from gallery.bootstrap import Services
    from gallery.evaluation import api_report
    from gallery.evaluation.api_benchmark import Plan, benchmark
    from gallery.evaluation.extra import require_extra
    from gallery.services.in_order import cores
    from gallery.settings import url_of

    if output is not None:
        require_extra()
    plan = Plan(_clients(clients), requests, memory_requests, seconds)
    workers = workers or cores()
    with (
        tempfile.TemporaryDirectory(prefix="gallery-benchmark-") as folder,
        progress("asking") as step,
    ):
        url = url_of(Path(folder) / "gallery.db")
        settings = replace(session_of(context).settings(), database_url=url)
        photos = _prepared(settings, faces)
        command = _serve(settings, workers, threads)
        speed = benchmark(command, partial(Services, settings), photos, faces, cores(), plan, step)
    if output is not None:
        api_report.write(speed, workers, threads, output)
    if as_json:
        print_json(api_report.document(speed, workers, threads))
        return
    _show(speed)
    if output is not None:
        say(f"Written to {output}: api.json and api.png")


def _clients(text: str) -> tuple[int, ...]:
    from gallery.errors import InvalidValue

    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if not numbers or not all(1 <= number <= MOST_CLIENTS for number in numbers):
        raise InvalidValue(f"--clients is {text!r}; write numbers from 1 to {MOST_CLIENTS}: 1,8,64")
    return numbers


def _prepared(settings: Settings, faces: int) -> Photos:
    """A gallery of so many made-up faces and the sample people, and what will be asked of it."""
    from gallery.evaluation.in_process import Photos
    from gallery.evaluation.synthetic_gallery import fill

    people = sample_people()
    with opened(settings) as services:
        fill(services.units_at(settings.database_path), faces, services.recognise.embedder.model_id)
        ids = [
            services.enroll.by_name(name_of(person), [photo_of(person, 1)])[0].identity.id
            for person in people
        ]
        services.maintenance.snapshot()
    probes = tuple(photo_of(person, PHOTOS_OF_A_PERSON) for person in people)
    return Photos(
        pairs=tuple(
            (photo_of(person, 1), probe) for person, probe in zip(people, probes, strict=True)
        ),
        probes=probes,
        identity_id=ids[0],
    )


def _serve(settings: Settings, workers: int, threads: int) -> tuple[str, ...]:
    before = ("--database", settings.database_url, "--detector", settings.detector.value)
    threshold = ("--threshold", str(settings.threshold.value))
    after = ("--port", "0", "--workers", str(workers), "--threads", str(threads))
    return (sys.executable, "-c", PROGRAM, *before, *threshold, "serve", *after)


def _show(speed: ApiSpeed) -> None:
    from cli.output import cell, number, print_table, say, table

    rows = table(
        "Question",
        ">Clients",
        ">Requests",
        ">Errors",
        ">/s",
        ">Of it",
        ">p50 ms",
        ">p95 ms",
        ">p99 ms",
    )
    for row in speed.rows:
        load = row.load
        waited = (load.p50_ms, load.p95_ms, load.p99_ms)
        rows.add_row(
            cell(row.kind.value),
            cell(load.clients),
            cell(f"{load.requests:,}"),
            cell(sum(load.errors.values())),
            number(load.per_second, 1),
            cell(f"{row.of_in_process:.0%}"),
            *(cell("-") if time is None else number(time, 1) for time in waited),
        )
    print_table(rows)
    alone = table("Without HTTP", ">Processes", ">/s", ">decode ms", ">detect", ">embed", ">search")
    for one in speed.in_process:
        alone.add_row(
            cell(one.kind.value),
            cell(one.processes),
            number(one.per_second, 1),
            *(number(one.stages_ms.get(name, 0.0), 2) for name in STAGES),
        )
    print_table(alone)
    say(f"{speed.faces:,} made-up faces; the server was ready after {speed.start_seconds:.2f} s")
    if speed.memory is not None:
        before, after = speed.memory.before_bytes / 1e6, speed.memory.after_bytes / 1e6
        say(
            f"Memory over {speed.memory.requests:,} requests: {before:.0f} MB, then {after:.0f} MB "
            f"({speed.memory.growth:+.1%}); {sum(speed.memory.errors.values())} errors"
        )
