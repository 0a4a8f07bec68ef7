"""What goes wrong ends in an exit code and a sentence, never in a traceback or a wait."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from cli.errors import EXIT_CODES, exit_code_of
from cli.group import GalleryGroup
from gallery import errors

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "one.jpg"),
        ("no-such-command",),
        ("list", "--no-such-option"),
        ("identify", "one.jpg", "--top", "0"),
        ("identify", "one.jpg", "--top", "many"),
        ("--threshold", "nan", "list"),
        ("--threshold", "0", "list"),
        ("--threshold", "wide", "list"),
        ("--detector", "eyes", "list"),
        ("--database", "", "list"),
        ("--database", "mysql://host/db", "list"),
        ("enroll", " ", "one.jpg"),
        ("compare", "-", "-"),
        ("identify", ""),
        ("enroll", "Ada", ""),
        ("import", ""),
        ("benchmark", "enroll", ""),
    ],
)
def test_wrong_usage_is_2_in_words_and_in_json(gallery, black, arguments):
    (gallery.home / "one.jpg").write_bytes(black.read_bytes())
    arguments = [str(gallery.home / a) if a == "one.jpg" else a for a in arguments]
    plain, as_json = gallery(*arguments), gallery(*arguments, "--json")
    assert (plain.code, plain.out) == (2, "")
    assert plain.err.startswith("Error: ")
    assert plain.err.count("\n") == 1
    assert (as_json.code, as_json.out) == (2, "")
    assert set(as_json.refusal) == {"code", "message"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GALLERY_THRESHOLD", "wide"),
        ("GALLERY_DETECTOR", "eyes"),
        ("GALLERY_DATABASE_URL", "mysql://host/db"),
    ],
)
def test_a_wrong_environment_is_wrong_usage(gallery, name, value):
    assert gallery("list", **{name: value}).code == 2


def test_an_option_before_the_command_outdoes_a_wrong_environment(gallery):
    assert gallery("--threshold", "0.4", "list", GALLERY_THRESHOLD="wide").code == 0


def test_an_unknown_model_is_not_ready(gallery, black):
    outcome = gallery("compare", black, black, "--json", GALLERY_MODEL="nonsense")
    assert (outcome.code, outcome.refusal["code"]) == (5, "model_unavailable")


def test_a_misspelt_command_is_answered_with_the_right_one(gallery):
    assert "Did you mean 'list'" in gallery("lst").err


@pytest.mark.parametrize("name", ["black", "white", "noise"])
def test_a_picture_of_nothing_has_no_face(gallery, tmp_path, name):
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), np.uint8)
    pixels = {"black": noise * 0, "white": noise * 0 + 255, "noise": noise}[name]
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    outcome = gallery("compare", tmp_path / "photo.png", tmp_path / "photo.png", "--json")
    assert (outcome.code, outcome.refusal["code"]) == (3, "no_face")
    assert outcome.refusal["message"].startswith(f"{tmp_path / 'photo.png'}: ")


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "empty_photo"), (b"no photo at all", "unsupported_photo")]
)
def test_a_file_that_is_no_photo_is_refused(gallery, tmp_path, content, code):
    (tmp_path / "photo.jpg").write_bytes(content)
    outcome = gallery("identify", tmp_path / "photo.jpg", "--json")
    assert (outcome.code, outcome.refusal["code"]) == (3, code)


def test_several_faces_are_refused_unless_the_largest_is_asked_for(gallery, people, tmp_path):
    from PIL import Image

    one, other = Image.open(people[0][1]), Image.open(people[1][1])
    both = Image.new("RGB", (one.width + other.width, max(one.height, other.height)), "gray")
    both.paste(one, (0, 0))
    both.paste(other.resize((other.width * 3 // 4, other.height * 3 // 4)), (one.width, 0))
    both.save(tmp_path / "both.png")
    refused = gallery("compare", tmp_path / "both.png", people[0][2], "--json")
    assert (refused.code, refused.refusal["code"]) == (3, "several_faces")
    assert gallery("compare", tmp_path / "both.png", people[0][2], "--largest").code == 0


def test_a_file_over_20_mb_is_refused_without_being_read(gallery, tmp_path):
    with (tmp_path / "huge.jpg").open("wb") as file:
        file.truncate(8 * 1024 * MEGABYTE)  # a sparse file
    outcome = gallery("identify", tmp_path / "huge.jpg", "--json")
    assert (outcome.code, outcome.refusal["code"]) == (3, "photo_too_large")


def test_endless_standard_input_is_refused_at_20_mb(gallery):
    outcome = gallery("identify", "-", "--json", stdin=bytes(21 * MEGABYTE))
    assert (outcome.code, outcome.refusal["code"]) == (3, "photo_too_large")


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "device", "forbidden", "long"])
@pytest.mark.parametrize("command", ["identify", "enroll"])
def test_what_cannot_be_read_as_a_file_is_not_found(gallery, tmp_path, kind, command):
    path = tmp_path / "photo.jpg"
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    if kind == "device":
        path = "/dev/zero"
    if kind == "long":
        path = tmp_path / ("a" * 300)
    if kind == "forbidden":
        path.write_bytes(b"")
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
    arguments = ("enroll", "Ada", path) if command == "enroll" else ("identify", path)
    outcome = gallery(*arguments, "--json")
    assert (outcome.code, outcome.refusal["code"]) == (4, "path_not_found")
    assert str(path) in outcome.refusal["message"]


def test_a_person_who_is_not_there_is_not_found(enrolled, black):
    for arguments in (("show", "Adda"), ("verify", "Adda", black), ("remove", "Adda", "--yes")):
        outcome = enrolled(*arguments, "--json")
        assert (outcome.code, outcome.refusal["code"]) == (4, "identity_not_found")
        assert "Ada" in outcome.refusal["message"]


def test_a_database_that_is_none_is_not_ready(gallery):
    gallery.database.write_text("this is no database, but it is long enough to look at" * 100)
    outcome = gallery("list", "--json")
    assert (outcome.code, outcome.refusal["code"]) == (5, "database_unavailable")


def test_ctrl_c_ends_quietly(gallery):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with gallery.start("identify", "-", **pipes) as process:
        process.stdin.write(bytes(MEGABYTE))  # more than a pipe holds: it is being read now
        process.stdin.flush()
        time.sleep(0.5)  # the rest is read, and it waits for more
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert (process.stdout.read(), process.stderr.read()) == (b"", b"")


@pytest.mark.parametrize("arguments", [("list",), ("list", "--json"), ("models", "card")])
def test_a_reader_who_goes_away_is_no_error(gallery, arguments):
    reading, writing = os.pipe()
    os.close(reading)
    with gallery.start(*arguments, stdout=writing, stderr=subprocess.PIPE) as process:
        os.close(writing)
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize(("name", "code"), [("Ada", 0), ("Bo", 1), ("Nobody", 4)])
def test_a_closed_stream_changes_no_exit_code(enrolled, people, closing, name, code):
    outcome = enrolled.redirected(closing, "verify", name, people[0][4])
    assert outcome.code == code
    assert "bug" not in outcome.out + outcome.err


@pytest.mark.parametrize("command", [["list"], ["keys", "create", "--scope", "admin"]])
def test_output_that_cannot_be_written_is_said_and_a_key_in_it_opens_nothing(gallery, command):
    with (
        Path("/dev/full").open("wb") as full,
        gallery.start(*command, stdout=full, stderr=subprocess.PIPE) as process,
    ):
        assert process.wait(60) == 74
        message = process.stderr.read().decode()
    assert message.count("\n") == 1
    assert "standard output cannot be written (No space left on device)" in message
    assert "stays changed" in message
    keys = gallery("keys", "list", "--json").document["keys"]
    assert all(key["revoked_at"] for key in keys)
    assert len(keys) == (command[0] == "keys")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["keys", "create"],
            "Missing option '--scope'. Choose from: verify, identify, enroll, admin.",
        ),
        (["lists"], "Did you mean 'list'? Try `gallery --help`."),
        (["--detector", "foo", "list"], "Invalid value for '--detector': 'foo' is not one of"),
        (["list", "--database", "x"], "before the command: `gallery --database ... list`."),
        (["identify", "\x1b[2J.jpg"], "\\x1b[2J.jpg"),
    ],
)
def test_what_is_wrong_is_said_on_one_line_and_moves_no_cursor(gallery, arguments, told):
    said = gallery(*arguments).err
    assert told in said
    assert said.count("\n") == 1
    assert "\x1b" not in said


def test_every_refusal_of_the_program_has_an_exit_code():
    found, waiting = [], [errors.GalleryError]
    while waiting:
        waiting += (kinds := waiting.pop().__subclasses__())
        found += kinds
    assert len(found) > 20
    for kind in found:
        assert exit_code_of(kind("why")) in {2, 3, 4, 5}
    assert set(EXIT_CODES) <= set(found)


@pytest.fixture
def broken():
    """A program with a bug."""
    app = typer.Typer(cls=GalleryGroup)

    @app.callback()
    def root() -> None:
        """A group."""

    @app.command()
    def crash(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
        raise ZeroDivisionError("nobody\nplanned this")

    return app


def test_a_bug_is_owned_up_to_in_one_line(broken):
    outcome = CliRunner().invoke(broken, ["crash"])
    assert (outcome.exit_code, outcome.stdout) == (70, "")
    assert outcome.stderr.count("\n") == 1
    assert "this is a bug" in outcome.stderr
    assert "ZeroDivisionError: nobody planned this" in outcome.stderr


def test_a_bug_is_told_in_json_too(broken):
    outcome = CliRunner().invoke(broken, ["crash", "--json"])
    assert json.loads(outcome.stderr)["error"]["code"] == "bug"


def test_the_traceback_of_a_bug_is_for_those_who_ask(broken):
    outcome = CliRunner(env={"GALLERY_DEBUG": "1"}).invoke(broken, ["crash"])
    assert "Traceback" in outcome.stderr
