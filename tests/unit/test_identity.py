"""Names as people write them."""

from __future__ import annotations

import pytest

from gallery.domain.identity import MAX_NAME_LENGTH, PersonName
from gallery.errors import InvalidName


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Ann \t Lee\n", "Ann Lee"),
        ("Jose\u0301", "Jos\u00e9"),
        ("\u674e\u5c0f\u9f99", "\u674e\u5c0f\u9f99"),
        ("x" * MAX_NAME_LENGTH, "x" * MAX_NAME_LENGTH),
    ],
)
def test_a_name_is_tidied_and_kept(written: str, kept: str) -> None:
    assert PersonName.parse(written).value == kept


@pytest.mark.parametrize(
    "written",
    ["", " \t\n", "x" * (MAX_NAME_LENGTH + 1), "a\x00b", "a\x1b[31mb", "a\u202eb", "\ud800"],
)
def test_what_cannot_be_a_name_is_refused(written: str) -> None:
    with pytest.raises(InvalidName):
        PersonName.parse(written)


@pytest.mark.parametrize(
    ("one", "other"), [("Alice", "ALICE"), ("Stra\u00dfe", "STRASSE"), ("Jose\u0301", "JOS\u00c9")]
)
def test_case_and_form_do_not_make_another_person(one: str, other: str) -> None:
    assert PersonName.parse(one).key == PersonName.parse(other).key


def test_an_accent_makes_another_person() -> None:
    assert PersonName.parse("Rene").key != PersonName.parse("Ren\u00e9").key
