"""What the operator may choose."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from gallery.domain.access import Rate
from gallery.errors import InvalidValue
from gallery.index.structure import Structure
from gallery.settings import DetectorKind, Settings


def test_without_an_environment_the_defaults_hold() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert settings.database_url.startswith("sqlite:////")
    assert settings.database_url.endswith("gallery.db")
    assert settings.detector is DetectorKind.YUNET
    assert settings.threshold.value == 0.4
    assert settings.model_id is None


def test_an_empty_variable_is_as_good_as_none() -> None:
    names = ("GALLERY_DATABASE_URL", "GALLERY_DETECTOR", "GALLERY_THRESHOLD", "GALLERY_MODEL")
    assert Settings.from_environment(dict.fromkeys(names, "")) == Settings()


def test_every_choice_is_read_from_the_environment() -> None:
    settings = Settings.from_environment(
        {
            "GALLERY_DATABASE_URL": "sqlite:////srv/faces.db",
            "GALLERY_DETECTOR": "Haar",
            "GALLERY_THRESHOLD": "0.35",
            "GALLERY_MODEL": "seed-48",
        }
    )
    assert settings.database_url == "sqlite:////srv/faces.db"
    assert settings.detector is DetectorKind.HAAR
    assert settings.threshold.value == 0.35
    assert settings.model_id == "seed-48"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GALLERY_DETECTOR", "dlib"),
        ("GALLERY_THRESHOLD", "near"),
        ("GALLERY_THRESHOLD", "0"),
        ("GALLERY_THRESHOLD", "nan"),
        ("GALLERY_THRESHOLD", "inf"),
        ("GALLERY_DATABASE_URL", " "),
        ("GALLERY_DATABASE_URL", "postgresql://host/faces"),
        ("GALLERY_DATABASE_URL", "sqlite://"),
        ("GALLERY_DATABASE_URL", "sqlite:///"),
        ("GALLERY_DATABASE_URL", "sqlite:///:memory:"),
        ("GALLERY_DATABASE_URL", "sqlite:///%3Amemory%3A"),
        ("GALLERY_DATABASE_URL", "sqlite:///file:x?mode=memory&uri=true"),
        ("GALLERY_DATABASE_URL", "sqlite:////data/g.db?mode=ro"),
    ],
)
def test_nonsense_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidValue):
        Settings.from_environment({name: value})


def test_a_plain_path_in_the_environment_is_an_sqlite_file(tmp_path: Path) -> None:
    settings = Settings.from_environment({"GALLERY_DATABASE_URL": str(tmp_path / "faces.db")})
    assert settings.database_url == f"sqlite:///{tmp_path / 'faces.db'}"


@pytest.mark.parametrize(
    "name", ["g%41.db", "g%2541.db", "g h%20.db", "g?.db", "g#.db", "gü.db", "g\udcff.db"]
)
def test_a_plain_path_means_the_file_of_exactly_that_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    settings = Settings.from_environment({"GALLERY_DATABASE_URL": str(path)})
    assert settings.database_path == path
    assert make_url(settings.database_url).database == str(path)


def test_a_url_is_read_as_sqlalchemy_reads_it() -> None:
    settings = Settings("sqlite:////data/g%41%3F.db")
    assert settings.database_path == Path("/data/gA?.db")
    assert settings.snapshot_path == Path("/data/gA?.db.index")
    assert make_url(settings.database_url).database == "/data/gA?.db"


def test_the_structure_of_the_index_can_be_pinned_and_its_snapshot_is_beside_the_database() -> None:
    assert Settings("sqlite:////data/g.db").index_structure is Structure.AUTO
    settings = Settings.from_environment(
        {"GALLERY_INDEX_STRUCTURE": "Exact", "GALLERY_DATABASE_URL": "sqlite:////data/g.db"}
    )
    assert settings.index_structure is Structure.EXACT
    assert settings.snapshot_path == Path("/data/g.db.index")
    with pytest.raises(InvalidValue, match="choose one of auto, exact, codes"):
        Settings.from_environment({"GALLERY_INDEX_STRUCTURE": "ivf"})


def test_limits_of_the_server_are_read_from_the_environment() -> None:
    settings = Settings.from_environment(
        {
            "GALLERY_KEY_RATE": "5/1s",
            "GALLERY_ADDRESS_RATE": "6/1m",
            "GALLERY_WRONG_KEY_RATE": "7/1h",
            "GALLERY_LOCKOUT": "3/1d",
            "GALLERY_PROXIES": "1",
            "GALLERY_DATABASE_URL": "sqlite:////data/g.db",
        }
    )
    assert settings.key_rate == Rate(5, 1)
    assert settings.address_rate == Rate(6, 60)
    assert settings.wrong_key_rate == Rate(7, 3600)
    assert settings.lockout == Rate(3, 86400)
    assert settings.proxies == 1
    assert settings.counters_path == Path("/data/g.db.counters")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GALLERY_KEY_RATE", "many"),
        ("GALLERY_LOCKOUT", "0/1m"),
        ("GALLERY_PROXIES", "-1"),
        ("GALLERY_PROXIES", "10"),
    ],
)
def test_a_limit_that_is_none_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidValue):
        Settings.from_environment({name: value})
