"""Post hostile uploads to a real server, and hold it to a right answer for each.

    python tests/hostile/attack.py [--mutations N] [--seed N] [--every-door] [--folder FOLDER]

Each upload is either read rightly or refused with a typed problem document; never a 5xx, never four
minutes without an answer, never more than 1 GB of memory above the start, and a good photo is
answered right afterwards. The corpus is made anew from a sample photo, the same for the same seed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

from bombs import bombs
from forms import BOUNDARY, END, FORM, Form, forms, mutated_forms
from photos import cut, mutations, names, odd, shapes, small
from target import ROOT, Answer, Target
from upload import Answer as Wanted
from upload import Upload

CLIENTS = 8
MEMORY_LIMIT = 1_000_000_000
ADA, ADA_AGAIN = (ROOT / "data/samples/ariel-quillmore" / f"{number}.jpg" for number in (1, 2))
REFUSALS = (400, 413, 415, 422)

Door = Callable[["Attack", Upload], str | None]


class Attack:
    """One server with one person in it, and what went wrong."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.statuses: Counter[str] = Counter()
        self.slowest: tuple[float, str] = (0.0, "nothing")
        answer = target.post("/v1/identities", b'{"name": "Ada"}')
        self.person = f"/v1/identities/{answer.document['id']}"
        good = Upload("a good photo", ADA_AGAIN.read_bytes(), Wanted.MATCH)
        self._good = good.photo
        if wrong := self.enroll(good) or self.verify(good):
            raise SystemExit(f"the server cannot even do this: {wrong}")

    def compare(self, upload: Upload) -> str | None:
        body = _part("image1", upload) + _part("image2", Upload("good", self._good)) + END
        return self._judge(upload, self._ask("/v1/compare", body, upload.name), _matched)

    def identify(self, upload: Upload) -> str | None:
        answer = self._ask("/v1/identify", _part("image", upload) + END, upload.name)
        return self._judge(upload, answer, _identified)

    def enroll(self, upload: Upload) -> str | None:
        answer = self._ask(f"{self.person}/faces", _part("image", upload) + END, upload.name)
        return self._judge(upload, answer, lambda document: "face" in document)

    def verify(self, upload: Upload) -> str | None:
        answer = self._ask(f"{self.person}/verify", _part("image", upload) + END, upload.name)
        return self._judge(upload, answer, _matched)

    def form(self, form: Form) -> str | None:
        body = _pieces(form.body) if form.chunked else form.body
        answer = self._ask("/v1/identify", body, f"form {form.name}", form.content_type)
        if answer.status not in form.statuses:
            return f"answered {answer.status} where {form.statuses} is right: {answer.body[:200]!r}"
        return None if answer.status == 200 else _not_typed(answer)

    def _ask(
        self, path: str, body: bytes | Iterator[bytes], name: str, content_type: str = FORM
    ) -> Answer:
        start = time.monotonic()
        answer = self.target.post(path, body, content_type)
        self.slowest = max(self.slowest, (time.monotonic() - start, f"{name} at {path}"))
        self.statuses[str(answer.status)] += 1
        return answer

    @staticmethod
    def _judge(upload: Upload, answer: Answer, right: Callable[[dict], bool]) -> str | None:
        told = f"{answer.status} {answer.body[:200]!r}"
        if answer.status in (200, 201):
            if upload.answer is Wanted.REFUSED:
                return f"read, but it must be refused: {told}"
            wrong = upload.answer is Wanted.MATCH and not right(answer.document)
            return f"read, but not as Ada: {told}" if wrong else None
        if wrong := _not_typed(answer):
            return wrong
        code = answer.document["code"]
        if answer.status == 409:
            return None if code == "photo_already_enrolled" else told
        if answer.status not in REFUSALS or upload.answer in (Wanted.MATCH, Wanted.READ):
            return f"refused wrongly: {told}"
        if upload.codes and code not in upload.codes:
            return f"refused with a code other than {sorted(upload.codes)}: {told}"
        return None


