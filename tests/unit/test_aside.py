"""A file is replaced whole, and what a killed writer left is cleared by the next."""

from __future__ import annotations

import fcntl
from pathlib import Path

from gallery.index.aside import SUFFIX, put_in_place


def test_what_a_killed_writer_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    orphan, living, other = (
        tmp_path / name for name in (f"a.x1{SUFFIX}", f"a.x2{SUFFIX}", "a.backup")
    )
    for file in (orphan, living, other):
        file.write_bytes(b"half")
    with living.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        put_in_place(tmp_path / "a", [memoryview(b"whole")])
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "a.backup", living.name]
