"""A PostgreSQL server in a temporary folder, from the programs in the package pgserver.

pgserver's own way of starting makes a system user and opens folders to everybody when it is run by
root; here its programs are run directly, by the user nobody when we are root.
"""

from __future__ import annotations

import os
import pwd
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gallery.errors import NotReady

_FIXED = {
    "listen_addresses": "",
    "dynamic_shared_memory_type": "mmap",  # the /dev/shm of a container is often too small
    "fsync": "off",
    "max_wal_size": "16GB",
    "autovacuum": "off",
}
_GUARD = """
"$2/initdb" -D "$1/data" -U postgres -A trust -E UTF8 --no-locale --no-sync >"$1/log" 2>&1 \\
    && "$2/pg_ctl" -D "$1/data" -l "$1/log" -w -o "-p 5432 -k '$1' $3" start >/dev/null 2>&1 \\
    && echo started || echo failed
read -r _
"$2/pg_ctl" -D "$1/data" -m immediate -w stop >/dev/null 2>&1
rm -rf "$1"
"""
"""Ends when its standard input does, also when we are killed: nothing is ever left behind."""


@dataclass(frozen=True)
class PostgresServer:
    """It listens on a socket in its folder, and nowhere else."""

    folder: Path

    @property
    def address(self) -> dict[str, Any]:
        """What psycopg needs to connect."""
        return {"host": str(self.folder), "port": 5432, "user": "postgres", "dbname": "postgres"}

    def memory_bytes(self) -> int | None:
        """Own and shared memory of all its processes, files not counted (Linux); else None."""
        try:
            first = (self.folder / "data" / "postmaster.pid").read_text().split()[0]
            children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
            return sum(_memory_bytes(process) for process in (first, *children))
        except (OSError, KeyError):
            return None


@contextmanager
def postgres(settings: Mapping[str, str]) -> Iterator[PostgresServer]:
    """Run a server until the end of the block; NotReady, with the reason, where it cannot run."""
    spec = find_spec("pgserver")  # importing it would warn of folders that it wants
    if spec is None or spec.origin is None:
        raise NotReady("pgserver, which brings PostgreSQL, is not installed")
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    given = " ".join(f"-c {name}={value}" for name, value in ({**_FIXED, **settings}).items())
    as_user = _not_root()
    folder = Path(tempfile.mkdtemp(prefix="gallery-postgres-"))
    os.chown(folder, as_user.get("user", -1), as_user.get("group", -1))
    with subprocess.Popen(  # noqa: S603 - a script and programs of our own choice
        ["/bin/sh", "-c", _GUARD, "guard", folder, programs, given],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        start_new_session=True,
        **as_user,
    ) as guard:
        assert guard.stdout is not None  # noqa: S101 - it is a pipe
        if guard.stdout.readline() != "started\n":
            raise NotReady(f"PostgreSQL does not start: {_last_words(folder)}")
        yield PostgresServer(folder)


def _not_root() -> dict[str, Any]:
    """PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise NotReady("PostgreSQL is not run by root, and there is no user nobody") from None
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _last_words(folder: Path) -> str:
    """The line of the log that tells best why it ended."""
    lines = [line for line in (folder / "log").read_text(errors="replace").split("\n") if line]
    grave = [line for line in lines if re.search("fatal|error|denied", line, re.IGNORECASE)]
    return (grave or lines or ["it does not say why"])[-1]


def _memory_bytes(process: str) -> int:
    parts = re.findall(
        r"^Pss_(?:Anon|Shmem):\s*([0-9]+) kB$",
        Path(f"/proc/{process}/smaps_rollup").read_text(),
        re.MULTILINE,
    )
    if len(parts) != 2:
        raise KeyError("Pss_Anon")
    return 1024 * sum(map(int, parts))
