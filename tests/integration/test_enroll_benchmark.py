"""gallery benchmark enroll adds up."""

from __future__ import annotations

from pathlib import Path

import pytest

from gallery.bootstrap import Services
from gallery.evaluation.enroll_benchmark import STAGES, benchmark
from gallery.services.enroll_many import BulkPhoto


def test_the_stages_and_the_run_are_measured_on_a_gallery_of_the_size_asked_for(
    services: Services, sample_people: dict[str, list[Path]]
) -> None:
    photos = [
        BulkPhoto(person, str(path), path.read_bytes)
        for person, paths in list(sample_people.items())[:3]
        for path in paths
    ]
    photos.append(BulkPhoto("Zoe", "empty.jpg", lambda: b""))
    speed = benchmark(
        services.recognise, services.units_at, photos, 2, 120, lambda done, total: None
    )
    assert (speed.photos, speed.enrolled, speed.refused, speed.faces_before) == (13, 12, 1, 120)
    assert tuple(stage.name for stage in speed.stages) == STAGES
    assert sum(stage.share for stage in speed.stages) == pytest.approx(1)
    total = sum(stage.milliseconds for stage in speed.stages) / 1000
    assert speed.allowed_per_second == pytest.approx(2 / total)
    assert speed.reached == pytest.approx(speed.photos / speed.seconds / speed.allowed_per_second)
