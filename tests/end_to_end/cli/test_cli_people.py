"""enroll, list, show, rename, remove and remove-face."""

from __future__ import annotations

import json
import os
import pty
import shutil
import sqlite3
import subprocess
import termios
from contextlib import closing

import pytest


def names(gallery):
    return [person["name"] for person in gallery("list", "--json").document["identities"]]


def test_an_empty_gallery_says_what_to_type_next(gallery):
    outcome = gallery("list")
    assert (outcome.code, outcome.err) == (0, "")
    assert "gallery enroll NAME PHOTO" in outcome.out
    assert gallery("list", "--json").document == {"identities": []}


def test_an_enrolled_person_is_listed_and_shown(gallery, people):
    outcome = gallery("enroll", "Ada", people[0][1], people[0][2])
    assert (outcome.code, outcome.err) == (0, "")
    assert "Ada has 2 faces." in outcome.out
    assert "Ada" in gallery("list").out
    shown = gallery("show", "ADA", "--json").document
    assert (shown["name"], shown["face_count"], len(shown["faces"])) == ("Ada", 2, 2)
    assert shown["faces"][0]["quality"]["face_width"] > 0
    assert str(shown["faces"][0]["id"]) in gallery("show", "Ada").out


def test_an_enrollment_is_one_json_document(gallery, people):
    answer = gallery("enroll", "Ada", people[0][1], "--json").document
    assert answer["identity"]["name"] == "Ada"
    assert answer["identity"]["face_count"] == 1
    assert answer["faces"][0]["identity_id"] == answer["identity"]["id"]


def test_a_folder_is_enrolled_whole_and_what_is_no_photo_in_it_is_left_out(
    gallery, people, tmp_path
):
    folder = tmp_path / "photos"
    shutil.copytree(people[0].folder, folder)
    (folder / "notes.txt").write_text("no photo")
    (folder / "._1.jpg").write_text("left by an archive")
    count = len(list(people[0].folder.glob("*.jpg")))
    answer = gallery("enroll", "Ada", folder, "--json").document
    assert len(answer["faces"]) == count


def test_a_photo_is_enrolled_from_standard_input(gallery, people):
    assert gallery("enroll", "Ada", "-", stdin=people[0][1].read_bytes()).code == 0


def test_one_refused_photo_leaves_the_gallery_as_it_was(gallery, people, black):
    outcome = gallery("enroll", "Ada", people[0][1], black, "--json")
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.refusal["code"] == "no_face"
    assert str(black) in outcome.refusal["message"]
    assert names(gallery) == []


def test_a_photo_is_enrolled_once_for_a_person(enrolled, people):
    outcome = enrolled("enroll", "Ada", people[0][4], people[0][1], "--json")
    assert outcome.code == 4
    assert outcome.refusal["code"] == "photo_already_enrolled"
    assert outcome.refusal["message"].startswith(str(people[0][1]))
    assert enrolled("show", "Ada", "--json").document["face_count"] == 3


def test_one_photo_in_two_files_is_told_by_their_names(gallery, people, tmp_path):
    first, second = tmp_path / "a.jpg", tmp_path / "b.jpg"
    for copy in (first, second):
        shutil.copy(people[0][1], copy)
    outcome = gallery("enroll", "Newbie", first, second, "--json")
    assert (outcome.code, outcome.refusal["code"]) == (4, "photo_already_enrolled")
    assert outcome.refusal["message"] == f"{second} is the same photo as {first}; give it once"
    assert names(gallery) == []


def test_a_renamed_person_is_still_recognised(enrolled, people):
    assert enrolled("rename", "Ada", "Ada Lovelace").code == 0
    assert names(enrolled) == ["Ada Lovelace", "Bo", "Cleo"]
    assert enrolled("verify", "ada lovelace", people[0][4]).code == 0


def test_a_name_that_is_taken_is_refused(enrolled):
    outcome = enrolled("rename", "Ada", "bo", "--json")
    assert (outcome.code, outcome.refusal["code"]) == (4, "name_taken")


def test_a_removed_person_is_unknown_from_then_on(enrolled, people):
    assert enrolled("identify", people[0][4]).code == 0
    outcome = enrolled("remove", "Ada", "--yes", "--json")
    assert (outcome.code, outcome.document["removed"]["name"]) == (0, "Ada")
    assert names(enrolled) == ["Bo", "Cleo"]
    assert enrolled("identify", people[0][4]).code == 1
    assert enrolled("verify", "Ada", people[0][4]).code == 4


