"""Damage and want: each gives a clear message, never a wrong answer, never a lost enrollment."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gallery.bootstrap import Services
from gallery.domain.access import Rate
from gallery.errors import DatabaseUnavailable, SnapshotUnusable
from gallery.index import snapshot
from gallery.services.health import Health, Trouble
from gallery.settings import Settings
from gallery.store import engine as engine_module

Photo = Callable[[int, int], bytes]


@pytest.fixture
def database(database_url: str) -> Path:
    return Path(database_url.removeprefix("sqlite:///"))


@pytest.fixture
def snapshot_file(database: Path) -> Path:
    return database.with_name(f"{database.name}.index")


@pytest.fixture
def enrolled(services: Services, photo: Photo) -> Services:
    """Ada and Bo, two faces each, and a snapshot of them."""
    for person, name in enumerate(("Ada", "Bo")):
        services.enroll.by_name(name, [photo(person, 0), photo(person, 1)])
    services.maintenance.snapshot()
    return services


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


def only_trouble(health: Health) -> Trouble:
    (finding,) = health.findings
    return finding.trouble


def truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def shortened_by_a_byte(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def emptied(file: Path) -> None:
    os.truncate(file, 0)


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def unreadable_text(file: Path) -> None:
    file.write_bytes(b"these are no faces\n" * 1000)


def of_another_model(file: Path) -> None:
    index = snapshot.load(file, snapshot.inspect(file).model_id)
    snapshot.write(file, index, "another-model")


SPOILT = (truncated, shortened_by_a_byte, emptied, a_folder, unreadable_text, of_another_model)


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_an_unusable_snapshot_is_passed_over_told_and_repaired(
    enrolled: Services, photo: Photo, snapshot_file: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(snapshot_file)
    fresh = Services(enrolled.settings)
    assert [c.identity.name for c in fresh.identify(photo(1, 2)).candidates] == ["Bo", "Ada"]
    assert only_trouble(fresh.check(quiet)) is Trouble.SNAPSHOT_UNUSABLE
    if snapshot_file.is_dir():
        with pytest.raises(SnapshotUnusable, match=r"is a folder .* move it away"):
            fresh.check.repair(quiet)
        snapshot_file.rmdir()
        fresh.maintenance.snapshot()
    assert fresh.check.repair(quiet).good
    assert snapshot.inspect(snapshot_file).faces == 4
    fresh.close()


def test_any_flipped_byte_of_a_snapshot_is_noticed(enrolled: Services, snapshot_file: Path) -> None:
    whole = snapshot_file.read_bytes()
    model_id = snapshot.inspect(snapshot_file).model_id
    for place in [*range(0, len(whole), 7), len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        snapshot_file.write_bytes(damaged)
        with pytest.raises(SnapshotUnusable):
            snapshot.load(snapshot_file, model_id)
    assert only_trouble(enrolled.check(quiet)) is Trouble.SNAPSHOT_UNUSABLE


def restored_after_cleo(
    enrolled: Services, photo: Photo, database: Path, tmp_path: Path
) -> Services:
    """Cleo is enrolled and in the snapshot; then an older copy of the database is put back."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "backup.db"),))
    enrolled.enroll.by_name("Cleo", [photo(2, 0)])
    enrolled.maintenance.snapshot()
    enrolled.close()
    for side in ("-wal", "-shm"):
        database.with_name(f"{database.name}{side}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", database)
    return Services(enrolled.settings)


def test_a_snapshot_from_the_future_of_a_restored_database_is_passed_over(
    enrolled: Services, photo: Photo, database: Path, tmp_path: Path
) -> None:
    fresh = restored_after_cleo(enrolled, photo, database, tmp_path)
    assert {c.identity.name for c in fresh.identify(photo(2, 0)).candidates} == {"Ada", "Bo"}
    assert only_trouble(Services(enrolled.settings).check(quiet)) is Trouble.SNAPSHOT_AHEAD
    assert fresh.check.repair(quiet).good
    fresh.close()


