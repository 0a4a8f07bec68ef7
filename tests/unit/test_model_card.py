"""A model is used only when its card makes sense and its file is the one the card was made for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from gallery.domain.strangers import StrangerRates
from gallery.embedder.model_card import (
    DEFAULT_MODEL,
    PairRates,
    default_model_folder,
    pair_rates,
    read_card,
    read_model,
    shipped_models,
    stranger_rates,
    strangers_at_least,
)
from gallery.errors import ModelUnavailable

NETWORK = b"the bytes of a network"
FIELDS: dict[str, Any] = {
    "model_id": "tiny-1",
    "tflite_sha256": hashlib.sha256(NETWORK).hexdigest(),
    "threshold": 0.4,
    "architecture": "seed",
    "parameters": 99760,
    "purpose": "For a test.",
    "data": {"people": 3},
    "figures": {"lfw": {"accuracy": 0.9}},
    "limits": ["Not for doors."],
}


def write_model(folder: Path, network: bytes = NETWORK, **changes: Any) -> Path:
    folder.mkdir()
    (folder / "model.tflite").write_bytes(network)
    (folder / "card.json").write_text(json.dumps(FIELDS | changes), encoding="utf-8")
    return folder


def test_a_card_is_read_with_every_field(tmp_path: Path) -> None:
    card, network = read_model(write_model(tmp_path / "tiny", created="2026-01-02", scale=0.5))
    assert network == NETWORK
    assert (card.model_id, card.parameters, card.threshold) == ("tiny-1", 99760, 0.4)
    assert card.figures == {"lfw": {"accuracy": 0.9}}
    assert card.limits == ("Not for doors.",)
    assert (card.created, card.scale) == ("2026-01-02", 0.5)


@pytest.mark.parametrize(
    ("told", "greatest"), [({"greatest_distance": 0.8}, 0.8), ({}, 1.0), (None, 1.0), ([], 1.0)]
)
def test_no_threshold_makes_sense_beyond_what_faces_are_apart(
    tmp_path: Path, told: Any, greatest: float
) -> None:
    figures = {"held_out_people": told}
    card = read_card(write_model(tmp_path / "tiny-1", figures=figures, scale=0.5))
    assert card.greatest_distance == greatest


def test_what_a_later_version_writes_besides_does_no_harm(tmp_path: Path) -> None:
    assert read_card(write_model(tmp_path / "tiny", colour="blue")).model_id == "tiny-1"


def test_a_network_that_is_not_the_card_s_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"damaged.*SHA-256.*Train the model again"):
        read_model(write_model(tmp_path / "tiny", NETWORK + b"!"))


@pytest.mark.parametrize("missing", sorted(FIELDS))
def test_a_card_without_a_needed_field_is_refused_by_its_name(tmp_path: Path, missing: str) -> None:
    folder = write_model(tmp_path / "tiny")
    fields = {name: value for name, value in FIELDS.items() if name != missing}
    (folder / "card.json").write_text(json.dumps(fields), encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=missing):
        read_card(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold", -1),
        ("threshold", "0.4"),
        ("threshold", float("nan")),
        ("parameters", None),
        ("model_id", ""),
        ("limits", "none"),
        ("figures", []),
    ],
)
def test_a_card_with_nonsense_is_refused(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(ModelUnavailable, match=name):
        read_card(write_model(tmp_path / "tiny", **{name: value}))


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_a_damaged_card_is_refused(tmp_path: Path, text: str) -> None:
    folder = write_model(tmp_path / "tiny")
    (folder / "card.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=r"card\.json"):
        read_card(folder)


def test_a_card_in_another_encoding_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    (folder / "card.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelUnavailable, match=r"card\.json"):
        read_card(folder)


def test_a_folder_without_a_network_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    (folder / "model.tflite").unlink()
    with pytest.raises(ModelUnavailable, match=r"model\.tflite cannot be read"):
        read_model(folder)


def test_every_shipped_model_is_whole_and_the_default_is_the_first() -> None:
    cards = shipped_models()
    assert cards[0].model_id == DEFAULT_MODEL
    for card in cards:
        assert read_model(default_model_folder(card.model_id))[0] == card


def test_an_unknown_model_is_refused_with_those_there_are() -> None:
    with pytest.raises(ModelUnavailable, match=DEFAULT_MODEL):
        default_model_folder("nonsense")


def test_a_path_names_a_trained_model(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    assert default_model_folder(str(folder)) == folder


def test_the_card_tells_how_often_strangers_are_named(tmp_path: Path) -> None:
    figures = {"lfw_view_2": {"fpir_at_0.4": {"1": 0.001, "10": 0.02}}}
    card = read_card(write_model(tmp_path / "tiny-1", figures=figures))
    assert stranger_rates(card, "lfw_view_2", 0.4) == StrangerRates((1, 10), (0.001, 0.02))
    assert stranger_rates(card, "lfw_view_2", 0.35) is None
    assert stranger_rates(card, "lfw_view_2_haar", 0.4) is None


@pytest.mark.parametrize("told", [None, "0.1", {"ten": 0.1}, {"10": "many"}, {"10": 2}, {}])
def test_rates_that_make_no_sense_are_not_told(tmp_path: Path, told: Any) -> None:
    figures = {"lfw_view_2": {"fpir_at_0.4": told}}
    card = read_card(write_model(tmp_path / "tiny-1", figures=figures))
    assert stranger_rates(card, "lfw_view_2", 0.4) is None


def test_the_card_tells_how_often_two_photos_are_misjudged(tmp_path: Path) -> None:
    told = {"fmr": "0.001 (0.0005 to 0.002)", "fnmr": "0.1 (0.09 to 0.11)"}
    card = read_card(write_model(tmp_path / "tiny-1", figures={"lfw_view_2": {"at_0.4": told}}))
    assert pair_rates(card, "lfw_view_2", 0.4) == PairRates(0.001, 0.1)
    assert pair_rates(card, "lfw_view_2", 0.35) is None
    assert pair_rates(card, "lfw_view_2_haar", 0.4) is None


@pytest.mark.parametrize("told", [None, "0.1", {"fmr": "0.1"}, {"fmr": "", "fnmr": ""}, {"fmr": 1}])
def test_misjudgements_that_make_no_sense_are_not_told(tmp_path: Path, told: Any) -> None:
    card = read_card(write_model(tmp_path / "tiny-1", figures={"lfw_view_2": {"at_0.4": told}}))
    assert pair_rates(card, "lfw_view_2", 0.4) is None


def test_the_card_tells_how_many_strangers_a_wide_threshold_takes(tmp_path: Path) -> None:
    told = {"0.1": {"threshold": 0.5}, "0.01": {"threshold": 0.45}, "0.001": {"threshold": 0.4}}
    figures = {"held_out_people": {"at_false_match_rate": told}}
    card = read_card(write_model(tmp_path / "tiny-1", figures=figures))
    known = {0.39: None, 0.4: 0.001, 0.46: 0.01, 2.0: 0.1}
    assert {at: strangers_at_least(card, at) for at in known} == known


@pytest.mark.parametrize(
    "told", [None, [], {"0.1": 0.5}, {"many": {"threshold": 0.1}}, {"0.1": {}}]
)
def test_strangers_that_make_no_sense_are_not_told(tmp_path: Path, told: Any) -> None:
    figures = {"held_out_people": {"at_false_match_rate": told}}
    card = read_card(write_model(tmp_path / "tiny-1", figures=figures))
    assert strangers_at_least(card, 0.4) is None
