"""The pair lists of LFW: read as published, or refused with the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gallery.errors import DataRejected, InvalidValue, PathNotFound
from gallery.evaluation.protocols import Photo, read_pairs

VIEW_2 = (
    "2\t2",
    "Ann_Lee\t1\t2",
    "Bo\t1\t3",
    "Ann_Lee\t1\tBo\t1",
    "Ann_Lee\t3\tBo\t2",
    "Cy\t1\t2",
    "Cy\t1\t3",
    "Ann_Lee\t2\tCy\t3",
    "Bo\t3\tCy\t1",
)


def lfw(folder: Path, lines: tuple[str, ...], name: str = "pairs.txt", end: str = "\n") -> Path:
    """A folder as LFW's: three people with three (empty) photos each, and one list."""
    for person in ("Ann_Lee", "Bo", "Cy"):
        (folder / "images" / person).mkdir(parents=True)
        for number in (1, 2, 3):
            (folder / "images" / person / f"{person}_{number:04d}.jpg").touch()
    (folder / name).write_text("\n".join(lines) + end)
    return folder


def changed(line: int, text: str) -> tuple[str, ...]:
    return (*VIEW_2[: line - 1], text, *VIEW_2[line:])


@pytest.mark.parametrize("end", ["\n", ""])
def test_view_2_is_read_in_folds(tmp_path: Path, end: str) -> None:
    listed = read_pairs(lfw(tmp_path, VIEW_2, end=end), 2)
    assert (listed.view, listed.folds, len(listed.pairs)) == (2, 2, 8)
    assert [pair.fold for pair in listed.pairs] == [0] * 4 + [1] * 4
    assert [pair.mated for pair in listed.pairs] == [True, True, False, False] * 2
    assert listed.pairs[3].first == Photo("Ann_Lee", 3)
    assert listed.pairs[3].second.path == "Bo/Bo_0002.jpg"


def test_view_1_is_a_single_fold(tmp_path: Path) -> None:
    lines = ("2", *VIEW_2[1:5])
    listed = read_pairs(lfw(tmp_path, lines, "pairsDevTest.txt"), 1)
    assert (listed.folds, len(listed.pairs)) == (1, 4)
    assert {pair.fold for pair in listed.pairs} == {0}


def test_each_photo_is_listed_once_however_often_it_is_compared(tmp_path: Path) -> None:
    photos = read_pairs(lfw(tmp_path, VIEW_2), 2).photos
    assert len(photos) == 9
    assert list(photos) == sorted(set(photos))


@pytest.mark.parametrize(
    ("line", "text", "said"),
    [
        (1, "", "line 1: the number of folds"),
        (1, "ten\t2", "line 1: the number of folds"),
        (1, "0\t2", "line 1: the number of folds"),
        (1, "2\t3", "has 9 lines; its first line promises 2 x 2 x 3 pairs, that is 13 lines"),
        (3, "Bo\t1", "line 3: 2 fields"),
        (3, "", "line 3: 1 fields"),
        (3, "Bo 1 3", "line 3: 1 fields"),
        (3, "Bo\t1\tthree", "line 3: 1 and three"),
        (3, "Bo\t0\t1", "line 3: 0 and 1"),
        (3, "Bo\t-1\t1", "line 3: -1 and 1"),
        (3, "Bo\t1\t1", "line 3: the pair is one photo twice"),
        (3, "../Bo\t1\t2", "line 3: a person's name"),
        (3, "\t1\t2", "line 3: a person's name"),
        (3, "Bo\t1\tCy\t1", "line 3: a pair of the same person"),
        (4, "Bo\t1\t2", "line 4: a pair of two people"),
        (4, "Bo\t1\tBo\t2", "line 4: a pair of two people"),
        (9, "Bo\t3\tCy\t4", "line 9: .*Cy_0004.jpg is missing"),
    ],
)
def test_a_list_that_is_not_as_published_is_refused_with_its_line(
    tmp_path: Path, line: int, text: str, said: str
) -> None:
    with pytest.raises(DataRejected, match=said):
        read_pairs(lfw(tmp_path, changed(line, text)), 2)


def test_a_list_cut_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="has 8 lines"):
        read_pairs(lfw(tmp_path, VIEW_2[:-1]), 2)


def test_an_empty_or_binary_list_is_refused(tmp_path: Path) -> None:
    folder = lfw(tmp_path, VIEW_2)
    (folder / "pairs.txt").write_bytes(b"")
    with pytest.raises(DataRejected, match="line 1"):
        read_pairs(folder, 2)
    (folder / "pairs.txt").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(DataRejected, match="not UTF-8"):
        read_pairs(folder, 2)


def test_a_missing_list_or_folder_and_an_unknown_view_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PathNotFound, match="is not a folder"):
        read_pairs(tmp_path / "nowhere", 2)
    with pytest.raises(DataRejected, match=r"pairsDevTest\.txt is missing"):
        read_pairs(lfw(tmp_path, VIEW_2), 1)
    with pytest.raises(InvalidValue, match="no view 3"):
        read_pairs(tmp_path, 3)
