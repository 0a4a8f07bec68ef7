"""Photos that many tests use: synthetic people, and the benchmark where it is at hand."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "samples"
LFW = ROOT.parent / "shared" / "faces" / "lfw"


@pytest.fixture(scope="session")
def sample_people() -> dict[str, list[Path]]:
    """Paths of the photos of each synthetic person, by name."""
    people = {
        folder.name: sorted(folder.glob("*.jpg")) for folder in SAMPLES.iterdir() if folder.is_dir()
    }
    return dict(sorted(people.items()))


@pytest.fixture(scope="session")
def sample_photos(sample_people: dict[str, list[Path]]) -> list[Path]:
    return [photo for photos in sample_people.values() for photo in photos]


@pytest.fixture(scope="session")
def portrait(sample_photos: list[Path]) -> bytes:
    """One synthetic person, alone in the photo."""
    return sample_photos[0].read_bytes()


@pytest.fixture(scope="session")
def two_people(sample_people: dict[str, list[Path]]) -> bytes:
    """Two synthetic people side by side, the right one half as large again."""
    one, other = (
        Image.open(photos[0]).convert("RGB") for photos in list(sample_people.values())[:2]
    )
    other = other.resize((one.width * 3 // 2, other.height * one.width * 3 // 2 // other.width))
    both = Image.new("RGB", (one.width + other.width, max(one.height, other.height)), "gray")
    both.paste(one, (0, 0))
    both.paste(other, (one.width, 0))
    out = io.BytesIO()
    both.save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="session")
def lfw_photos() -> list[Path]:
    """Photos of the LFW benchmark in a fixed random order; they are not part of the project."""
    photos = sorted((LFW / "images").glob("*/*.jpg"))
    if not photos:
        pytest.skip(f"no LFW photos in {LFW / 'images'}")
    order = np.random.default_rng(0).permutation(len(photos))
    return [photos[index] for index in order]


@pytest.fixture(scope="session")
def promised() -> Callable[..., None]:
    """Fails unless an answer is one that the OpenAPI document promises for a path and a method."""

    def holds(document: dict[str, Any], method: str, path: str, answer: Any) -> None:
        responses = document["paths"][path][method.lower()]["responses"]
        status = str(answer.status_code)
        assert status in responses, f"{method} {path} answers {status}, which is not documented"
        said = responses[status]
        if "$ref" in said:
            said = document["components"]["responses"][said["$ref"].rpartition("/")[2]]
        for name in said.get("headers", {}):
            assert name in answer.headers, f"{method} {path} {status} lacks {name}"
        if "content" not in said:
            assert answer.data == b""
            return
        [(media_type, content)] = said["content"].items()
        assert answer.mimetype == media_type
        if media_type.endswith("json"):
            schema = {**content["schema"], "components": document["components"]}
            validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            validator.validate(json.loads(answer.data))

    return holds
