"""Same person? Two photos, nothing stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gallery.domain.decision import Decision, Threshold, decide
from gallery.domain.embedding import distance_between
from gallery.domain.face import FaceChoice
from gallery.errors import PhotoRejected
from gallery.services.each_photo import each_photo
from gallery.services.recognise import Probe, Recognise
from gallery.services.which_photo import which_photo


@dataclass(frozen=True, eq=False)
class Comparison:
    """The verdict on two photos, and what was seen in each."""

    decision: Decision
    first: Probe
    second: Probe


@dataclass(frozen=True)
class Compare:
    """Decide whether two photos show the same person."""

    recognise: Recognise
    threshold: Threshold

    def __call__(
        self,
        first: bytes,
        second: bytes,
        choice: FaceChoice = FaceChoice.ONLY,
        names: tuple[str, str] = ("first photo", "second photo"),
    ) -> Comparison:
        """Refuses with PhotoRejected, whose `photo` is one of these names."""
        with which_photo(names[0]):
            one = self.recognise(first, choice)
        with which_photo(names[1]):
            other = self.recognise(second, choice)
        return self._decided(one, other)

    def with_each(
        self, first: bytes, others: Sequence[bytes], choice: FaceChoice = FaceChoice.ONLY
    ) -> tuple[Comparison | PhotoRejected, ...]:
        """One photo with several; refuses with PhotoRejected only for the first one."""
        one = self.recognise(first, choice)
        return each_photo(others, lambda other: self._decided(one, self.recognise(other, choice)))

    def _decided(self, one: Probe, other: Probe) -> Comparison:
        distance = distance_between(one.embedding, other.embedding)
        return Comparison(decide(distance, self.threshold, one.embedding.model_id), one, other)
