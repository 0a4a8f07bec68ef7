"""Column types: values are checked at the border, in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import DateTime, Dialect, LargeBinary, String
from sqlalchemy.types import TypeDecorator

from gallery.domain.access import Scope
from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH, FaceCrop
from gallery.errors import DatabaseDamaged

VECTOR_BYTES = 4 * EMBEDDING_SIZE
CROP_BYTES = CROP_HEIGHT * CROP_WIDTH
_DAMAGED = "the database holds a damaged vector; run `gallery check --repair`"


class VectorType(TypeDecorator[NDArray[np.float32]]):
    """A finite float32 (48,) vector, stored as 192 little-endian bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(
        self, value: NDArray[np.float32] | None, dialect: Dialect
    ) -> bytes | None:
        if value is None:
            return None
        if value.dtype != np.float32 or value.shape != (EMBEDDING_SIZE,):
            raise ValueError(f"not float32 ({EMBEDDING_SIZE},): {value.dtype} {value.shape}")
        if not np.isfinite(value).all():
            raise ValueError("a stored vector must be finite")
        return value.astype("<f4").tobytes()

    def process_result_value(
        self, value: bytes | None, dialect: Dialect
    ) -> NDArray[np.float32] | None:
        return None if value is None else vectors_from([value])[0]


def vectors_from(blobs: Sequence[bytes]) -> NDArray[np.float32]:
    """Stored vectors, all at once: float32 (N, 48). Refuses damaged ones: DatabaseDamaged."""
    if any(len(blob) != VECTOR_BYTES for blob in blobs):
        raise DatabaseDamaged(_DAMAGED)
    vectors = np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), EMBEDDING_SIZE)
    if not np.isfinite(vectors).all():
        raise DatabaseDamaged(_DAMAGED)
    return vectors.astype(np.float32, copy=False)


def crop_from(blob: bytes) -> FaceCrop:
    """A stored crop."""
    if len(blob) != CROP_BYTES:
        raise ValueError(f"a stored crop has {len(blob)} bytes, not {CROP_BYTES}")
    return FaceCrop(np.frombuffer(blob, dtype=np.uint8).reshape(CROP_HEIGHT, CROP_WIDTH))


class CropType(TypeDecorator[FaceCrop]):
    """A uint8 (62, 47) crop, stored as its 2914 bytes, row by row."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: FaceCrop | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.pixels.tobytes()

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> FaceCrop | None:
        return None if value is None else crop_from(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime; stored, and given back, in UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must know its time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class ScopesType(TypeDecorator[frozenset[Scope]]):
    """Scopes, stored as "enroll,verify" in the order of the alphabet."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: frozenset[Scope] | None, dialect: Dialect) -> str | None:
        return None if value is None else ",".join(sorted(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[Scope] | None:
        return None if value is None else frozenset(Scope(name) for name in value.split(","))