def test_a_snapshot_of_another_history_is_passed_over_though_its_revision_is_known(
    enrolled: Services, photo: Photo, database: Path, tmp_path: Path
) -> None:
    fresh = restored_after_cleo(enrolled, photo, database, tmp_path)
    fresh.enroll.by_name("Dora", [photo(3, 0), photo(3, 1)])
    names = {candidate.identity.name for candidate in fresh.identify(photo(2, 0)).candidates}
    assert names == {"Ada", "Bo", "Dora"}
    assert fresh.identify(photo(3, 0)).candidates[0].decision.distance < 1e-6
    assert only_trouble(fresh.check(quiet)) is Trouble.SNAPSHOT_DIFFERS
    assert fresh.check.repair(quiet).good
    fresh.close()


def test_a_database_locked_for_longer_than_the_patience_is_told_and_nothing_is_lost(
    enrolled: Services, photo: Photo, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_SECONDS", 0.2)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys; held = sqlite3.connect(sys.argv[1], isolation_level=None);"
            "held.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()",
            database,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"held\n"
        impatient = Services(enrolled.settings)
        with pytest.raises(DatabaseUnavailable, match="the database is busy"):
            impatient.enroll.by_name("Cleo", [photo(2, 0)])
        with pytest.raises(DatabaseUnavailable, match="the database is busy"):
            impatient.identities.remove(1)
        assert impatient.identify(photo(0, 2)).candidates[0].identity.name == "Ada"
    finally:
        holder.communicate()
    impatient.enroll.by_name("Cleo", [photo(2, 0)])
    assert [person.name for person in impatient.identities.list()] == ["Ada", "Bo", "Cleo"]
    assert impatient.check(quiet).good
    impatient.close()


FILL = """
import resource, sys
from pathlib import Path
from gallery.bootstrap import Services
from gallery.errors import GalleryError
from gallery.settings import Settings
url, photo, limit = sys.argv[1], Path(sys.argv[2]).read_bytes(), int(sys.argv[3])
services = Services(Settings(url))
services.recognise(photo)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
for number in range(1000):
    try:
        enrolled, = services.enroll.by_name(f"person {number}", [photo])
    except GalleryError as refusal:
        print("refused", type(refusal).__name__, refusal.message, flush=True)
        break
    print("enrolled", enrolled.face.id, flush=True)
try:
    services.maintenance.snapshot()
    print("snapshot", flush=True)
except GalleryError as refusal:
    print("refused", type(refusal).__name__, refusal.message, flush=True)
print("still", services.identify(photo).candidates[0].identity.name, flush=True)
"""


def fill(url: str, photo: Path, limit: int) -> tuple[int, list[str]]:
    """Enroll until the disk refuses: how many enrollments were acknowledged, and what else was
    said."""
    run = subprocess.run(
        [sys.executable, "-c", FILL, url, photo, str(limit)],
        check=True,
        capture_output=True,
        text=True,
        timeout=240,
    )
    lines = run.stdout.splitlines()
    acknowledged = [line for line in lines if line.startswith("enrolled")]
    return len(acknowledged), [line for line in lines if line not in acknowledged]


def nothing_is_lost(url: str, acknowledged: int) -> None:
    services = Services(Settings(url))
    assert len(services.identities.list()) == acknowledged
    health = services.check(quiet)
    assert health.good, health.findings
    assert health.faces == acknowledged
    services.close()


def test_a_file_that_may_not_grow_is_told_and_nothing_acknowledged_is_lost(
    database_url: str, sample_photos: list[Path]
) -> None:
    acknowledged, told = fill(database_url, sample_photos[0], 300_000)
    assert acknowledged >= 3
    assert told[0].startswith("refused DatabaseUnavailable reading or writing the database failed")
    assert told[-1] == "still person 0"
    nothing_is_lost(database_url, acknowledged)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(
    small_disk: Path, sample_photos: list[Path]
) -> None:
    url = f"sqlite:///{small_disk / 'gallery.db'}"
    acknowledged, told = fill(url, sample_photos[0], 0)
    assert acknowledged >= 10
    assert told[0].startswith("refused DatabaseUnavailable the disk is full; make room")
    assert told[-1] == "still person 0"
    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True)
    nothing_is_lost(url, acknowledged)


