"""Help, version, models, demo and serve as they are first met."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from importlib.metadata import version

import pytest

from cli.main import COMMANDS

NAMES = [name for commands in COMMANDS.values() for name in commands]


def test_help_names_every_command(gallery):
    outcome = gallery("--help")
    assert (outcome.code, outcome.err) == (0, "")
    for name in NAMES:
        assert f" {name} " in outcome.out


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help(gallery, name):
    outcome = gallery(name, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert f"gallery {name}" in outcome.out


def test_a_bare_call_shows_the_help(gallery):
    outcome = gallery()
    assert outcome.code == 2
    assert "compare" in outcome.out


def test_brackets_in_help_are_kept(gallery):
    assert "face-gallery[train]" in gallery("evaluate", "lfw", "--help", COLUMNS="200").out


def test_the_version_is_that_of_the_package(gallery):
    assert gallery("--version").out.strip() == f"gallery {version('face-gallery')}"


def test_the_shipped_models_are_listed_and_have_cards(gallery):
    listed = gallery("models", "--json").document
    ids = [card["model_id"] for card in listed["models"]]
    assert listed["default"] == ids[0]
    assert ids[0] in gallery("models").out
    for model_id in ids:
        card = gallery("models", "card", model_id, "--json").document
        assert card["model_id"] == model_id
        assert gallery("models", "--json", "card", model_id).document == card
        shown = gallery("models", "card", model_id)
        assert (shown.code, shown.err) == (0, "")
        assert card["limits"][0] in " ".join(shown.out.split())
    assert gallery("models", "card").out == gallery("models", "card", ids[0]).out


def test_an_unknown_card_is_refused_with_the_models_there_are(gallery):
    outcome = gallery("models", "card", "nonsense", "--json")
    assert (outcome.code, outcome.refusal["code"]) == (5, "model_unavailable")


def test_the_demo_comes_out_as_expected_and_touches_no_gallery(gallery, people):
    outcome = gallery("demo")
    assert (outcome.code, outcome.err) == (0, ""), outcome.out
    assert "Every verdict was right." in outcome.out
    assert "WRONG" not in outcome.out
    assert "gallery enroll" in outcome.out
    assert "gallery serve" in outcome.out
    assert not gallery.database.exists()
    assert list(gallery.home.iterdir()) == []


def test_the_demo_is_one_json_document(gallery, people):
    answer = gallery("demo", "--json").document
    assert answer["passed"] is True
    assert answer["people"] == len(people) - 1
    assert [step["right"] for step in answer["steps"]] == [True] * 6
    for step in answer["steps"]:
        assert (step["distance"] < step["threshold"]) == (step["verdict"] == "Matched")


def test_a_demo_whose_verdicts_are_wrong_says_so(gallery, people):
    outcome = gallery("--threshold", "0.8", "demo")
    assert outcome.code == 1
    assert "WRONG" in outcome.out


def test_serve_answers_on_loopback_and_ends_with_ctrl_c(gallery):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = gallery.start("serve", "--port", "0", "--workers", "1", **pipes)
    try:
        greeting = process.stdout.readline().decode()
        address = next(word for word in greeting.split() if word.startswith("http://127.0.0.1:"))
        with urllib.request.urlopen(f"{address}/healthz", timeout=30) as answer:  # noqa: S310
            assert answer.status == 200
            json.load(answer)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
        said = process.stderr.read().decode()
        process.stdout.close()
        process.stderr.close()
    assert code == 0, said
    assert said == "" or "level=WARNING" not in said


def test_serving_to_others_without_a_key_is_refused_with_what_to_type(gallery):
    outcome = gallery("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104
    assert (outcome.code, outcome.out) == (5, "")
    assert "gallery keys create --scope admin" in outcome.err
