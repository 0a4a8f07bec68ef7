"""Names as people write them."""

from __future__ import annotations

import pytest

from gallery.domain.identity import MAX_MARKS, MAX_NAME_LENGTH, PersonName
from gallery.errors import InvalidName


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Ann \t Lee\n", "Ann Lee"),
        ("Jose\u0301", "Jos\u00e9"),
        ("\u674e\u5c0f\u9f99", "\u674e\u5c0f\u9f99"),
        ("x" * MAX_NAME_LENGTH, "x" * MAX_NAME_LENGTH),
        ("Nguye\u0302\u0303n", "Nguy\u1ec5n"),
        *[
            (name, name)
            for name in (
                "\u0e19\u0e49\u0e33\u0e1c\u0e36\u0e49\u0e07",  # Thai
                "\u0936\u094d\u0930\u0940\u0927\u0930",  # Hindi
                "\u0645\u064f\u062d\u064e\u0645\u064e\u0651\u062f",  # Arabic with its vowels
                "\u0f56\u0f66\u0f92\u0fb2\u0f74\u0f56",  # Tibetan, letters below letters
                "\u1019\u103c\u102d\u102f\u1037",  # Burmese, four marks on a letter
                "\u2801\u2800\u2803",  # Braille with its blank
                "x" + "\u0323" * MAX_MARKS,
            )
        ],
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
    "written",
    [
        "\u2800",
        "\u3164",
        "\u115f",
        "\u1160",
        "\uffa0",
        "\U0001d159",
        "\u3164 \u2800",
        "\u0300",
        "\ufe0f",
    ],
)
def test_a_name_that_cannot_be_seen_is_refused(written: str) -> None:
    with pytest.raises(InvalidName, match="no character that can be seen"):
        PersonName.parse(written)


@pytest.mark.parametrize(
    ("written", "marks"), [("a" + "\u0300" * 150, 149), ("x" + "\u0323" * (MAX_MARKS + 1), 7)]
)
def test_a_name_with_a_pile_of_marks_is_refused(written: str, marks: int) -> None:
    with pytest.raises(InvalidName, match=f"{marks} marks on one letter; at most {MAX_MARKS}"):
        PersonName.parse(written)


@pytest.mark.parametrize(
    ("one", "other"), [("Alice", "ALICE"), ("Stra\u00dfe", "STRASSE"), ("Jose\u0301", "JOS\u00c9")]
)
def test_case_and_form_do_not_make_another_person(one: str, other: str) -> None:
    assert PersonName.parse(one).key == PersonName.parse(other).key


def test_an_accent_makes_another_person() -> None:
    assert PersonName.parse("Rene").key != PersonName.parse("Ren\u00e9").key


def test_joiners_are_kept_and_make_no_other_name() -> None:
    persian = PersonName.parse("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627")
    assert "\u200c" in persian.value
    assert persian.key == PersonName.parse(persian.value.replace("\u200c", "")).key
    assert PersonName.parse("A\u200dda").key == PersonName.parse("Ada").key
    with pytest.raises(InvalidName, match="can be seen"):
        PersonName.parse("\u200d\u200c")


def test_a_character_that_cannot_be_printed_is_told() -> None:
    with pytest.raises(InvalidName, match=r"U\+202E, which cannot be printed"):
        PersonName.parse("Ada\u202eevil")