def test_without_a_terminal_a_removal_needs_yes(enrolled):
    outcome = enrolled("remove", "Ada")
    assert outcome.code == 2
    assert "--yes" in outcome.err
    assert "Ada" in names(enrolled)


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 2), ("n", 1, 3), ("\x04", 130, 3)])
def test_on_a_terminal_a_removal_is_asked_for(enrolled, answer, code, left):
    ours, theirs = pty.openpty()
    process = enrolled.start("remove", "Ada", stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    asked = b""
    while b"?" not in asked:
        asked += os.read(ours, 1024)
    os.write(ours, answer.encode() + (b"\n" if answer.isalpha() else b""))
    assert process.wait(60) == code
    os.close(ours)
    assert len(names(enrolled)) == left


def test_a_removal_that_is_declined_is_json_too(enrolled):
    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    with enrolled.start(
        "remove", "Ada", "--json", stdin=theirs, stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        assert json.load(process.stdout) == {"removed": None}
        assert process.wait(60) == 1
    os.close(ours)


def test_a_narrow_terminal_cuts_nothing_away(enrolled):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 40))
    with enrolled.start("show", "Ada", stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        assert process.wait(60) == 0
    shown = os.read(ours, 65536).decode().split()
    os.close(ours)
    for face in enrolled("show", "Ada", "--json").document["faces"]:
        quality = face["quality"]
        wanted = {f"{quality['sharpness']:.0f}", f"{quality['yaw']:.2f}", face["created_at"][:10]}
        assert wanted <= set(shown)


def test_one_face_is_removed_and_the_person_stays(enrolled):
    faces = enrolled("show", "Ada", "--json").document["faces"]
    outcome = enrolled("remove-face", "Ada", str(faces[0]["id"]), "--json")
    assert (outcome.code, outcome.document["identity"]["face_count"]) == (0, 2)
    left = enrolled("show", "Ada", "--json").document["faces"]
    assert left == faces[1:]


@pytest.mark.parametrize("face_id", ["999", "0", str(10**30)])
def test_a_face_that_is_not_the_person_s_is_not_found(enrolled, face_id):
    outcome = enrolled("remove-face", "Ada", face_id, "--json")
    assert (outcome.code, outcome.refusal["code"]) == (4, "face_not_found")


def test_a_person_without_faces_can_be_shown_but_not_verified(enrolled, people):
    for face in enrolled("show", "Ada", "--json").document["faces"]:
        assert enrolled("remove-face", "Ada", str(face["id"])).code == 0
    assert "gallery enroll" in enrolled("show", "Ada").out
    outcome = enrolled("verify", "Ada", people[0][4], "--json")
    assert (outcome.code, outcome.refusal["code"]) == (5, "nothing_enrolled")


def test_a_name_that_looks_like_markup_or_an_option_is_only_a_name(gallery, people):
    assert gallery("enroll", "--", "[red]--José", people[0][1]).code == 0
    assert "[red]--José" in gallery("list").out
    assert names(gallery) == ["[red]--José"]


def test_a_name_survives_an_output_that_cannot_write_it(gallery, people):
    gallery("enroll", "José 李", people[0][1])
    plain = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    assert gallery("list", **plain).code == 0
    answer = gallery("list", "--json", **plain).document
    assert answer["identities"][0]["name"] == "José 李"


def test_a_database_is_given_by_its_path(gallery, people, tmp_path):
    path = tmp_path / "another one.db"
    assert gallery("--database", path, "enroll", "Ada", people[0][1]).code == 0
    assert path.is_file()
    assert names(gallery) == []


@pytest.mark.parametrize(
    "command", [["list"], ["check", "--repair"], ["remove", "Ada", "--yes"], ["keys", "list"]]
)
def test_a_mistyped_path_makes_no_gallery(gallery, tmp_path, command):
    path = tmp_path / "folder" / "mistyped.db"
    refused = gallery("--database", path, *command)
    assert refused.code == 5
    assert "there is no gallery here yet" in refused.err
    assert str(path) in refused.err
    assert not path.parent.exists()


def test_nothing_needs_to_be_computed_anew_with_one_model(enrolled):
    answer = enrolled("reembed", "--json").document
    assert answer["reembedded"] == 0


def test_a_damaged_crop_is_not_computed_anew(enrolled):
    with closing(sqlite3.connect(enrolled.database)) as connection:
        connection.execute("UPDATE face SET model_id = 'old', contrast = contrast + 1 WHERE id = 1")
        connection.commit()
    outcome = enrolled("reembed")
    assert outcome.code == 1
    assert "1 face with a damaged crop: 1 (Ada)" in outcome.out
