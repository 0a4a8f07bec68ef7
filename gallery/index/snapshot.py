"""The index on disk: makes a start fast, and is never needed.

The file, little-endian: 8 bytes `FACEIDX` and a zero, format version uint32, length of the header
uint32, SHA-256 of everything after it (32 bytes), the header (JSON), then the arrays one after
another: face ids int64, identity ids int64, vectors float32 (rows, 48), gone uint8, codes.
The checksum tells damage, not malice: the file is readable and writable for its owner only.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.errors import SnapshotUnusable
from gallery.index.aside import put_in_place
from gallery.index.base import Contents, Index

MAGIC = b"FACEIDX\0"
_DATABASE_MAGIC = b"SQLite format 3\0"
VERSION = 1
_START = struct.Struct("<8sII32s")
_MAX_HEADER_BYTES = 65_536
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class SnapshotInfo:
    """What the header of a snapshot says; token is that of the newest change it holds."""

    revision: int
    model_id: str
    faces: int
    structure: str
    token: int = 0


@dataclass(frozen=True)
class _Header:
    revision: int
    token: int
    model_id: str
    faces: int
    structure: str
    rows: int
    coded: int
    codes_bytes: int

    @property
    def body_bytes(self) -> int:
        return self.rows * (8 + 8 + 4 * EMBEDDING_SIZE + 1) + self.codes_bytes


def write(path: Path, index: Index, model_id: str) -> None:
    """Write the index beside the path (mode 0600), make it durable, then put it in place.

    Searches and changes go on meanwhile; what is written is of one moment. What was there stays
    until the new file is whole. Refuses with SnapshotUnusable when the file cannot be written, and
    where a database lies: another gallery may be named so.
    """
    held = index.contents()
    header = _Header(
        revision=held.revision,
        token=held.token,
        model_id=model_id,
        faces=len(held.gone) - int(np.count_nonzero(held.gone)),
        structure=held.structure,
        rows=len(held.face_ids),
        coded=held.coded,
        codes_bytes=len(held.codes),
    )
    text = json.dumps(asdict(header)).encode()
    parts = [memoryview(text), *_arrays(held), memoryview(held.codes)]
    checksum = hashlib.sha256()
    for part in parts:
        checksum.update(part)
    start = _START.pack(MAGIC, VERSION, len(text), checksum.digest())
    with _refusals(path, "written"):
        if path.is_dir():
            raise SnapshotUnusable(f"{path} is a folder where the snapshot belongs; move it away")
        if _is_database(path):
            raise SnapshotUnusable(f"{path} is a database where the snapshot belongs; move it away")
        put_in_place(path, [memoryview(start), *parts])


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_DATABASE_MAGIC)) == _DATABASE_MAGIC
    except FileNotFoundError:
        return False


def inspect(path: Path) -> SnapshotInfo:
    """Read the whole file and check it; SnapshotUnusable for anything wrong with it."""
    with _opened(path) as file:
        header, checksum, found = _begin(path, file)
        while block := file.read(_BLOCK_BYTES):
            found.update(block)
        _require_intact(path, found.digest() == checksum)
    return SnapshotInfo(
        header.revision, header.model_id, header.faces, header.structure, header.token
    )


def load(path: Path, model_id: str, into: Index | None = None) -> Index:
    """The index as it was written; SnapshotUnusable also when it is of another model.

    into: the empty index that takes it up; otherwise a `FaissIndex`.
    """
    with _opened(path) as file:
        header, checksum, found = _begin(path, file)
        body = np.empty(header.body_bytes, np.uint8)
        _require_intact(path, file.readinto(body.data) == len(body))
        found.update(body.data)
        _require_intact(path, found.digest() == checksum)
    if header.model_id != model_id:
        raise SnapshotUnusable(
            f"the snapshot {path} is of the model {header.model_id}, not {model_id}"
        )
    if into is None:
        from gallery.index.faiss_index import FaissIndex

        into = FaissIndex()
    rows = header.rows
    ends = np.cumsum([8 * rows, 8 * rows, 4 * EMBEDDING_SIZE * rows, rows])
    face_ids, identity_ids, vectors, gone, codes = np.split(body, ends)
    contents = Contents(
        revision=header.revision,
        token=header.token,
        face_ids=face_ids.view("<i8"),
        identity_ids=identity_ids.view("<i8"),
        vectors=vectors.view("<f4").reshape(rows, EMBEDDING_SIZE),
        gone=gone.view(np.bool_),
        structure=header.structure,
        codes=codes.tobytes(),
        coded=header.coded,
    )
    try:
        into.restore(contents)
    except ValueError as error:
        raise SnapshotUnusable(f"the snapshot {path} cannot be taken up: {error}") from error
    return into


def _arrays(held: Contents) -> Iterator[memoryview]:
    for array, kind in (
        (held.face_ids, "<i8"),
        (held.identity_ids, "<i8"),
        (held.vectors, "<f4"),
        (held.gone, "u1"),
    ):
        yield np.ascontiguousarray(array, kind).reshape(-1).view(np.uint8).data


def _begin(path: Path, file: BufferedReader) -> tuple[_Header, bytes, Any]:
    """The header, the checksum that the file claims, and one over what was read of it."""
    start = file.read(_START.size)
    _require_intact(path, len(start) == _START.size)
    magic, version, length, checksum = _START.unpack(start)
    if magic != MAGIC:
        raise SnapshotUnusable(f"{path} is not a snapshot of an index")
    if version != VERSION:
        raise SnapshotUnusable(
            f"the snapshot {path} has format {version}; this program reads format {VERSION}"
        )
    _require_intact(path, length <= _MAX_HEADER_BYTES)
    text = file.read(length)
    try:
        header = _Header(**json.loads(text))
        size = _START.size + length + header.body_bytes
    except (ValueError, TypeError) as error:
        raise SnapshotUnusable(f"the snapshot {path} is damaged or cut off") from error
    _require_intact(path, os.fstat(file.fileno()).st_size == size)
    return header, checksum, hashlib.sha256(text)


def _require_intact(path: Path, intact: bool) -> None:
    if not intact:
        raise SnapshotUnusable(f"the snapshot {path} is damaged or cut off")


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    with _refusals(path, "read"), path.open("rb") as file:
        yield file


@contextmanager
def _refusals(path: Path, done: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SnapshotUnusable(
            f"the snapshot {path} cannot be {done}: {error.strerror}; check the disk and its folder"
        ) from error
