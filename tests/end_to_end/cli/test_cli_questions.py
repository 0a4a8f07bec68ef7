"""compare, verify and identify: verdicts as exit codes, tables and JSON."""

from __future__ import annotations

import re

import pytest
from PIL import Image


@pytest.fixture
def two(people, tmp_path):
    """A photo of two people."""
    photo = Image.open(people[0][1])
    picture = Image.new("RGB", (2 * photo.width, photo.height))
    for left in (0, photo.width):
        picture.paste(photo, (left, 0))
    picture.save(tmp_path / "two.png")
    return tmp_path / "two.png"


def test_two_photos_of_one_person_match(gallery, people):
    outcome = gallery("compare", people[0][1], people[0][4])
    assert (outcome.code, outcome.err) == (0, "")
    assert "Matched" in outcome.out
    assert "Not matched" not in outcome.out


def test_photos_of_two_people_do_not_match(gallery, people):
    outcome = gallery("compare", people[0][1], people[1][1])
    assert (outcome.code, outcome.err) == (1, "")
    assert "Not matched" in outcome.out


def test_a_comparison_stores_nothing(gallery, people):
    gallery("compare", people[0][1], people[0][4])
    assert not gallery.database.exists()


@pytest.mark.parametrize(("other", "code"), [(0, 0), (1, 1)])
def test_a_comparison_is_one_json_document(gallery, people, other, code):
    outcome = gallery("compare", "--json", people[0][1], people[other][4])
    answer = outcome.document
    assert (outcome.code, outcome.err) == (code, "")
    assert answer["matched"] is (code == 0)
    assert answer["matched"] == (answer["distance"] < answer["threshold"])
    assert answer["threshold"] == 0.4
    assert isinstance(answer["model_id"], str)
    assert "crop_png" not in answer["faces"][0]


def test_a_photo_at_exactly_the_threshold_does_not_match(gallery, people):
    photos = people[0][1], people[0][2]
    distance = gallery("compare", "--json", *photos).document["distance"]
    at = gallery("--threshold", repr(distance), "compare", "--json", *photos)
    above = gallery("--threshold", repr(distance * 1.001), "compare", "--json", *photos)
    assert (at.code, above.code) == (1, 0)


@pytest.mark.parametrize("question", [("compare",), ("identify",), ("verify", "Ada")])
def test_a_threshold_that_everybody_is_below_is_refused(enrolled, people, question):
    photos = [people[1][1], people[1][2]] if question == ("compare",) else [people[1][1]]
    refused = enrolled("--threshold", "4", *question, *photos, "--json")
    assert (refused.code, refused.refusal["code"]) == (2, "invalid_value")
    assert "everybody would match" in refused.refusal["message"]


@pytest.mark.parametrize("detector", ["yunet", "haar"])
def test_either_detector_tells_people_apart(gallery, people, detector):
    same = gallery("--detector", detector, "compare", people[0][1], people[0][2])
    different = gallery("--detector", detector, "compare", people[0][1], people[1][1])
    assert (same.code, different.code) == (0, 1)


def test_a_photo_comes_in_on_standard_input(gallery, people):
    photo = people[0][4].read_bytes()
    assert gallery("compare", people[0][1], "-", stdin=photo).code == 0


def test_a_true_claim_is_verified(enrolled, people):
    outcome = enrolled("verify", "ada", people[0][4])
    assert (outcome.code, outcome.err) == (0, "")
    assert "Ada" in outcome.out


def test_a_false_claim_is_not_verified(enrolled, people):
    outcome = enrolled("verify", "Ada", people[1][4])
    assert (outcome.code, outcome.err) == (1, "")
    assert "Not matched" in outcome.out


def test_a_verification_is_one_json_document(enrolled, people):
    outcome = enrolled("verify", "Ada", people[0][4], "--json")
    answer = outcome.document
    assert (outcome.code, outcome.err) == (0, "")
    assert answer["identity"] == {"id": answer["identity"]["id"], "name": "Ada"}
    assert answer["matched"] is True
    assert 0 < answer["distance"] < answer["threshold"]


def test_an_enrolled_person_is_identified(enrolled, people):
    outcome = enrolled("identify", people[1][4])
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("This is Bo.")
    assert re.search(r"In a gallery of \d+ faces about \d.* % of strangers are given", outcome.out)


def test_a_stranger_is_unknown(enrolled, people):
    outcome = enrolled("identify", people[-1][1])
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.startswith("Unknown person.")


def test_an_identification_names_the_nearest_first(enrolled, people):
    outcome = enrolled("identify", "--json", "--top", "2", people[1][4])
    answer = outcome.document
    assert outcome.code == 0
    assert answer["identified"] is True
    assert answer["candidates"][0]["identity"]["name"] == "Bo"
    distances = [candidate["distance"] for candidate in answer["candidates"]]
    assert len(distances) == 2
    assert distances == sorted(distances)
    assert answer["candidates"][0]["matched"] is True


def test_one_to_one_and_one_to_many_give_the_same_distance(enrolled, people):
    verified = enrolled("verify", "Bo", people[1][4], "--json").document
    identified = enrolled("identify", people[1][4], "--json").document
    assert identified["candidates"][0]["distance"] == verified["distance"]
    assert identified["candidates"][0]["face_id"] == verified["face_id"]


def test_nobody_is_known_to_an_empty_gallery(gallery, people):
    outcome = gallery("identify", people[0][1])
    assert outcome.code == 1
    assert "nobody is enrolled" in outcome.out
    answer = gallery("identify", people[0][1], "--json").document
    assert (answer["identified"], answer["candidates"]) == (False, [])
    assert answer["strangers_named"] == {"faces": 0, "rate": 0.0, "at_least": False}


@pytest.mark.parametrize("question", ["first", "second", "verify", "identify"])
def test_a_refused_photo_is_told_by_its_name_with_the_option_that_helps(
    enrolled, people, two, question
):
    arguments = {
        "first": ("compare", two, people[0][1]),
        "second": ("compare", people[0][1], two),
        "verify": ("verify", "Ada", two),
        "identify": ("identify", two),
    }[question]
    outcome = enrolled(*arguments, "--json")
    assert (outcome.code, outcome.refusal["code"]) == (3, "several_faces")
    assert outcome.refusal["message"].startswith(f"{two}: 2 faces were found")
    assert outcome.refusal["message"].endswith("ask for the largest face (--largest)")


def test_a_refused_photo_of_standard_input_is_told_as_that(gallery, black):
    outcome = gallery("identify", "-", stdin=black.read_bytes())
    assert outcome.code == 3
    assert outcome.err.startswith("Error: standard input: no face was found")


def test_colour_stays_out_of_a_pipe(enrolled, people):
    assert "\x1b[" not in enrolled("identify", people[1][4]).out


def test_no_column_of_a_table_is_cut_off_in_a_pipe(gallery, people):
    outcome = gallery("compare", people[0][1], people[0][2], COLUMNS="20")
    assert str(people[0][2]) in outcome.out