def _matched(document: dict) -> bool:
    return document["matched"] is True and document["distance"] < document["threshold"]


def _identified(document: dict) -> bool:
    return document["identified"] is True and document["candidates"][0]["identity"]["name"] == "Ada"


def _not_typed(answer: Answer) -> str | None:
    """Whether it is not a problem document, and why."""
    told = f"{answer.status} {answer.content_type} {answer.body[:200]!r}"
    if answer.status >= 500 or answer.status == 0:
        return f"failed: {told}"
    if answer.content_type != "application/problem+json":
        return f"no problem document: {told}"
    document = answer.document
    whole = document["status"] == answer.status and document["code"] and document["detail"]
    return None if whole else f"a problem document that lacks something: {told}"


def _part(field: str, upload: Upload) -> bytes:
    name = upload.filename.replace("\\", "\\\\").replace('"', '\\"')
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        f"Content-Type: {upload.content_type}\r\n\r\n"
    )
    return head.encode() + upload.photo + b"\r\n"


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


def corpus(mutation_count: int, seed: int) -> Iterator[Upload]:
    """Every upload; mutations are made of small ones that are read."""
    ada = ADA.read_bytes()
    whole = [Upload("the photo", ada, Wanted.MATCH), *shapes(ada)]
    yield from bombs(ada)
    yield from whole
    for kind in (names, small, cut, odd):
        yield from kind(ada)
    yield from mutations([one for one in whole if len(one.photo) < 300_000], mutation_count, seed)


def attack(folder: Path, mutation_count: int, seed: int, every_door: bool) -> list[str]:
    """Every complaint; a line of figures on standard output."""
    uploads = list(corpus(mutation_count, seed))
    target = Target(folder)
    try:
        under = Attack(target)
        doors = (Attack.compare, Attack.identify, Attack.enroll, Attack.verify)
        if every_door:
            calls = [(door, upload) for upload in uploads for door in doors]
        else:
            calls = list(zip(cycle(doors), uploads, strict=False))
        start = time.monotonic()
        with ThreadPoolExecutor(CLIENTS) as pool:
            told = list(pool.map(lambda call: call[0](under, call[1]), calls))
            asked = [*forms(ADA.read_bytes()), *mutated_forms(mutation_count, seed)]
            told_of_forms = list(pool.map(under.form, asked))
        seconds = time.monotonic() - start
        wrong = [
            f"{upload.name} ({door.__name__}): {complaint}"
            for (door, upload), complaint in zip(calls, told, strict=True)
            if complaint
        ]
        wrong += [
            f"form {form.name}: {complaint}"
            for form, complaint in zip(asked, told_of_forms, strict=True)
            if complaint
        ]
        after = Upload("a good photo afterwards", ADA.read_bytes(), Wanted.MATCH)
        for door in doors:
            if complaint := door(under, after):
                wrong.append(f"afterwards, {door.__name__}: {complaint}")
        grown = target.grown_bytes()
        if grown > MEMORY_LIMIT:
            wrong.append(f"memory grew by {grown:,} bytes; {MEMORY_LIMIT:,} are allowed")
        wrong += target.complaints()
    finally:
        target.stop()
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(under.statuses.items()))
    print(  # noqa: T201
        f"{len(uploads)} uploads, {len(calls)} posts of them and {len(asked)} forms in "
        f"{seconds:.0f} s: {statuses}; memory at most {grown / 1e6:.0f} MB above the start; "
        f"slowest {under.slowest[0]:.1f} s ({under.slowest[1]})"
    )
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutations", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every-door", action="store_true", help="each upload at each endpoint")
    parser.add_argument("--folder", type=Path, help="of the database and the log")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong = attack(asked.folder or Path(folder), asked.mutations, asked.seed, asked.every_door)
    for complaint in wrong:
        print(complaint)  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
