"""Kill a working gallery with SIGKILL again and again, and account for every acknowledgement.

    python tests/torture/torture.py KILLS [FOLDER]

Most faces are written through the unit of work, with crops and vectors of sample photos that were
recognised once; some come the whole way from the photo by the enroll service. Each life of the
worker goes on where the last was killed: same database, same WAL, same snapshot.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import ai_edge_litert.interpreter  # noqa: F401 - loaded once, before the forks
import faiss  # noqa: F401, TID253
from ledger import Ledger, Wrong, read
from worker import Worker, prepare

from gallery.bootstrap import Services
from gallery.domain.decision import decide
from gallery.domain.embedding import distances_to
from gallery.settings import Settings

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
EARLY = 0.15
"""Share of the kills that come while the worker still starts."""
START_SECONDS, LIFE_SECONDS, PATIENCE_SECONDS = 0.4, 0.2, 60.0
VERIFIED = 20


def torture(kills: int, folder: Path) -> Ledger:
    """Raises Wrong at the first thing that is not as acknowledged."""
    database, pool, journal = (folder / name for name in ("gallery.db", "pool", "journal"))
    url = f"sqlite:///{database}"
    photos = sorted(SAMPLES.glob("*/[12].jpg"))
    _wait(_fork(lambda: prepare(url, photos, pool)), 0)
    faces = pickle.loads(pool.read_bytes())  # noqa: S301
    ledger = Ledger([face.embedding.vector.astype("<f4").tobytes() for _, face in faces])
    chance = random.Random(kills)  # noqa: S311
    for life in range(1, kills + 1):
        journal.unlink(missing_ok=True)
        child = _fork(lambda life=life: Worker(url, pool, journal, life).run())
        _let_live(child, journal, chance)
        os.kill(child, signal.SIGKILL)
        _wait(child, -signal.SIGKILL)
        lines = journal.read_bytes().splitlines() if journal.exists() else []
        ledger.settle(lines, read(database))
    _verify(ledger, url, faces)
    left = {file.name for file in folder.iterdir()} - {"pool", "journal"}
    if left - {"gallery.db", "gallery.db.index", "gallery.db-wal", "gallery.db-shm"}:
        raise Wrong(f"left over: {sorted(left)}")
    return ledger


def _verify(ledger: Ledger, url: str, faces: list) -> None:
    """Every face that must be there is found and matches; nothing else is; the check is clean."""
    services = Services(Settings(url))
    services.maintenance.snapshot()
    health = services.check(lambda done, total: None)
    if not health.good:
        raise Wrong(f"gallery check: {[finding.message for finding in health.findings]}")
    expected = ledger.expected
    if (health.people, health.faces) != (len(expected.people), len(expected.faces)):
        raise Wrong("gallery check counts other people or faces")
    of_vector = {vector: which for which, vector in enumerate(ledger.vectors)}
    index = services._live_index.caught_up()
    threshold = services.settings.threshold
    for face_id, (identity_id, _, stored) in expected.faces.items():
        vector = faces[of_vector[stored]][1].embedding.vector
        with services._units.read() as unit:
            held = unit.vectors.vectors_of(identity_id)
        distances = distances_to(vector, held.vectors)[held.face_ids == face_id]
        if len(distances) != 1 or not decide(float(distances[0]), threshold, "").matched:
            raise Wrong(f"face {face_id} does not verify")
        found = {near.identity_id: near.distance for near in index.search(vector, 100)}
        if found.get(identity_id) != 0 or not set(found) <= set(expected.people):
            raise Wrong(f"face {face_id} is not found, or somebody removed is")
    for face_id in list(expected.faces)[-VERIFIED:]:
        identity_id, _, stored = expected.faces[face_id]
        photo = Path(faces[of_vector[stored]][0]).read_bytes()
        if not services.verify(identity_id, photo).decision.matched:
            raise Wrong(f"the photo of face {face_id} does not verify")
    services.close()


def _let_live(child: int, journal: Path, chance: random.Random) -> None:
    """A random while: from the start of the process, or from its first operation."""
    if chance.random() < EARLY:
        time.sleep(chance.random() * START_SECONDS)
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (journal.exists() and journal.stat().st_size):
        if time.monotonic() > deadline:
            raise Wrong(f"the worker was not ready after {PATIENCE_SECONDS:g} s")
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.002)
    time.sleep(chance.random() * LIFE_SECONDS)


def _fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _wait(child: int, expected: int) -> None:
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code != expected:
        raise Wrong(f"the worker ended by itself with {code}; its error stands above")


def main() -> None:
    kills = int(sys.argv[1])
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as fresh:
        ledger = torture(kills, Path(sys.argv[2] if len(sys.argv) > 2 else fresh))
    told = ", ".join(f"{count} {what}" for what, count in sorted(ledger.counts.items()))
    print(f"{kills} kills in {time.monotonic() - started:.0f} s: {told}.")  # noqa: T201
    print(  # noqa: T201
        f"{len(ledger.expected.people)} people and {len(ledger.expected.faces)} faces are left, "
        "as acknowledged; gallery check is clean."
    )


if __name__ == "__main__":
    main()
