"""benchmark: how fast the parts are on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.api_benchmark import benchmark_api
from cli.enroll_benchmark import benchmark_enroll
from cli.options import AsJson
from cli.session import session_of

if TYPE_CHECKING:
    from gallery.evaluation.index_benchmark import Row

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def benchmark() -> None:
    """Measure how fast the parts are on this machine."""


app.command("api")(benchmark_api)
app.command("enroll")(benchmark_enroll)


@app.command()
def index(
    context: typer.Context,
    faces: Annotated[
        str, typer.Option(metavar="N,N", help="Sizes of the synthetic galleries.")
    ] = "10000,100000",
    probes: Annotated[
        int, typer.Option(min=2, help="Searches, half of them for strangers.")
    ] = 1000,
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to write index.json and index.png.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The index beside FAISS Flat, numpy and others, on galleries shaped like real ones.

    usearch, sqlite-vec, pgvector and numpy on one thread take part when installed:
    pip install 'face-gallery[benchmark]'.
    """
    from cli.output import cell, print_json, print_table, say, table
    from gallery.evaluation import index_report
    from gallery.evaluation.extra import require_extra
    from gallery.evaluation.gallery_shape import GalleryShape
    from gallery.evaluation.index_benchmark import benchmark
    from gallery.evaluation.index_competitors import competitors

    sizes = _sizes(faces)
    if output is not None:
        require_extra()
    settings = session_of(context).settings()
    threshold, shape = settings.threshold.value, GalleryShape.of_the_shipped_model()
    contestants = competitors(settings.index_structure, threshold)
    rows = benchmark(sizes, probes, contestants, threshold, shape)
    if output is not None:
        index_report.write(rows, shape, threshold, output)
    if as_json:
        print_json(index_report.document(rows, shape, threshold))
        return
    columns = (">Faces", "Search", ">p50 ms", ">p99 ms", ">Flat / it", ">1 thread /s")
    more = (">2 threads /s", ">MB", ">Bytes a face", ">Build s", "Agreement with exact")
    shown = table(*columns, *more)
    for row in rows:
        shown.add_row(*(cell(text) for text in _cells(row)))
    print_table(shown)
    if output is not None:
        say(f"Written to {output}: index.json and index.png")


def _sizes(text: str) -> tuple[int, ...]:
    from gallery.errors import InvalidValue

    try:
        sizes = tuple(int(part.replace("_", "")) for part in text.split(","))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 10:
        raise InvalidValue(f"--faces is {text!r}; write numbers of 10 or more: 10000,100000")
    return sizes


def _cells(row: Row) -> tuple[str, ...]:
    name = f"{row.name} ({row.built})" if row.built else row.name
    agreement = row.agreement
    if row.p50_ms is None or agreement is None:
        return (f"{row.faces:,}", name, *("",) * 8, f"left out: {row.left_out}")
    return (
        f"{row.faces:,}",
        name,
        f"{row.p50_ms:.3f}",
        f"{row.p99_ms:.3f}",
        "" if row.times_flat is None else f"{row.times_flat:.{1 if row.times_flat >= 1 else 2}f}x",
        f"{row.one_thread_per_second:,.0f}",
        f"{row.two_threads_per_second:,.0f}",
        "not told" if row.memory_bytes is None else f"{row.memory_bytes / 1e6:,.1f}",
        "not told" if row.bytes_a_face is None else f"{row.bytes_a_face:,.0f}",
        f"{row.build_seconds:.1f}",
        f"{agreement.verdicts_differ} of {agreement.probes} verdicts differ; best person "
        f"{_share(agreement.best_under)} under the threshold, {_share(agreement.best_over)} over",
    )


def _share(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"
