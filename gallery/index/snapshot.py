"""The index on disk: makes a start fast, and is never needed."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.errors import SnapshotUnusable
from gallery.index.base import Changes, Contents, Index

MAGIC = b"face gallery index 1\n"
STRUCTURE = "flat"
_MAX_HEADER = 4096


@dataclass(frozen=True)
class SnapshotInfo:
    """What the header of a snapshot says; token is that of the newest change it holds."""

    revision: int
    model_id: str
    faces: int
    structure: str
    token: int = 0


def write(path: Path, index: Index, model_id: str) -> None:
    """Write the index beside the path (mode 0600), make it durable, then put it in place."""
    held = index.contents()
    info = SnapshotInfo(held.revision, model_id, len(held.face_ids), STRUCTURE)
    header = json.dumps(asdict(info)).encode() + b"\n"
    pieces = (
        MAGIC,
        header,
        held.face_ids.astype("<i8").tobytes(),
        held.identity_ids.astype("<i8").tobytes(),
        held.vectors.astype("<f4").tobytes(),
    )
    try:
        _replace(path, pieces)
    except OSError as error:
        raise SnapshotUnusable(
            f"the index snapshot {path} cannot be written: {error.strerror}; "
            "searching goes on without it"
        ) from error


def _replace(path: Path, pieces: Sequence[bytes]) -> None:
    digest = hashlib.sha256()
    file, beside = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(file, "wb") as out:
            for piece in pieces:
                digest.update(piece)
                out.write(piece)
            out.write(digest.digest())
            out.flush()
            os.fsync(out.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def inspect(path: Path) -> SnapshotInfo:
    """Read the whole file and check it; SnapshotUnusable for anything wrong with it."""
    return _read(path)[0]


def load(path: Path, model_id: str) -> Index:
    """The index as it was written; SnapshotUnusable also when it is of another model."""
    from gallery.index.faiss_index import FaissIndex

    info, held = _read(path)
    if info.model_id != model_id:
        raise SnapshotUnusable(f"it is of model {info.model_id}, and {model_id} is in use")
    index = FaissIndex()
    index.apply(
        Changes(
            held.revision, held.face_ids, held.identity_ids, held.vectors, np.empty(0, np.int64)
        )
    )
    return index


def _read(path: Path) -> tuple[SnapshotInfo, Contents]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SnapshotUnusable(f"{path} cannot be read: {error.strerror}") from error
    if not data:
        raise SnapshotUnusable("the file is empty")
    if not data.startswith(MAGIC):
        raise SnapshotUnusable("the file is no index snapshot of this version")
    body, digest = data[:-32], data[-32:]
    if hashlib.sha256(body).digest() != digest:
        raise SnapshotUnusable("its checksum is wrong; the file is cut short or damaged")
    start = body.index(b"\n", len(MAGIC), len(MAGIC) + _MAX_HEADER) + 1
    info = SnapshotInfo(**json.loads(body[len(MAGIC) : start]))
    ids = 8 * info.faces
    return info, Contents(
        info.revision,
        np.frombuffer(body, "<i8", info.faces, start).astype(np.int64),
        np.frombuffer(body, "<i8", info.faces, start + ids).astype(np.int64),
        np.frombuffer(body, "<f4", info.faces * EMBEDDING_SIZE, start + 2 * ids)
        .astype(np.float32)
        .reshape(info.faces, EMBEDDING_SIZE),
    )
