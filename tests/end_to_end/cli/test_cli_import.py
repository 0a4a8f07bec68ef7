"""gallery import: a folder of people."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest
from PIL import Image

from cli.bulk import people_in
from gallery.errors import PathNotFound


def test_a_folder_of_people_is_imported_and_again_without_doubles(gallery, people, black, tmp_path):
    folder = tmp_path / "people"
    for name, person in zip(("Ada", "Bo"), people, strict=False):
        shutil.copytree(person.folder, folder / name)
    shutil.copy(black, folder / "Bo" / "black.png")
    outcome = gallery("import", folder)
    assert (outcome.code, outcome.err) == (0, "")
    assert "9 photos: 8 enrolled for 2 people, 0 enrolled before, 1 refused." in outcome.out
    assert "no face was found" in outcome.out
    again = gallery("import", folder, "--json").document
    assert (again["enrolled"], again["already"], again["people"]) == (0, 8, 0)
    assert [refused["code"] for refused in again["refused"]] == ["no_face"]
    assert gallery("check").code == 0
    assert gallery("verify", "bo", people[1][3]).code == 0


def test_where_every_photo_is_refused_the_exit_code_says_so(gallery, black, tmp_path):
    (tmp_path / "people" / "Ada").mkdir(parents=True)
    shutil.copy(black, tmp_path / "people" / "Ada" / "\x1b[2J.png")
    outcome = gallery("import", tmp_path / "people")
    assert outcome.code == 3
    assert "\x1b" not in outcome.out
    assert "\\x1b[2J.png" in outcome.out
    as_json = gallery("import", tmp_path / "people", "--json")
    assert (as_json.code, len(as_json.document["refused"])) == (3, 1)


def test_a_person_s_folder_that_cannot_be_read_is_refused_alone(tmp_path, monkeypatch):
    for name in ("Ada", "Bo"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_bytes(b"a photo")
    entries = Path.iterdir

    def closed(folder):  # as root reads whatever its mode forbids
        if folder.name == "Ada":
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return entries(folder)

    monkeypatch.setattr(Path, "iterdir", closed)
    ada, bo = people_in(str(tmp_path)).photos
    assert (ada.label, bo.label) == (str(tmp_path / "Ada"), str(tmp_path / "Bo" / "1.jpg"))
    assert bo.read() == b"a photo"
    with pytest.raises(PathNotFound, match=r"Ada cannot be read: Permission denied$"):
        ada.read()


def test_the_option_that_helps_is_told_for_a_photo_of_several(gallery, people, tmp_path):
    (tmp_path / "people" / "Ada").mkdir(parents=True)
    photo = Image.open(people[0][1])
    two = Image.new("RGB", (2 * photo.width, photo.height))
    for left in (0, photo.width):
        two.paste(photo, (left, 0))
    two.save(tmp_path / "people" / "Ada" / "two.png")
    outcome = gallery("import", tmp_path / "people")
    assert "ask for the largest face (--largest)" in " ".join(outcome.out.split())


def test_a_folder_without_people_is_refused(gallery, tmp_path):
    outcome = gallery("import", tmp_path, "--json")
    assert (outcome.code, outcome.refusal["code"]) == (4, "path_not_found")
    assert gallery("import", tmp_path / "nowhere").code == 4


def test_what_is_no_photo_to_us_is_refused_or_counted_but_never_passed_over(
    gallery, people, tmp_path
):
    folder = tmp_path / "people"
    shutil.copytree(people[0].folder, folder / "Ada")
    (folder / "Ada" / "phone.HEIC").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400))
    (folder / "Ada" / "2019").mkdir()
    for other in ("loose.jpg", "Ada/notes.txt", "Ada/2019/1.jpg", "Ada/2019/.hidden", ".DS_Store"):
        (folder / other).write_bytes(b"")
    told = gallery("import", folder, "--json").document
    assert (told["photos"], told["enrolled"], told["not_looked_at"]) == (5, 4, 3)
    assert [refused["code"] for refused in told["refused"]] == ["unsupported_photo"]
    again = gallery("import", folder)
    assert "phone.HEIC" in again.out
    assert "3 other files were not looked at" in again.out
    enrolled = gallery("enroll", "Bo", folder / "Ada", "--json")
    assert (enrolled.code, enrolled.refusal["code"]) == (3, "unsupported_photo")
    assert "phone.HEIC" in enrolled.refusal["message"]


def test_nothing_is_said_of_other_files_where_there_are_none(gallery, people, tmp_path):
    shutil.copytree(people[0].folder, tmp_path / "people" / "Ada")
    assert "not looked at" not in gallery("import", tmp_path / "people").out
