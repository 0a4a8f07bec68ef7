"""Many programs and many threads on one gallery."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from gallery.bootstrap import Services
from gallery.settings import Settings

Photo = Callable[[int, int], bytes]
ENROLL = """
import sys
from pathlib import Path
from gallery.bootstrap import Services
from gallery.settings import Settings
services = Services(Settings(sys.argv[1]))
services.enroll.by_name(sys.argv[2], [Path(path).read_bytes() for path in sys.argv[3:]])
services.close()
"""


def test_what_another_program_enrolls_is_identified_at_once(
    services: Services,
    photo: Photo,
    tmp_path: Path,
    database_url: str,
    in_another_process: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    services.enroll.by_name("Alice", [photo(0, 0)])
    assert services.identify(photo(1, 1)).candidates[0].identity.name == "Alice"
    (tmp_path / "bob.jpg").write_bytes(photo(1, 0))
    in_another_process(ENROLL, database_url, "Bob", str(tmp_path / "bob.jpg"))
    found = services.identify(photo(1, 1))
    assert found.identified
    assert found.candidates[0].identity.name == "Bob"


def test_programs_that_enroll_one_new_name_at_once_make_one_person(
    services: Services, photo: Photo, tmp_path: Path, database_url: str
) -> None:
    running = []
    for number in range(3):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(photo(0, number))
        running.append(
            subprocess.Popen([sys.executable, "-c", ENROLL, database_url, "Alice", str(path)])
        )
    assert [program.wait(timeout=120) for program in running] == [0, 0, 0]
    (alice,) = services.identities.list()
    assert alice.face_count == 3


def test_threads_share_the_services_and_each_part_is_made_once(
    database_url: str, photo: Photo
) -> None:
    services = Services(Settings(database_url))
    services.enroll.by_name("Alice", [photo(0, 0)])
    fresh = Services(Settings(database_url))
    answers: list[tuple[int, float]] = []

    def ask() -> None:
        found = fresh.identify(photo(0, 1)).candidates[0]
        answers.append((id(fresh.identify), found.decision.distance))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    services.close()
    fresh.close()
    assert len(answers) == 6
    assert len(set(answers)) == 1
