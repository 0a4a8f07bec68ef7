"""The index role: a cache of stored faces that can be thrown away at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Changes:
    """What happened to the gallery up to a revision.

    added: ids int64 (A,), identities int64 (A,), vectors float32 (A, 48), one row a face, in order.
    removed: face ids int64 (R,). A face is in one of the two at most; removing an id that the
    index does not hold, or adding one that it already holds with the same vector, is no error.
    token: the random number of the change with that revision, which tells two histories apart.
    """

    revision: int
    face_ids: NDArray[np.int64]
    identity_ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    removed: NDArray[np.int64]
    token: int = 0


@dataclass(frozen=True, eq=False)
class Contents:
    """Everything that an index holds at one moment, to be written down and taken up again.

    Rows as in Changes; gone: bool (N,), rows that are no longer held. codes: what the index
    searches instead of the first `coded` rows, in its own format; empty when it searches the rows.
    """

    revision: int
    token: int
    face_ids: NDArray[np.int64]
    identity_ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    gone: NDArray[np.bool_]
    structure: str
    codes: bytes = b""
    coded: int = 0


class Neighbour(NamedTuple):
    """The nearest face of one identity."""

    identity_id: int
    face_id: int
    distance: float


class Index(Protocol):
    """Safe to call from several threads at once: a search never sees half a change.

    A search never waits for a change, and a change never for a search.
    """

    @property
    def revision(self) -> int:
        """The last revision that the index holds; 0 when it holds none."""

    @property
    def mark(self) -> tuple[int, int]:
        """The last revision and its token, of one moment."""

    @property
    def structure(self) -> str:
        """How it searches now, in words for the operator."""

    def __len__(self) -> int:
        """How many faces the index holds."""

    def apply(self, changes: Changes) -> None:
        """Take in changes; those up to the index's own revision are ignored."""

    def search(self, probe: NDArray[np.float32], top: int) -> Sequence[Neighbour]:
        """The `top` nearest identities by their nearest face, nearest first; ties by face id.

        Distances are those of `gallery.domain.embedding.distances_to`, exactly.
        """

    def settle(self) -> None:
        """Wait for what the index does aside: building a structure, tidying up."""

    def contents(self) -> Contents:
        """What it holds now."""

    def restore(self, contents: Contents) -> None:
        """Take up what was held; the index must be empty. Raises ValueError when it cannot."""
