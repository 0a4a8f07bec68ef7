"""gallery keys: made, shown once, listed, revoked."""

from __future__ import annotations

import re

import pytest

KEY = r"gallery_([a-z0-9]{12})_([A-Za-z0-9]{43})"


def test_a_key_is_all_of_standard_output_and_shown_once(gallery):
    made = gallery("keys", "create", "--scope", "verify", "--expires", "90d", "--name", "door")
    assert made.code == 0
    key_id, secret = re.fullmatch(KEY + "\n", made.out).groups()
    assert "cannot be shown again" in made.err
    assert f"gallery keys revoke {key_id}" in made.err
    listed = gallery("keys", "list")
    assert (listed.code, listed.err) == (0, "")
    for word in (key_id, "door", "verify", "everybody", "hidden", "never"):
        assert word in listed.out
    for outcome in (listed, gallery("keys", "list", "--json"), gallery("keys", "revoke", key_id)):
        assert secret not in outcome.out + outcome.err
    assert secret.encode() not in gallery.database.read_bytes()


def test_a_key_is_made_and_listed_as_json(enrolled):
    options = ("--scope", "verify", "--scope", "enroll", "--identity", "ada", "--scores")
    made = enrolled("keys", "create", *options, "--expires", "12h", "--json")
    assert (made.code, made.err) == (0, "")
    document = made.document
    assert re.fullmatch(KEY, document.pop("key"))
    assert document["scopes"] == ["enroll", "verify"]
    assert document["scores"] is True
    assert document["identity_id"] == enrolled("show", "Ada", "--json").document["id"]
    assert document["expires_at"] > document["created_at"]
    assert enrolled("keys", "list", "--json").document == {"keys": [document]}


def test_without_a_key_the_list_says_how_to_make_one(gallery):
    assert "gallery keys create" in gallery("keys", "list").out
    assert gallery("keys", "list", "--json").document == {"keys": []}


def test_a_key_is_revoked_and_stays_listed(gallery):
    made = gallery("keys", "create", "--scope", "admin", "--json").document
    assert made["scores"] is True
    assert gallery("keys", "revoke", made["id"]).code == 0
    [listed] = gallery("keys", "list", "--json").document["keys"]
    assert listed["revoked_at"]
    assert "revoked" in gallery("keys", "list").out
    again = gallery("keys", "revoke", made["id"], "--json").document["revoked"]
    assert again["revoked_at"] == listed["revoked_at"]


def test_the_key_of_a_removed_person_is_listed_as_dead(enrolled):
    enrolled("keys", "create", "--scope", "verify", "--identity", "Ada")
    assert enrolled("remove", "Ada", "--yes").code == 0
    listed = enrolled("keys", "list").out
    assert "(removed)" in listed
    assert "person removed" in listed
    [key] = enrolled("keys", "list", "--json").document["keys"]
    assert (key["identity_id"], key["identity_name"], key["usable"]) == (1, None, False)


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("create",), 2, "wrong_usage"),
        (("create", "--scope", "root"), 2, "wrong_usage"),
        (("create", "--scope", "verify", "--expires", "soon"), 2, "invalid_value"),
        (("create", "--scope", "verify", "--expires", "0d"), 2, "invalid_value"),
        (("create", "--scope", "verify", "--expires", "99999d"), 2, "invalid_value"),
        (("create", "--scope", "verify", "--name", " "), 2, "invalid_name"),
        (("create", "--scope", "verify", "--identity", "Nobody"), 4, "identity_not_found"),
        (("create", "--scope", "identify", "--identity", "Ada"), 2, "invalid_value"),
        (("create", "--scope", "admin", "--identity", "Ada"), 2, "invalid_value"),
        (("revoke", "nonsense"), 4, "key_not_found"),
        (("revoke", "\udcff"), 4, "key_not_found"),  # a byte that is no UTF-8
        (("revoke",), 2, "wrong_usage"),
    ],
)
def test_what_makes_no_sense_is_refused(enrolled, arguments, code, name):
    outcome = enrolled("keys", *arguments, "--json")
    assert (outcome.code, outcome.out, outcome.refusal["code"]) == (code, "", name)
    assert enrolled("keys", "list", "--json").document == {"keys": []}
