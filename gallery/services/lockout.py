"""How many photos may fail against one person before nobody may try for a while."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gallery.domain.access import Rate, utc_now
from gallery.errors import LockedOut
from gallery.services.verify import Verification
from gallery.store.unit_of_work import ReadUnit, UnitsOfWork, WriteUnit

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lockout:
    """Of a person, no more than `limit.count` failed verifications are told in `limit.seconds`.

    The limit is the person's, whoever asks with whichever key and at whichever process: a verdict
    is told only after its failure has been committed, so many questions at once gain nothing. No
    verdict is told, not even a match, where a failure could not have been committed: what is left
    unsaid would tell it. A match does not wipe the failures out, as the rightful owner's would help
    whoever else is trying.

    A failure that lies further ahead than the limit is long was stamped by a clock that has been
    set back since, and does not count; one that lies less far ahead does, as such a step is small.
    """

    units: UnitsOfWork
    limit: Rate
    clock: Callable[[], datetime] = utc_now

    def watched(self, identity_id: int, ask: Callable[[], Verification]) -> Verification:
        """The verdict, if it may be told; raises LockedOut, also where that came meanwhile, and
        DatabaseUnavailable."""
        self.refuse_locked(identity_id)
        verification = ask()
        if verification.decision.matched:
            self.matched(identity_id)
        else:
            self.failed(identity_id)
        return verification

    def refuse_locked(self, identity_id: int) -> None:
        """Raise LockedOut while no verdict about the person may be told."""
        with self.units.read() as unit:
            self._refuse(unit, identity_id, self.clock())

    def failed(self, identity_id: int) -> None:
        """Count a failure; raises LockedOut where its verdict may not be told any more."""
        now = self.clock()
        with self.units.write() as unit:
            self._count(unit, identity_id, now)
            locked = unit.failures.nth_newest(identity_id, self.limit.count, *self._window(now))
            unit.commit()
        if locked is not None:
            count, seconds = self.limit.count, self.limit.seconds
            _log.warning(
                "locked out identity_id=%d after %d failures in %d s", identity_id, count, seconds
            )

    def matched(self, identity_id: int) -> None:
        """Raise what `failed` would: a failure is written, taken back, and the change committed."""
        with self.units.write() as unit:
            counted = self._count(unit, identity_id, self.clock())
            if counted is not None:
                unit.failures.remove(counted)
            unit.commit()

    def _count(self, unit: WriteUnit, identity_id: int, now: datetime) -> int | None:
        """The id of the failure; None of a person removed meanwhile, whom nothing can protect."""
        self._refuse(unit, identity_id, now)
        unit.failures.remove_outside(*self._window(now))
        if unit.identities.get(identity_id) is None:
            return None
        return unit.failures.add(identity_id, now)

    def _refuse(self, unit: ReadUnit, identity_id: int, now: datetime) -> None:
        since, until = self._window(now)
        oldest = unit.failures.nth_newest(identity_id, self.limit.count, since, until)
        if oldest is None:
            return
        wait = max(1, math.ceil((oldest - since).total_seconds()))
        raise LockedOut(
            f"{self.limit.count} verifications of this person failed within "
            f"{self.limit.seconds} s, as many as may; try again in {wait} s",
            wait,
        )

    def _window(self, now: datetime) -> tuple[datetime, datetime]:
        """The moments between which a failure counts."""
        length = timedelta(seconds=self.limit.seconds)
        return now - length, now + length
