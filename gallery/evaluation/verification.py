"""1:1 benchmark: the whole program on LFW."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gallery.domain.decision import DEFAULT_THRESHOLD, Threshold
from gallery.domain.embedding import Embedding, distance_between
from gallery.domain.face import FaceChoice
from gallery.domain.strangers import StrangerRates
from gallery.errors import DataRejected, PhotoRejected
from gallery.evaluation.extra import require_extra
from gallery.evaluation.metrics import (
    CrossValidation,
    OperatingPoint,
    PairScores,
    Roc,
    TarAtFmr,
    cross_validate,
    operating_point,
    roc,
    tar_at_fmr,
)
from gallery.evaluation.protocols import Pair, PairList, read_pairs
from gallery.evaluation.strangers import stranger_rates
from gallery.progress import Track
from gallery.services.in_order import cores, in_order
from gallery.services.recognise import Recognise

TARGET_FMRS = (1e-1, 1e-2, 1e-3)


@dataclass(frozen=True)
class FailedPhoto:
    """A photo of the benchmark that the program refused, and the code of the refusal."""

    path: str
    code: str


@dataclass(frozen=True, eq=False)
class LfwReport:
    """Every figure of one run over a view of LFW.

    cross_validation is None for view 1, which has a single fold. points: at 0.4, and at the
    threshold in use where that is another one. strangers: at the same, where the photos show
    several people.
    """

    view: int
    model_id: str
    detector: str
    photos: int
    failed_photos: tuple[FailedPhoto, ...]
    scores: PairScores
    cross_validation: CrossValidation | None
    roc: Roc
    tars: tuple[TarAtFmr, ...]
    points: tuple[OperatingPoint, ...]
    strangers: tuple[StrangerRates | None, ...]


def evaluate_lfw(
    folder: Path,
    recognise: Recognise,
    view: int,
    progress: Track,
    threshold: Threshold = Threshold(),  # noqa: B008
) -> LfwReport:
    """Decode, detect, align and embed each photo once, then compare the pairs of view 1 or 2.

    Where a photo shows several faces the largest near the middle is taken, as `--largest` does: LFW
    names one person a photo, so refusing it would say nothing about telling people apart. A photo
    that the program refuses is a failure of all its pairs; `metrics` tells how those count.
    """
    require_extra()
    listed = read_pairs(folder, view)
    embeddings, failed = _embed_photos(listed, recognise, progress)
    if len(failed) == len(listed.photos):
        raise DataRejected(f"no face was found in any of {len(listed.photos)} photos")
    scores = PairScores(
        np.array([_distance(pair, embeddings) for pair in listed.pairs], np.float64),
        np.array([pair.mated for pair in listed.pairs], np.bool_),
        np.array([pair.fold for pair in listed.pairs], np.int64),
    )
    thresholds = dict.fromkeys((DEFAULT_THRESHOLD, threshold.value))
    return LfwReport(
        view,
        recognise.embedder.model_id,
        recognise.detector.name,
        len(listed.photos),
        failed,
        scores,
        cross_validate(scores) if listed.folds > 1 else None,
        roc(scores),
        tuple(tar_at_fmr(scores, target) for target in TARGET_FMRS),
        tuple(operating_point(scores, value) for value in thresholds),
        tuple(stranger_rates(_of_each_person(listed, embeddings), value) for value in thresholds),
    )


def _embed_photos(
    listed: PairList, recognise: Recognise, progress: Track
) -> tuple[dict[str, Embedding], tuple[FailedPhoto, ...]]:
    """Embeddings by path of the photos that were not refused, and those that were."""

    def embed(path: str) -> Embedding | FailedPhoto:
        try:
            return recognise((listed.images / path).read_bytes(), FaceChoice.LARGEST).embedding
        except PhotoRejected as refusal:
            return FailedPhoto(path, refusal.code)

    paths = [photo.path for photo in listed.photos]
    embeddings, failed = {}, []
    with closing(in_order(paths, embed, cores())) as results:
        for row in progress(range(len(paths)), len(paths), "recognising photos"):
            result = next(results)
            if isinstance(result, FailedPhoto):
                failed.append(result)
            else:
                embeddings[paths[row]] = result
    return embeddings, tuple(failed)


def _of_each_person(listed: PairList, embeddings: dict[str, Embedding]) -> NDArray[np.float32]:
    """The first photo of everybody that was not refused: float32 (P, 48)."""
    first: dict[str, NDArray[np.float32]] = {}
    for photo in listed.photos:
        if photo.path in embeddings:
            first.setdefault(photo.person, embeddings[photo.path].vector)
    return np.stack(list(first.values()))


def _distance(pair: Pair, embeddings: dict[str, Embedding]) -> float:
    first, second = embeddings.get(pair.first.path), embeddings.get(pair.second.path)
    if first is None or second is None:
        return float("inf")
    return distance_between(first, second)
