"""A client of the HTTP API: `pip install 'face-gallery[client]'`.

    with GalleryClient("http://127.0.0.1:8000") as gallery:
        ada = gallery.create("Ada Lovelace")
        gallery.enroll(ada.id, Path("ada.jpg"))
        print(gallery.verify(ada.id, Path("probe.jpg")).matched)

A photo is its bytes or the path of its file. Safe for several threads.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

import httpx
from pydantic import ValidationError

from gallery import answers

Photo = bytes | Path
Faces = Literal["only", "largest"]
Compared = answers.Comparison | answers.Verdict
Verified = answers.Verification | answers.Verdict
A = TypeVar("A", bound=answers.Answer)
PAGE = 1000


class Refused(Exception):
    """The server refused; `problem.code` is stable, `problem.detail` says what to do."""

    def __init__(self, problem: answers.Problem, retry_after_seconds: int | None) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem = problem
        self.retry_after_seconds = retry_after_seconds


class Unreachable(Exception):
    """No answer came, or none of a gallery: the request may or may not have taken effect."""


@dataclass(frozen=True)
class Versioned:
    """A person as the server told of it, and the version that a change may insist on."""

    person: answers.IdentityWithFaces
    version: str


class GalleryClient:
    """One gallery; key: an API key, where the server asks for one."""

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8000",
        key: str | None = None,
        timeout_seconds: float = 60.0,
    ) -> None:
        self._http = httpx.Client(
            base_url=base_url,
            headers={} if key is None else {"Authorization": f"Bearer {key}"},
            timeout=timeout_seconds,
            trust_env=False,  # photos go to that server, and through no proxy of the environment
        )

    def __enter__(self) -> GalleryClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def compare(self, one: Photo, other: Photo, faces: Faces = "only") -> Compared:
        """Do two photos show the same person? A key without scores gets the verdict alone."""
        files = [("image1", one), ("image2", other)]
        return _read_or_verdict(answers.Comparison, self._ask("/v1/compare", files, faces=faces))

    def compare_each(
        self, photo: Photo, others: Sequence[Photo], faces: Faces = "only"
    ) -> answers.Comparisons:
        """Which of up to 100 photos show the same person as this one?"""
        files = [("image", photo), *(("photos", other) for other in others)]
        sent = self._ask("/v1/compare/batch", files, faces=faces)
        return _read(answers.Comparisons, sent)

    def identify(self, photo: Photo, top: int = 5, faces: Faces = "only") -> answers.Identification:
        """Who is this? (1:N)"""
        files = [("image", photo)]
        return _read(answers.Identification, self._ask("/v1/identify", files, faces=faces, top=top))

    def identify_each(
        self, photos: Sequence[Photo], top: int = 5, faces: Faces = "only"
    ) -> answers.Identifications:
        """Who is in each of up to 100 photos?"""
        files = [("photos", photo) for photo in photos]
        sent = self._ask("/v1/identify/batch", files, faces=faces, top=top)
        return _read(answers.Identifications, sent)

    def verify(self, identity_id: int, photo: Photo, faces: Faces = "only") -> Verified:
        """Is this photo that person? (1:1) A key without scores gets the verdict alone."""
        path = f"/v1/identities/{identity_id}/verify"
        sent = self._ask(path, [("image", photo)], faces=faces)
        return _read_or_verdict(answers.Verification, sent)

    def create(self, name: str, idempotency_key: str | None = None) -> answers.Identity:
        """A new person; sent again with the same key, the person is created once."""
        headers = _once(idempotency_key)
        sent = self._send("POST", "/v1/identities", json={"name": name}, headers=headers)
        return _read(answers.Identity, sent)

    def people(self) -> Iterator[answers.Identity]:
        """Everybody, oldest first; each page is asked for when it is needed."""
        query: dict[str, Any] = {"limit": PAGE}
        while True:
            page = _read(answers.IdentityPage, self._send("GET", "/v1/identities", params=query))
            yield from page.identities
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor

    def show(self, identity_id: int) -> Versioned:
        """A person and the person's faces."""
        return _versioned(self._send("GET", f"/v1/identities/{identity_id}"))

    def rename(self, identity_id: int, name: str, version: str | None = None) -> Versioned:
        """Another name; with a version, only if nobody has changed the person since."""
        path, headers = f"/v1/identities/{identity_id}", _unchanged(version)
        return _versioned(self._send("PATCH", path, json={"name": name}, headers=headers))

    def remove(self, identity_id: int, version: str | None = None) -> None:
        """Remove a person with all faces; when this returns, nobody finds the person any more."""
        self._send("DELETE", f"/v1/identities/{identity_id}", headers=_unchanged(version))

    def enroll(
        self,
        identity_id: int,
        photo: Photo,
        faces: Faces = "only",
        idempotency_key: str | None = None,
    ) -> answers.Enrollment:
        """Store a face; sent again with the same key, it is stored once."""
        path, headers = f"/v1/identities/{identity_id}/faces", _once(idempotency_key)
        sent = self._send(
            "POST", path, files=_files([("image", photo)]), data={"faces": faces}, headers=headers
        )
        return _read(answers.Enrollment, sent)

    def face(self, identity_id: int, face_id: int) -> answers.Face:
        path = f"/v1/identities/{identity_id}/faces/{face_id}"
        return _read(answers.Face, self._send("GET", path))

    def crop(self, identity_id: int, face_id: int) -> bytes:
        """What the network read of a face: a gray PNG of 47 x 62 pixels."""
        return self._send("GET", f"/v1/identities/{identity_id}/faces/{face_id}/crop").content

    def remove_face(self, identity_id: int, face_id: int, version: str | None = None) -> None:
        path = f"/v1/identities/{identity_id}/faces/{face_id}"
        self._send("DELETE", path, headers=_unchanged(version))

    def alive(self) -> answers.Alive:
        return _read(answers.Alive, self._send("GET", "/healthz"))

    def ready(self) -> answers.Ready | answers.ReadyAlone:
        """The status alone where the server needs a key and this client has none."""
        answer = self._send("GET", "/readyz")
        return _read(answers.Ready if "model_id" in answer.json() else answers.ReadyAlone, answer)

    def _ask(self, path: str, photos: list[tuple[str, Photo]], **options: Any) -> httpx.Response:
        return self._send("POST", path, files=_files(photos), data=options)

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **content)
        except httpx.HTTPError as error:
            raise Unreachable(f"{self._http.base_url} does not answer: {error}") from error
        if answer.is_success:
            return answer
        wait = answer.headers.get("Retry-After", "")
        raise Refused(_read(answers.Problem, answer), int(wait) if wait.isdigit() else None)


def _read(kind: type[A], answer: httpx.Response) -> A:
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise Unreachable(
            f"{answer.url} answered {answer.status_code} with something else than a gallery would"
        ) from error


def _read_or_verdict(kind: type[A], answer: httpx.Response) -> A | answers.Verdict:
    """All of it, or the verdict alone where the server keeps the distance to itself."""
    verdict = _read(answers.Verdict, answer)
    return _read(kind, answer) if "distance" in answer.json() else verdict


def _versioned(answer: httpx.Response) -> Versioned:
    return Versioned(_read(answers.IdentityWithFaces, answer), answer.headers["ETag"])


def _files(photos: list[tuple[str, Photo]]) -> list[tuple[str, tuple[str, bytes]]]:
    """Under a name that tells nothing of the file's own."""
    return [
        (field, ("photo", photo.read_bytes() if isinstance(photo, Path) else photo))
        for field, photo in photos
    ]


def _once(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key or str(uuid.uuid4())}


def _unchanged(version: str | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": version}
