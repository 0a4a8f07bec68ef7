"""Identify: one photo in, the nearest people out."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def identify(view):
    """Chooses a photo, presses Identify and gives the result."""

    def ask(file):
        section = view("identify")
        section.locator("[name=image]").set_input_files(file)
        section.get_by_role("button", name="Identify", exact=True).click()
        return section.locator(".result")

    return ask


def test_in_an_empty_gallery_nobody_is_named(identify, photo):
    result = identify(photo(0, 0))
    expect(result.locator(".verdict")).to_have_text("Unknown")
    expect(result).to_contain_text("no faces yet")


def test_a_person_is_named_and_the_others_are_told_as_not_matching(page, identify, enrolled, photo):
    enrolled("Ada Lovelace", 0)
    enrolled("<b>Bob & Co</b>", 1)
    result = identify(photo(0, 1))
    expect(result.locator(".verdict")).to_have_text("Ada Lovelace")
    candidates = result.locator("li")
    expect(candidates).to_have_count(2)
    expect(candidates.nth(0)).to_contain_text("Matches: 0.")
    expect(candidates.nth(1)).to_contain_text("<b>Bob & Co</b>")
    expect(candidates.nth(1)).to_contain_text("Does not match")
    crop = candidates.nth(0).locator("img")
    expect(crop).to_have_js_property("naturalWidth", 47)
    expect(page.get_by_role("status")).to_contain_text("Ada Lovelace. The distance 0.")
    expect(result.locator(".risk")).to_have_text(
        re.compile(r"In a gallery of \d+ faces, about [\d.]+\s% of strangers are given a name\.")
    )


def test_a_stranger_is_unknown_and_the_nearest_are_told_as_too_far(identify, photo):
    result = identify(photo(2, 0))
    expect(result.locator(".verdict")).to_have_text("Unknown")
    expect(result.locator("h2")).to_have_text("Nearest people, none of them near enough")
    expect(result).to_contain_text("above the threshold 0.4")


def test_a_photo_without_a_face_is_told_beside_it(page, identify, black):
    result = identify(black)
    expect(page.locator("[data-view=identify] .photo .error")).to_contain_text("No face was found")
    expect(result).to_be_hidden()


def test_a_photo_is_checked_against_one_person(page, view, enrolled, photo):
    ada = enrolled("Ada of verify", 3)
    section = view("verify", ada)
    expect(section.get_by_role("heading", level=1)).to_have_text("Is this Ada of verify?")
    for person, verdict in ((3, "Matched"), (4, "Not matched")):
        section.locator("[name=image]").set_input_files(photo(person, 1))
        section.get_by_role("button", name="Check").click()
        expect(section.locator(".verdict")).to_have_text(verdict)
    expect(page.get_by_role("status")).to_contain_text("To the nearest photo of Ada of verify")


def test_a_check_against_nobody_says_so(view):
    expect(view("verify", 999).locator(".failed")).to_contain_text("There is no person with id 999")


def test_the_name_is_asked_for_each_time_and_an_answer_for_another_one_is_forgotten(
    page, view, enrolled, server, photo
):
    old = enrolled("Old name", 5)
    section, other = view("verify", old), page.get_by_role("link", name="Compare")
    section.locator("[name=image]").set_input_files(photo(5, 1))
    section.get_by_role("button", name="Check").click()
    expect(section.locator(".verdict")).to_have_text("Matched")
    other.click()
    view("verify", old)
    expect(section.locator(".result")).to_be_visible()
    headers = {"Content-Type": "application/json"}
    body = json.dumps({"name": "New name"}).encode()
    assert server.ask("PATCH", f"/v1/identities/{old}", headers=headers, body=body)[0] == 200
    other.click()
    view("verify", old)
    expect(section.get_by_role("heading", level=1)).to_have_text("Is this New name?")
    expect(page).to_have_title("Is this New name? · Face gallery")
    expect(section.locator(".result")).to_be_hidden()
    server.ask("DELETE", f"/v1/identities/{old}")
    other.click()
    view("verify", old)
    expect(section.locator(".failed")).to_contain_text(f"There is no person with id {old}")
    expect(section.get_by_role("heading", level=1)).to_have_text("Is this the right person?")


def test_a_name_that_comes_late_or_at_the_second_time_is_shown_where_it_belongs(
    page, view, enrolled, slow, photo
):
    late = enrolled("Late", 6)
    page.route("**/v1/identities/*", lambda route: route.abort())
    section, other = view("verify", late), page.get_by_role("link", name="Compare")
    expect(section.locator(".failed")).to_contain_text("The server does not answer")
    other.click()
    page.unroute("**/v1/identities/*")
    names = slow("**/v1/identities/*")
    view("verify", late)
    expect(section.locator(".failed")).to_be_hidden()
    section.locator("[name=image]").set_input_files(photo(6, 1))
    other.click()
    names.let_go()
    expect(section.get_by_role("heading", level=1, include_hidden=True)).to_have_text(
        "Is this Late?"
    )
    expect(page).to_have_title("Same person? · Face gallery")
    view("verify", late)
    expect(section.locator(".filled")).to_be_visible()
