"""The only place that chooses implementations; each is imported and made when first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from gallery.errors import InvalidValue
from gallery.services.watch import UNWATCHED, Watch
from gallery.settings import DetectorKind, Settings, url_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from gallery.detector.base import Detector, LandmarkFinder
    from gallery.domain.decision import Threshold
    from gallery.domain.strangers import StrangerRates
    from gallery.embedder.base import Embedder
    from gallery.embedder.model_card import ModelCard, PairRates
    from gallery.index.base import Index
    from gallery.services.catch_up import LiveIndex
    from gallery.services.check import Check
    from gallery.services.compare import Compare
    from gallery.services.enroll import Enroll
    from gallery.services.enroll_many import EnrollMany
    from gallery.services.identify import Identify
    from gallery.services.identities import Identities
    from gallery.services.keys import Keys
    from gallery.services.lockout import Lockout
    from gallery.services.maintenance import Maintenance
    from gallery.services.recognise import Recognise
    from gallery.services.sessions import Sessions
    from gallery.services.verify import Verify
    from gallery.store.unit_of_work import UnitsOfWork

T = TypeVar("T")


class part(Generic[T]):  # noqa: N801 - used as a decorator, like property
    """A property made at its first use and then kept; made once, also by many threads at once."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> part[T]: ...
    @overload
    def __get__(self, owner: Services, kind: type) -> T: ...
    def __get__(self, owner: Services | None, kind: type) -> part[T] | T:
        if owner is None:
            return self
        with owner.making:
            if self._name not in owner.__dict__:
                owner.__dict__[self._name] = self._make(owner)
        made: T = owner.__dict__[self._name]
        return made


