"""gallery import: a folder of people."""

from __future__ import annotations

import shutil


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


def test_a_folder_without_people_is_refused(gallery, tmp_path):
    outcome = gallery("import", tmp_path, "--json")
    assert (outcome.code, outcome.refusal["code"]) == (4, "path_not_found")
    assert gallery("import", tmp_path / "nowhere").code == 4
