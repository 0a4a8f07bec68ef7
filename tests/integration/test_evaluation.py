"""The benchmarks through the real program, on the sample people arranged as LFW is."""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from gallery.bootstrap import Services
from gallery.domain.decision import Threshold
from gallery.errors import DataRejected
from gallery.evaluation import identification_report, report
from gallery.evaluation.identification import evaluate_identification
from gallery.evaluation.metrics import Rate
from gallery.evaluation.verification import evaluate_lfw
from gallery.progress import quietly
from gallery.settings import Settings

PEOPLE, PHOTOS, FOLDS = 6, 4, 2


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    database = tmp_path_factory.mktemp("gallery") / "gallery.db"
    services = Services(Settings(database_url=f"sqlite:///{database}"))
    yield services
    services.close()


@pytest.fixture
def lfw(tmp_path: Path, sample_people: dict[str, list[Path]]) -> Path:
    """Six sample people with four photos each; two folds of three mated and three other pairs."""
    folder = tmp_path / "lfw"
    for row, photos in enumerate(list(sample_people.values())[:PEOPLE]):
        (folder / "images" / f"P{row}").mkdir(parents=True)
        for number, photo in enumerate(photos[:PHOTOS], start=1):
            shutil.copy(photo, folder / "images" / f"P{row}" / f"P{row}_{number:04d}.jpg")
    first = ["P0\t1\t2", "P1\t1\t2", "P2\t1\t2", "P0\t1\tP1\t1", "P1\t2\tP2\t2", "P0\t2\tP2\t1"]
    second = ["P3\t1\t2", "P4\t1\t2", "P5\t1\t2", "P3\t1\tP4\t1", "P4\t2\tP5\t2", "P3\t2\tP5\t1"]
    (folder / "pairs.txt").write_text("\n".join([f"{FOLDS}\t3", *first, *second]) + "\n")
    (folder / "pairsDevTest.txt").write_text("\n".join(["3", *first]) + "\n")
    return folder


def test_the_sample_people_are_told_apart_at_the_threshold(lfw: Path, services: Services) -> None:
    result = evaluate_lfw(lfw, services.recognise, 2, quietly)
    (point,) = result.points
    assert (point.threshold, point.tmr, point.fmr) == (0.4, Rate(6, 6), Rate(0, 6))
    assert point.accuracy == Rate(12, 12)
    assert (result.photos, result.failed_photos, result.roc.auc) == (12, (), 1.0)
    assert result.cross_validation is not None
    assert len(result.cross_validation.folds) == FOLDS


def test_a_photo_without_a_face_is_counted_as_a_failure_and_not_dropped(
    lfw: Path, services: Services
) -> None:
    """P0's first photo stands in one mated and one other pair."""
    (lfw / "images/P0/P0_0001.jpg").write_bytes(b"not a photo")
    result = evaluate_lfw(lfw, services.recognise, 2, quietly)
    assert [photo.path for photo in result.failed_photos] == ["P0/P0_0001.jpg"]
    assert result.points[0].tmr == Rate(5, 6)
    assert result.points[0].fmr == Rate(0, 6)
    assert result.points[0].accuracy == Rate(10, 12)
    assert result.cross_validation is not None
    assert result.cross_validation.accuracy == pytest.approx((4 / 6 + 1) / 2)


def test_distances_are_those_of_compare(lfw: Path, services: Services) -> None:
    result = evaluate_lfw(lfw, services.recognise, 2, quietly)
    photos = [(lfw / f"images/P0/P0_000{n}.jpg").read_bytes() for n in (1, 2)]
    assert result.scores.distances[0] == services.compare(*photos).decision.distance


def test_view_1_has_no_folds_and_a_threshold_in_use_is_reported_beside_the_usual_one(
    lfw: Path, services: Services
) -> None:
    result = evaluate_lfw(lfw, services.recognise, 1, quietly, Threshold(0.35))
    assert result.cross_validation is None
    assert [point.threshold for point in result.points] == [0.4, 0.35]
    assert "accuracy" not in report.document(result)


def test_a_benchmark_without_a_single_face_is_refused(lfw: Path, services: Services) -> None:
    for photo in lfw.glob("images/*/*.jpg"):
        photo.write_bytes(b"")
    with pytest.raises(DataRejected, match="12 photos"):
        evaluate_lfw(lfw, services.recognise, 2, quietly)


def test_the_report_is_the_same_file_each_time(
    lfw: Path, services: Services, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        report.write(evaluate_lfw(lfw, services.recognise, 2, quietly), tmp_path / name)
    for file in ("report.json", "roc.png"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert (tmp_path / "one" / "roc.png").read_bytes().startswith(b"\x89PNG")
    written = json.loads((tmp_path / "one" / "report.json").read_text())
    assert written["accuracy"] == 1.0
    assert written["at_threshold"]["0.4"]["tmr"]["count"] == 6
    assert set(written["tar_at_fmr"]) == {"0.1", "0.01", "0.001"}
    assert written["model_id"] == services.recognise.embedder.model_id
    assert written["fpir"]["0.4"]["1"] == 0.0


def test_the_summary_names_every_figure(lfw: Path, services: Services) -> None:
    rows = dict(report.summary(evaluate_lfw(lfw, services.recognise, 2, quietly)))
    assert rows["accuracy, 2 folds"] == "1.0000 ± 0.0000"
    assert rows["pairs"] == "12, 0 failed"
    assert {"AUC", "EER", "TAR at FMR 0.001", "TMR at 0.4", "FMR at 0.4"} <= set(rows)


def test_enrolled_people_are_named_and_strangers_are_not(
    lfw: Path, tmp_path: Path, services: Services
) -> None:
    result = evaluate_identification(lfw, services, people=3, seed=1, progress=quietly)
    assert result.verified == result.tpir == Rate(3, 3)
    assert result.false_claims_matched == result.fpir == result.misnamed == Rate(0, 3)
    assert len(identification_report.transcript(result)) == 6
    identification_report.write(result, tmp_path)
    written = json.loads((tmp_path / "identification.json").read_text())
    assert written["rates"]["enrolled people named (TPIR)"]["count"] == 3
    with pytest.raises(DataRejected, match="6 people with three photos"):
        evaluate_identification(lfw, services, people=4, seed=1, progress=quietly)


def test_names_as_a_mac_writes_them_and_photos_that_lie_there_twice_change_nothing(
    lfw: Path, tmp_path: Path
) -> None:
    for row, folder in enumerate(sorted((lfw / "images").iterdir())):
        shutil.copy(folder / f"P{row}_0001.jpg", folder / f"P{row}_0009.jpg")
        folder.rename(folder.with_name(unicodedata.normalize("NFD", f"Zoë  {row}")))
    services = Services(Settings(database_url=f"sqlite:///{tmp_path / 'gallery.db'}"))
    result = evaluate_identification(lfw, services, people=3, seed=1, progress=quietly)
    services.close()
    assert result.verified == result.tpir == Rate(3, 3)
    assert {asked.claimed for asked in result.mated} <= {f"Zoë {row}" for row in range(PEOPLE)}


def test_two_folders_of_one_name_are_refused(lfw: Path, services: Services) -> None:
    shutil.copytree(lfw / "images" / "P0", lfw / "images" / "p0")
    with pytest.raises(DataRejected, match="two folders for p0: 'P0' and 'p0'"):
        evaluate_identification(lfw, services, people=3, seed=1, progress=quietly)
