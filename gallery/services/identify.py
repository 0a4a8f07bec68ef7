"""Who is this? (1:N)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gallery.domain.decision import Decision, Threshold, decide
from gallery.domain.face import FaceChoice
from gallery.domain.identity import Identity
from gallery.domain.strangers import StrangerRates, StrangerRisk
from gallery.errors import InvalidValue, PhotoRejected
from gallery.index.base import Neighbour
from gallery.services.catch_up import LiveIndex
from gallery.services.each_photo import each_photo
from gallery.services.recognise import Probe, Recognise
from gallery.services.watch import UNWATCHED, Stage, Watch, timed
from gallery.store.unit_of_work import UnitsOfWork

MAX_TOP = 100
SEARCHES = 3


@dataclass(frozen=True)
class Candidate:
    """A person and the nearest of the person's faces."""

    identity: Identity
    face_id: int
    decision: Decision


@dataclass(frozen=True, eq=False)
class Identification:
    """Candidates nearest first; identified when the nearest one matches, else unknown.

    strangers_named: how often a stranger is given a name in a gallery of this size; None where
    that was not measured.
    """

    identified: bool
    threshold: float
    model_id: str
    candidates: tuple[Candidate, ...]
    probe: Probe
    strangers_named: StrangerRisk | None


@dataclass(frozen=True)
class Identify:
    """Find the people whose stored faces are nearest to the face in a photo."""

    units: UnitsOfWork
    recognise: Recognise
    index: LiveIndex
    threshold: Threshold
    watch: Watch = UNWATCHED
    strangers: StrangerRates | None = None

    def __call__(
        self, photo: bytes, top: int = 5, choice: FaceChoice = FaceChoice.ONLY
    ) -> Identification:
        """Refuses with InvalidValue (top outside 1..100), ModelMismatch and PhotoRejected."""
        if not 1 <= top <= MAX_TOP:
            raise InvalidValue(f"top is {top}; a number from 1 to {MAX_TOP} is needed")
        probe = self.recognise(photo, choice)
        candidates, faces = self._candidates(probe, top)
        return Identification(
            identified=bool(candidates) and candidates[0].decision.matched,
            threshold=self.threshold.value,
            model_id=probe.embedding.model_id,
            candidates=candidates,
            probe=probe,
            strangers_named=self.strangers.among(faces) if self.strangers else None,
        )

    def each(
        self, photos: Sequence[bytes], top: int = 5, choice: FaceChoice = FaceChoice.ONLY
    ) -> tuple[Identification | PhotoRejected, ...]:
        """The people in each of several photos; refuses with InvalidValue and ModelMismatch."""
        return each_photo(photos, lambda photo: self(photo, top, choice))

    def _candidates(self, probe: Probe, top: int) -> tuple[tuple[Candidate, ...], int]:
        """What the index found and the database still holds, and among how many faces.

        Searched anew after a removal.
        """
        for _ in range(SEARCHES):
            with timed(self.watch, Stage.SEARCH):
                index = self.index.caught_up()
                neighbours = index.search(probe.embedding.vector, top)
            candidates = self._still_stored(neighbours, probe.embedding.model_id)
            if len(candidates) == len(neighbours):
                break
        return candidates, len(index)

    def _still_stored(
        self, neighbours: Sequence[Neighbour], model_id: str
    ) -> tuple[Candidate, ...]:
        with self.units.read() as unit:
            owners = dict(unit.identities.owners_of([found.face_id for found in neighbours]))
        return tuple(
            Candidate(
                owners[found.face_id],
                found.face_id,
                decide(found.distance, self.threshold, model_id),
            )
            for found in neighbours
            if found.face_id in owners
        )