class Services:
    """Every use case on one database, wired; close it when done. Safe for several threads.

    watch: is told how long stages take and what is refused. at_once: how many photos are worked on
    at the same time, whatever the number of threads; else one a core. create: whether a database is
    made where there is none, instead of refused.
    """

    def __init__(
        self,
        settings: Settings,
        watch: Watch = UNWATCHED,
        at_once: int | None = None,
        create: bool = True,
    ) -> None:
        self.settings = settings
        self.watch = watch
        self._at_once, self._create = at_once, create
        self.making = threading.RLock()

    @part
    def recognise(self) -> Recognise:
        from gallery.detector.upright import YuNetUpright
        from gallery.domain.quality import QualityLimits
        from gallery.services.in_order import cores
        from gallery.services.recognise import Recognise

        return Recognise(
            self._detector,
            self._embedder,
            QualityLimits(),
            self.watch,
            landmarks=make_landmark_finder(self.settings.detector),
            upright=YuNetUpright(),
            turn=threading.Semaphore(self._at_once or cores()),
        )

    @part
    def card(self) -> ModelCard:
        """What is known about the model in use."""
        from gallery.embedder.model_card import default_model_folder, read_card

        return read_card(default_model_folder(self.settings.model_id))

    @part
    def threshold(self) -> Threshold:
        """The distance of a match; one that every two faces are below is refused (InvalidValue)."""
        card, threshold = self.card, self.settings.threshold
        if card.greatest_distance is not None and threshold.value >= card.greatest_distance:
            raise InvalidValue(
                f"threshold is {threshold.value:g}, and no two faces were found farther apart than "
                f"{card.greatest_distance:.3f} by model {card.model_id}: everybody would match. "
                f"The model was made for {card.threshold:g}"
            )
        return threshold

    @part
    def compare(self) -> Compare:
        from gallery.services.compare import Compare

        return Compare(self.recognise, self.threshold)

    @part
    def enroll(self) -> Enroll:
        from gallery.services.enroll import Enroll

        return Enroll(self._units, self.recognise)

    @part
    def enroll_many(self) -> EnrollMany:
        from gallery.services.enroll_many import EnrollMany

        return EnrollMany(self._units, self.recognise)

    @part
    def verify(self) -> Verify:
        from gallery.services.verify import Verify

        return Verify(self._units, self.recognise, self.threshold)

    @part
    def identify(self) -> Identify:
        from gallery.services.identify import Identify

        return Identify(
            self._units,
            self.recognise,
            self._live_index,
            self.threshold,
            self.watch,
            self._stranger_rates(),
        )

    @part
    def pair_rates(self) -> PairRates | None:
        """How often verdicts on two photos were wrong on LFW; None where that was not measured."""
        from gallery.embedder.model_card import pair_rates

        return pair_rates(*self._measured())

    @part
    def identities(self) -> Identities:
        from gallery.services.identities import Identities

        return Identities(self._units)

    @part
    def keys(self) -> Keys:
        from gallery.services.keys import Keys

        return Keys(self._units)

    @part
    def sessions(self) -> Sessions:
        from gallery.services.sessions import Sessions

        return Sessions(self._units, self.keys)

    @part
    def lockout(self) -> Lockout:
        from gallery.services.lockout import Lockout

        return Lockout(self._units, self.settings.lockout)

    @part
    def maintenance(self) -> Maintenance:
        from gallery.services.maintenance import Maintenance

        return Maintenance(self._units, self._embedder, self._live_index)

    @part
    def check(self) -> Check:
        from gallery.services.check import Check
        from gallery.services.check_snapshot import SnapshotCheck

        snapshot = SnapshotCheck(
            self._units, self._embedder.model_id, self.settings.snapshot_path, self._empty_index
        )
        return Check(self._units, self._embedder, snapshot)

    def units_at(self, path: Path) -> UnitsOfWork:
        """A database of its own, for a benchmark."""
        from gallery.store.unit_of_work import UnitsOfWork

        return UnitsOfWork(_open(url_of(path)))

    def close(self) -> None:
        """Let go of the database; a later use opens it again."""
        with self.making:
            engine: Engine | None = self.__dict__.get("_engine")
            if engine is not None:
                engine.dispose()

    @part
    def _engine(self) -> Engine:
        return _open(self.settings.database_url, self._create)

    @part
    def _units(self) -> UnitsOfWork:
        from gallery.store.unit_of_work import UnitsOfWork

        return UnitsOfWork(self._engine)

    @part
    def _detector(self) -> Detector:
        return make_detector(self.settings.detector)

    @part
    def _embedder(self) -> Embedder:
        from gallery.embedder.litert import LiteRtEmbedder
        from gallery.embedder.model_card import default_model_folder

        return LiteRtEmbedder(default_model_folder(self.settings.model_id))

    @part
    def _live_index(self) -> LiveIndex:
        from gallery.services.catch_up import LiveIndex

        return LiveIndex(
            self._units,
            self._embedder.model_id,
            self._empty_index,
            self.settings.snapshot_path,
            self.watch,
        )

    def _stranger_rates(self) -> StrangerRates | None:
        from gallery.embedder.model_card import stranger_rates

        return stranger_rates(*self._measured())

    def _measured(self) -> tuple[ModelCard, str, float]:
        """Where the card tells of this model, detector and threshold on photos of LFW."""
        from gallery.embedder.model_card import lfw_figures

        benchmark = lfw_figures(2, self.settings.detector)
        return self.card, benchmark, self.settings.threshold.value

    def _empty_index(self) -> Index:
        from gallery.index.faiss_index import FaissIndex

        return FaissIndex(
            self.settings.index_structure,
            self.settings.threshold.value,
            scratch=self.settings.snapshot_path.parent,
        )


def _open(database_url: str, create: bool = True) -> Engine:
    from gallery.store.engine import open_database
    from migrations import bring_up_to_date

    engine = open_database(database_url, bring_up_to_date, create)
    try:
        bring_up_to_date(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def make_detector(kind: DetectorKind) -> Detector:
    """The detector of that kind, ready to use."""
    if kind is DetectorKind.HAAR:
        from gallery.detector.haar import Haar

        return Haar()
    from gallery.detector.yunet import YuNet

    return YuNet()


def make_landmark_finder(kind: DetectorKind) -> LandmarkFinder | None:
    """What finds landmarks where the detector of that kind gives none."""
    if kind is not DetectorKind.HAAR:
        return None
    from gallery.detector.landmarks import LandmarkNetwork

    return LandmarkNetwork()
