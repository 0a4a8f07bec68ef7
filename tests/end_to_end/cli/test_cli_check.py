"""gallery check: a table or one document, and an exit code that a script can use."""

from __future__ import annotations

import sqlite3
from contextlib import closing


def test_a_sound_gallery_ends_with_0(enrolled):
    outcome = enrolled("check")
    assert (outcome.code, outcome.err) == (0, "")
    assert "Database, index snapshot and crops agree." in outcome.out
    document = enrolled("check", "--json", "--all").document
    assert document["good"] is True
    assert (document["people"], document["faces"], document["crops_compared"]) == (3, 9, 9)


def test_damage_is_told_with_what_to_do_and_ends_with_1_until_repaired(enrolled):
    with closing(sqlite3.connect(enrolled.database)) as connection:
        connection.execute("UPDATE face SET embedding = zeroblob(192) WHERE id = 2")
        connection.commit()
    outcome = enrolled("check")
    assert (outcome.code, outcome.err) == (1, "")
    assert "1 face whose vector is not that of the crop: 2" in outcome.out
    assert "run `gallery check --repair`" in outcome.out
    told = enrolled("check", "--json")
    assert told.code == 1
    (finding,) = told.document["findings"]
    assert (finding["code"], finding["face_ids"]) == ("vector_not_of_crop", [2])
    repaired = enrolled("check", "--repair")
    assert repaired.code == 0
    assert "Repaired: 1 face whose vector" in repaired.out
    assert enrolled("check").code == 0


def test_a_damaged_face_is_told_with_whose_it_is(enrolled):
    with closing(sqlite3.connect(enrolled.database)) as connection:
        connection.execute("UPDATE face SET contrast = contrast + 1 WHERE id IN (2, 5)")
        connection.commit()
    outcome = enrolled("check")
    assert outcome.code == 1
    assert "2 faces with a damaged crop: 2 (Ada), 5 (Bo)." in outcome.out
    assert "`gallery remove-face NAME FACE_ID`" in outcome.out
    (finding,) = enrolled("check", "--json").document["findings"]
    assert finding["face_ids"] == [2, 5]
    assert finding["faces"] == [
        {"face_id": 2, "identity": "Ada"},
        {"face_id": 5, "identity": "Bo"},
    ]


def test_a_file_that_is_no_database_is_refused_in_words(gallery):
    gallery.database.write_bytes(b"not a database at all" * 100)
    outcome = gallery("check", "--json")
    assert (outcome.code, outcome.refusal["code"]) == (5, "database_unavailable")
