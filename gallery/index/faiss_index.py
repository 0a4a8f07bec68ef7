"""Search with FAISS, and then exactly: the answers of `ExactIndex`, sooner."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gallery.domain.decision import DEFAULT_THRESHOLD
from gallery.index import codes as short
from gallery.index.base import Changes, Contents, Neighbour
from gallery.index.codes import Codes, Layout
from gallery.index.flat import ranked, screen, search_rows
from gallery.index.rows import Rows
from gallery.index.structure import Structure

CODES_FROM = 20_000
"""Faces from which `auto` takes codes: below, looking at every vector takes less than 0.1 ms."""
PAIRED_FROM = 500_000
"""Faces from which codes are shorter and propose more: the others take 12 MB of the cache."""
LISTS_FROM = 4_000_000
"""Faces from which it takes codes in lists, never to go back: looking at all takes over 3 ms."""

MOST_PROPOSED = 8192
WIDER = 4
CLOSE_CALL = 1.02
"""When the best distance is above the threshold by less than this factor, every face
is looked at."""


@dataclass(frozen=True, eq=False)
class _State:
    """One moment of the index. The rows after those that have codes are looked at one by one."""

    revision: int
    token: int
    rows: Rows
    codes: Codes | None

    @property
    def structure(self) -> str:
        if self.codes is None:
            return "exact"
        name = "lists" if self.codes.layout is Layout.LISTS else "codes"
        return f"{name} ({self.codes.name})"


class FaissIndex:
    """Few faces are searched exactly; many by codes that propose and exact distances that decide.

    A search works on the state it began with, which no change touches. A change makes the next
    state from the last, in time that grows with the change. What takes longer (learning codes,
    giving codes to the newest faces, dropping the rows of removed ones) happens in a thread aside,
    and its result is swapped in.

    Codes can miss: the verdict is wrong only when a face under `certain_below` is not among the
    first `proposed` by codes, and nothing else lies under it, and no face was found within 2 %
    above it, since then every face is looked at. Rows of removed faces do not count as proposed:
    codes propose more until enough of them are faces.

    proposed: how many faces codes propose at first; None leaves it to their layout.
    scratch: a folder where the vectors of a very large gallery may lie in a file without a name,
    mapped; None keeps all in memory.
    """

    def __init__(
        self,
        structure: Structure = Structure.AUTO,
        certain_below: float = DEFAULT_THRESHOLD,
        proposed: int | None = None,
        scratch: Path | None = None,
    ) -> None:
        self._pinned = structure
        self._certain_below = certain_below
        self._proposed = proposed
        self._state = _State(0, 0, Rows.none(scratch), None)
        self._changing = threading.Lock()
        self._aside: threading.Thread | None = None

    @property
    def revision(self) -> int:
        return self._state.revision

    @property
    def mark(self) -> tuple[int, int]:
        state = self._state
        return state.revision, state.token

    @property
    def structure(self) -> str:
        return self._state.structure

    def __len__(self) -> int:
        return self._state.rows.held

    def apply(self, changes: Changes) -> None:
        """A face that is added again takes its new vector."""
        with self._changing:
            old = self._state
            if changes.revision <= old.revision:
                return
            rows = old.rows.changed(
                changes.face_ids, changes.identity_ids, changes.vectors, changes.removed
            )
            self._state = _State(changes.revision, changes.token, rows, old.codes)
            self._begin_aside()

    def search(self, probe: NDArray[np.float32], top: int) -> Sequence[Neighbour]:
        state = self._state
        found = None if state.codes is None else self._by_codes(state.rows, state.codes, probe, top)
        return search_rows(state.rows, probe, top) if found is None else found

    def _by_codes(
        self, rows: Rows, codes: Codes, probe: NDArray[np.float32], top: int
    ) -> tuple[Neighbour, ...] | None:
        """None when only a look at every face can tell."""
        enough = max(self._proposed or codes.layout.proposes, WIDER * top)
        newest, unseen_from = screen(rows, codes.count, probe, enough)
        look = enough + math.ceil(2 * enough * rows.gone_count / rows.count)
        while True:
            proposed = codes.nearest(probe, min(look, codes.count))
            short_of = rows.gone_count and np.count_nonzero(~rows.gone[proposed]) < enough
            if len(newest):
                proposed = np.concatenate([proposed, newest])
            found = ranked(rows, proposed, probe, top)
            if (len(found) >= top and not short_of) or look >= codes.count:
                break
            look *= WIDER
            if look > MOST_PROPOSED:
                return None
        complete = len(found) >= top or math.isinf(unseen_from)
        if not found or not complete or found[-1].distance >= unseen_from:
            return None
        close = self._certain_below <= found[0].distance < CLOSE_CALL * self._certain_below
        return None if close and look < codes.count else found

    def settle(self) -> None:
        while (aside := self._aside) is not None:
            aside.join()

    def contents(self) -> Contents:
        state = self._state
        rows, codes = state.rows, state.codes
        return Contents(
            revision=state.revision,
            token=state.token,
            face_ids=rows.face_ids,
            identity_ids=rows.identity_ids,
            vectors=rows.vectors,
            gone=rows.gone[: rows.count],
            structure=state.structure,
            codes=b"" if codes is None else codes.to_bytes(),
            coded=0 if codes is None else codes.count,
        )

    def restore(self, contents: Contents) -> None:
        """Codes are left aside where the structure is pinned to `exact`."""
        with self._changing:
            if self._state.revision or self._state.rows.count:
                raise ValueError("the index is not empty")
            codes = None
            if contents.codes and self._pinned is not Structure.EXACT:
                codes = Codes.from_bytes(contents.codes, contents.coded)
            rows = Rows.of(
                contents.face_ids,
                contents.identity_ids,
                contents.vectors,
                contents.gone,
                self._state.rows.scratch,
            )
            self._state = _State(contents.revision, contents.token, rows, codes)
            self._begin_aside()

    def _begin_aside(self) -> None:
        if self._aside is None and (self._untidy(self._state) or self._codes_due(self._state)):
            self._aside = threading.Thread(target=self._work_aside, name="index", daemon=True)
            self._aside.start()

    def _work_aside(self) -> None:
        try:
            while True:
                state = self._state
                if self._untidy(state):
                    self._tidy(state)
                elif self._codes_due(state):
                    codes = self._new_codes(state)
                    with self._changing:
                        self._state = replace(self._state, codes=codes)
                else:
                    with self._changing:
                        if self._state is state:
                            self._aside = None
                            return
        except BaseException:
            self._aside = None  # the next change tries again; searches stay right without
            raise

    @staticmethod
    def _untidy(state: _State) -> bool:
        """A quarter of the rows is gone, or an eighth of them is out of order."""
        rows = state.rows
        some = rows.count >= short.LEAST
        return some and (
            4 * rows.gone_count > rows.count or 8 * (rows.count - rows.in_order) > rows.count
        )

    def _codes_due(self, state: _State) -> bool:
        rows, codes = state.rows, state.codes
        if codes is None:
            least = CODES_FROM if self._pinned is Structure.AUTO else short.LEAST
            return self._pinned is not Structure.EXACT and rows.held >= least
        if self._layout(state) is not codes.layout:
            return True
        newest = rows.count - codes.count
        return newest > max(2 * short.LEAST, codes.count // 64)

    def _layout(self, state: _State) -> Layout:
        """What codes of that many faces are written in; nothing makes them longer again."""
        held = state.rows.held
        layout = Layout.PAIRED if held >= PAIRED_FROM else Layout.SINGLE
        large = self._pinned is Structure.AUTO and held >= LISTS_FROM
        if large or self._pinned is Structure.LISTS:
            layout = Layout.LISTS
        before = Layout.SINGLE if state.codes is None else state.codes.layout
        if before is Layout.LISTS and self._pinned is Structure.CODES:
            return layout
        return max(before, layout)

    def _new_codes(self, state: _State) -> Codes:
        """Learned anew when the gallery is four times as large, or wants another layout."""
        rows, codes, layout = state.rows, state.codes, self._layout(state)
        outgrown = codes is not None and rows.count > WIDER * codes.learned_at
        if codes is None or outgrown or codes.layout is not layout:
            return Codes.learn(rows.vectors, layout)
        return codes.extended(rows.vectors[codes.count :])

    def _tidy(self, before: _State) -> None:
        """Only the swap at the end keeps changes waiting: what came meanwhile is done again."""
        old = before.rows
        rows = old.tidy()
        codes = before.codes
        if codes is not None:
            codes = codes.anew(rows.vectors) if rows.count >= short.LEAST else None
        with self._changing:
            now = self._state.rows
            left = old.face_ids[now.gone[: old.count] & ~old.gone[: old.count]]
            came = np.arange(old.count, now.count)
            came = came[~now.gone[came]]
            rows = rows.changed(
                now.all_face_ids[came], now.all_identity_ids[came], now.all_vectors[came], left
            )
            self._state = replace(self._state, rows=rows, codes=codes)
