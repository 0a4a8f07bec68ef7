"""Two programs of eight threads search while a third enrolls and removes: every answer was true.

GALLERY_LOAD_SECONDS makes it longer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from gallery.domain.embedding import distances_to
from gallery.store.unit_of_work import UnitsOfWork

SECONDS = float(os.environ.get("GALLERY_LOAD_SECONDS", "5"))
READERS, THREADS, PROBES = 2, 8, 6
READER = """
import json, sys, threading, time
from pathlib import Path
import numpy as np
from gallery.index.faiss_index import FaissIndex
from gallery.index.structure import Structure
from gallery.services.catch_up import LiveIndex
from gallery.store.engine import open_database
from gallery.store.unit_of_work import UnitsOfWork

url, probes, out, seconds, threads = sys.argv[1:]
engine = open_database(url)
live = LiveIndex(UnitsOfWork(engine), "model", lambda: FaissIndex(Structure.CODES, proposed=4000))
probes, problems, answers = np.load(probes), [], []
until = time.monotonic() + float(seconds)

def ask(seed):
    random, mine = np.random.default_rng(seed), []
    try:
        while time.monotonic() < until:
            number = int(random.integers(len(probes)))
            began = time.monotonic()
            best = live.caught_up().search(probes[number], 1)
            ended = time.monotonic()
            mine.append((began, ended, number, best[0].face_id, best[0].distance))
    except BaseException as problem:
        problems.append(repr(problem))
    answers.extend(mine)

running = [threading.Thread(target=ask, args=(seed,)) for seed in range(int(threads))]
for thread in running: thread.start()
for thread in running: thread.join()
Path(out).write_text(json.dumps({"problems": problems, "answers": answers}))
"""


def test_every_answer_was_true_at_a_moment_between_question_and_answer(
    units: UnitsOfWork, store: Any, points: Any, database_url: str, tmp_path: Path
) -> None:
    """The times of all programs are those of one monotonic clock; each change is true from some
    moment between its begin and its end. A face is right when a state held it as the nearest."""
    crowd, probes = points(1, 2000), points(2, PROBES)
    for number in range(4):
        store(units, f"crowd {number}", crowd[number * 500 : number * 500 + 500])
    np.save(tmp_path / "probes.npy", probes)
    outs = [tmp_path / f"{number}.json" for number in range(READERS)]
    arguments = [database_url, str(tmp_path / "probes.npy")]
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, *arguments, str(out), str(SECONDS), str(THREADS)]
        )
        for out in outs
    ]
    crowd_ids = np.arange(1, 2001)
    held = {int(face_id): vector for face_id, vector in zip(crowd_ids, crowd, strict=True)}
    states = [(0.0, dict(_nearest(held, probes)))]
    begins = [0.0]
    random = np.random.default_rng(3)
    near: list[tuple[int, int]] = []
    step = 0
    while any(reader.poll() is None for reader in readers):
        step += 1
        if len(near) > 8 or (near and random.random() < 0.45):
            identity_id, face_id = near.pop(int(random.integers(len(near))))
            begins.append(time.monotonic())
            with units.write() as unit:
                unit.faces.remove_all(identity_id)
                unit.identities.remove(identity_id)
                unit.commit()
            del held[face_id]
        else:
            probe = probes[int(random.integers(PROBES))]
            vector = probe + (0.01 * random.standard_normal(48)).astype(np.float32)
            begins.append(time.monotonic())
            stored = store(units, f"near {step}", vector[None])
            near.append((stored.identity_id, stored.face_ids[0]))
            held[stored.face_ids[0]] = vector
        states.append((time.monotonic(), dict(_nearest(held, probes))))
        time.sleep(0.002)
    told = [json.loads(out.read_text()) for out in outs]
    assert [one["problems"] for one in told] == [[]] * READERS
    answers = [answer for one in told for answer in one["answers"]]
    assert len(answers) > 20 * SECONDS
    assert len(states) > 5 * SECONDS
    ends = [end for end, _ in states]
    for began, ended, number, face_id, distance in answers:
        first = int(np.searchsorted(ends, began, side="right")) - 1
        last = int(np.searchsorted(begins, ended, side="right"))
        true = [states[at][1][number] for at in range(max(first, 0), last)]
        assert (face_id, distance) in true


def _nearest(held: dict[int, Any], probes: Any) -> Any:
    """By every vector, as `ExactIndex` does: (probe number, (face id, distance)) of each probe."""
    ids = np.fromiter(held, np.int64)
    vectors = np.array(list(held.values()))
    for number, probe in enumerate(probes):
        distances = distances_to(probe, vectors)
        best = int(np.lexsort((ids, distances))[0])
        yield number, (int(ids[best]), float(distances[best]))
