"""What the operator can choose, and where each choice is read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from gallery.domain.decision import DEFAULT_THRESHOLD, Threshold
from gallery.errors import InvalidValue
from gallery.index.structure import Structure


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

    return f"sqlite:///{Path(platformdirs.user_data_dir('gallery')) / 'gallery.db'}"


@dataclass(frozen=True)
class Settings:
    """database_url: sqlite:///PATH. model_id: None means the shipped default."""

    database_url: str = field(default_factory=default_database_url)
    detector: DetectorKind = DetectorKind.YUNET
    threshold: Threshold = field(default_factory=Threshold)
    model_id: str | None = None
    index_structure: Structure = Structure.AUTO

    @property
    def database_path(self) -> Path:
        """The file of the database."""
        return Path(self.database_url.partition(":///")[2].partition("?")[0])

    @property
    def snapshot_path(self) -> Path:
        """The snapshot of the index stands beside the database."""
        return self.database_path.with_name(self.database_path.name + ".index")

    def __post_init__(self) -> None:
        scheme, separator, path = self.database_url.partition(":///")
        if scheme not in ("sqlite", "sqlite+pysqlite") or not separator:
            raise InvalidValue(
                "the database must be a SQLite file; write it as sqlite:///PATH, "
                "for example sqlite:////var/lib/gallery/gallery.db"
            )
        if path.partition("?")[0] in ("", ":memory:") or path.startswith("file:"):
            raise InvalidValue(
                "the database must be a file on disk; write it as sqlite:///PATH, "
                "for example sqlite:////var/lib/gallery/gallery.db"
            )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read GALLERY_DATABASE_URL, _DETECTOR, _THRESHOLD, _MODEL and _INDEX_STRUCTURE.

        Empty means not set.
        """
        return cls(
            database_url=environ.get("GALLERY_DATABASE_URL") or default_database_url(),
            detector=DetectorKind.parse(environ.get("GALLERY_DETECTOR") or DetectorKind.YUNET),
            threshold=parse_threshold(environ.get("GALLERY_THRESHOLD") or str(DEFAULT_THRESHOLD)),
            model_id=environ.get("GALLERY_MODEL") or None,
            index_structure=Structure.parse(
                environ.get("GALLERY_INDEX_STRUCTURE") or Structure.AUTO
            ),
        )


def parse_threshold(text: str) -> Threshold:
    """A threshold as people write it, or InvalidValue."""
    try:
        value = float(text)
    except ValueError:
        raise InvalidValue(
            f"threshold is {text!r}; a finite number above 0 is needed, for example 0.4"
        ) from None
    return Threshold(value)
