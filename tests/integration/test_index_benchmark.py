"""`gallery benchmark index`: galleries shaped like real ones, every competitor in the same run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gallery.domain.rates import pair_distances
from gallery.evaluation import index_report
from gallery.evaluation.competitor import Competitor
from gallery.evaluation.gallery_shape import FaceSource, GalleryShape
from gallery.evaluation.index_benchmark import benchmark
from gallery.evaluation.index_competitors import FLAT, OURS, competitors
from gallery.index.structure import Structure


def test_drawn_distances_are_spread_as_the_shape_says() -> None:
    shape = GalleryShape.of_the_shipped_model()
    source = FaceSource(shape)
    people = source.people(1500)
    identity = np.repeat(np.arange(1500), 2)
    faces = source.faces(people[identity])
    assert np.linalg.norm(faces, axis=1) == pytest.approx(shape.length, rel=1e-5)
    pairs = pair_distances(faces, identity)
    assert pairs.mated.mean() == pytest.approx(shape.mated_mean, abs=0.015)
    assert pairs.mated.std() == pytest.approx(shape.mated_spread, abs=0.01)
    assert pairs.non_mated.mean() == pytest.approx(shape.other_mean, abs=0.005)
    assert pairs.non_mated.std() == pytest.approx(shape.other_spread, abs=0.005)


def test_codes_give_the_verdict_and_the_best_person_of_exact_search(tmp_path: Path) -> None:
    shape = GalleryShape.of_the_shipped_model()
    two = competitors(Structure.CODES, 0.4)[:2]
    missing = Competitor("missing", two[1].build, ("no_such_package_here",))
    rows = benchmark([20_000], 400, [*two, missing], 0.4, shape)
    assert [row.name for row in rows] == [OURS, FLAT, "missing"]
    assert rows[0].built == "codes (PQ48x4fs)"
    for row in rows[:2]:
        assert row.agreement is not None
        assert row.agreement.probes == 400
        assert row.agreement.verdicts_differ == 0
        assert row.agreement.best_under == 1.0
    assert rows[2].p50_ms is None
    assert "no_such_package_here cannot be imported" in str(rows[2].left_out)
    pytest.importorskip("matplotlib", reason="the train extra is not installed")
    text, picture = index_report.write(rows, shape, 0.4, tmp_path)
    assert len(json.loads(text.read_text())["rows"]) == 3
    assert picture.stat().st_size > 10_000
