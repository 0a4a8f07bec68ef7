"""What the operator can choose, and where each choice is read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote

from gallery.domain.access import Rate
from gallery.domain.decision import DEFAULT_THRESHOLD, Threshold
from gallery.errors import InvalidValue
from gallery.index.structure import Structure

KEY_RATE, ADDRESS_RATE, WRONG_KEY_RATE = Rate(600, 60), Rate(1200, 60), Rate(10, 60)
LOCKOUT = Rate(10, 900)


class DetectorKind(StrEnum):
    """Which detector finds the faces."""

    YUNET = "yunet"
    HAAR = "haar"

    @classmethod
    def parse(cls, text: str) -> DetectorKind:
        """The detector of that name, or InvalidValue with the names there are."""
        try:
            return cls(text.strip().lower())
        except ValueError:
            raise InvalidValue(
                f"there is no detector {text!r}; choose one of {', '.join(cls)}"
            ) from None


def default_database_url() -> str:
    """gallery.db in the user's data folder; nothing is created here."""
    import platformdirs

    return url_of(Path(platformdirs.user_data_dir("gallery")) / "gallery.db")


def url_of(path: Path) -> str:
    """The URL of an SQLite file: what a URL would read otherwise is quoted, the rest stays."""
    return f"sqlite:///{path}".replace("%", "%25").replace("?", "%3F")


@dataclass(frozen=True)
class Settings:
    """database_url: sqlite:///PATH. model_id: None means the shipped default.

    key_rate, address_rate: requests that a key, and an address, may make. wrong_key_rate: wrong
    keys that may come from an address. lockout: verifications that may fail of one person.
    proxies: how many reverse proxies stand before the server, whose word on the client's address
    is taken. None of these is heeded while there is no key.
    """

    database_url: str = field(default_factory=default_database_url)
    detector: DetectorKind = DetectorKind.YUNET
    threshold: Threshold = field(default_factory=Threshold)
    model_id: str | None = None
    index_structure: Structure = Structure.AUTO
    key_rate: Rate = KEY_RATE
    address_rate: Rate = ADDRESS_RATE
    wrong_key_rate: Rate = WRONG_KEY_RATE
    lockout: Rate = LOCKOUT
    proxies: int = 0

    @property
    def database_path(self) -> Path:
        """The file of the database: of its URL what SQLAlchemy takes for it, unquoted as there."""
        return Path(self._database)

    @property
    def snapshot_path(self) -> Path:
        """The snapshot of the index stands beside the database."""
        return self.database_path.with_name(self.database_path.name + ".index")

    @property
    def counters_path(self) -> Path:
        """What the processes of a server count together also stands beside the database."""
        return self.database_path.with_name(self.database_path.name + ".counters")

    @property
    def _database(self) -> str:
        return unquote(self.database_url.partition(":///")[2])

    def __post_init__(self) -> None:
        scheme, separator, _ = self.database_url.partition(":///")
        if scheme not in ("sqlite", "sqlite+pysqlite") or not separator:
            raise InvalidValue(
                "the database must be a SQLite file; write it as sqlite:///PATH, "
                "for example sqlite:////var/lib/gallery/gallery.db"
            )
        if "?" in self.database_url:
            raise InvalidValue(
                "a database URL takes no options after a question mark; write it as "
                "sqlite:///PATH, with %3F for a question mark in the path"
            )
        if self._database in ("", ":memory:") or self._database.startswith("file:"):
            raise InvalidValue(
                "the database must be a file on disk; write it as sqlite:///PATH, "
                "for example sqlite:////var/lib/gallery/gallery.db"
            )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read GALLERY_DATABASE_URL, _DETECTOR, _THRESHOLD, _MODEL and _INDEX_STRUCTURE, and
        GALLERY_KEY_RATE, _ADDRESS_RATE, _WRONG_KEY_RATE, _LOCKOUT and _PROXIES.

        Empty means not set.
        """
        return cls(
            database_url=parse_database_url(
                environ.get("GALLERY_DATABASE_URL") or default_database_url()
            ),
            detector=DetectorKind.parse(environ.get("GALLERY_DETECTOR") or DetectorKind.YUNET),
            threshold=parse_threshold(environ.get("GALLERY_THRESHOLD") or str(DEFAULT_THRESHOLD)),
            model_id=environ.get("GALLERY_MODEL") or None,
            index_structure=Structure.parse(
                environ.get("GALLERY_INDEX_STRUCTURE") or Structure.AUTO
            ),
            key_rate=_rate(environ, "GALLERY_KEY_RATE", KEY_RATE),
            address_rate=_rate(environ, "GALLERY_ADDRESS_RATE", ADDRESS_RATE),
            wrong_key_rate=_rate(environ, "GALLERY_WRONG_KEY_RATE", WRONG_KEY_RATE),
            lockout=_rate(environ, "GALLERY_LOCKOUT", LOCKOUT),
            proxies=parse_proxies(environ.get("GALLERY_PROXIES") or "0"),
        )


def parse_database_url(text: str) -> str:
    """A database URL as it is; a plain path as the URL of an SQLite file."""
    if not text.strip():
        raise InvalidValue("the database is empty; give a URL or the path of an SQLite file")
    if "://" in text:
        return text
    return url_of(Path(text).expanduser().absolute())


def parse_threshold(text: str) -> Threshold:
    """A threshold as people write it, or InvalidValue."""
    try:
        value = float(text)
    except ValueError:
        raise InvalidValue(
            f"threshold is {text!r}; a finite number above 0 is needed, for example 0.4"
        ) from None
    return Threshold(value)


def parse_proxies(text: str) -> int:
    """A number of reverse proxies, 0 to 9."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) == 1):
        raise InvalidValue(f"GALLERY_PROXIES is {text!r}; 0 to 9 are possible")
    return int(plain)


def _rate(environ: Mapping[str, str], name: str, default: Rate) -> Rate:
    text = environ.get(name)
    try:
        return Rate.parse(text) if text else default
    except InvalidValue as refusal:
        raise InvalidValue(f"{name}: {refusal.message}") from refusal