def test_on_a_full_disk_neither_a_failure_nor_a_match_is_told(small_disk: Path) -> None:
    services = Services(
        Settings(f"sqlite:///{small_disk / 'gallery.db'}", lockout=Rate(10_000, 900))
    )
    ada = services.identities.create("Ada").id
    with contextlib.suppress(OSError), (small_disk / "rest").open("wb", buffering=0) as rest:
        while True:
            rest.write(bytes(4096))

    def fail_without_end() -> None:
        """There may be room left in the log."""
        while True:
            services.lockout.failed(ada)

    with pytest.raises(DatabaseUnavailable, match="the disk is full"):
        fail_without_end()
    with pytest.raises(DatabaseUnavailable, match="the disk is full"):
        services.lockout.matched(ada)
    (small_disk / "rest").unlink()
    services.lockout.matched(ada)
    services.lockout.failed(ada)
    services.close()


def test_a_snapshot_that_finds_no_room_leaves_the_old_one_whole(
    small_disk: Path, database_url: str, enrolled: Services, snapshot_file: Path
) -> None:
    file = small_disk / "index"
    shutil.copy(snapshot_file, file)
    whole = file.read_bytes()
    (small_disk / "rest").write_bytes(bytes(1024 * 1024 - 4096 * -(-len(whole) // 4096)))
    model_id = snapshot.inspect(file).model_id
    index = snapshot.load(file, model_id)
    with pytest.raises(SnapshotUnusable, match="No space left"):
        snapshot.write(file, index, model_id)
    assert file.read_bytes() == whole
    assert sorted(path.name for path in small_disk.iterdir()) == ["index", "rest"]


def test_a_read_only_disk_is_told_and_nothing_is_lost(
    small_disk: Path, photo: Photo, enrolled: Services, snapshot_file: Path
) -> None:
    settings = Settings(f"sqlite:///{small_disk / 'gallery.db'}")
    writer = Services(settings)
    writer.enroll.by_name("Ada", [photo(0, 0)])
    writer.enroll.by_name("Bo", [photo(1, 0)])
    writer.maintenance.snapshot()
    writer.close()
    model_id = snapshot.inspect(snapshot_file).model_id
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for ask in (
        lambda: Services(settings).enroll.by_name("Cleo", [photo(2, 0)]),
        lambda: Services(settings).identities.remove(1),
        lambda: Services(settings).identify(photo(1, 1)),
    ):
        with pytest.raises(DatabaseUnavailable, match="its folder can be written"):
            ask()
    with pytest.raises(SnapshotUnusable, match="cannot be written: Read-only file system"):
        snapshot.write(
            small_disk / "gallery.db.index", snapshot.load(snapshot_file, model_id), model_id
        )
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    writer.enroll.by_name("Cleo", [photo(2, 0)])
    assert [person.name for person in writer.identities.list()] == ["Ada", "Bo", "Cleo"]
    assert writer.check(quiet).good
    writer.close()


AS_NOBODY = """
import os, sys
from pathlib import Path
import sqlalchemy.dialects.sqlite
import migrations, gallery.services.enroll, gallery.services.identify, gallery.services.maintenance
from gallery.index import snapshot, faiss_index
from gallery.bootstrap import Services
from gallery.errors import GalleryError
from gallery.settings import Settings
services = Services(Settings(sys.argv[1]))
photo = Path(sys.argv[2]).read_bytes()
services.recognise(photo)
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    print("done", services.enroll.by_name("Cleo", [photo]))
except GalleryError as refusal:
    print(type(refusal).__name__, refusal.message)
"""


@pytest.mark.parametrize("mode", [0o555, 0o444, 0o000])
def test_a_folder_of_somebody_else_is_refused_in_words(
    enrolled: Services, database: Path, sample_photos: list[Path], tmp_path: Path, mode: int
) -> None:
    enrolled.close()
    if os.getuid() == 0:  # another user must reach the folder
        for folder in tmp_path.parents:
            if not folder.stat().st_mode & stat.S_IXOTH:
                folder.chmod(0o755)
    for file in tmp_path.glob("gallery.db*"):
        file.chmod(0o444)
    tmp_path.chmod(mode)
    try:
        run: Any = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, enrolled.settings.database_url, sample_photos[0]],
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        tmp_path.chmod(0o755)
        for file in tmp_path.glob("gallery.db*"):
            file.chmod(0o644)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("DatabaseUnavailable the database cannot be ")
    assert [person.name for person in enrolled.identities.list()] == ["Ada", "Bo"]
