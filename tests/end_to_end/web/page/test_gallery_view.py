"""Gallery: who is enrolled, and the removal of people and faces."""

from __future__ import annotations

import json

from playwright.sync_api import expect


def card(section, name: str):
    return section.locator(".person").filter(has_text=name)


def test_an_empty_gallery_says_what_to_do(view):
    section = view("gallery")
    expect(section.locator(".empty")).to_contain_text("Nobody is enrolled yet")
    section.get_by_role("link", name="Enroll the first person").click()


def test_people_are_shown_with_the_crops_of_their_faces(view, enrolled):
    enrolled("Ada", 0, (0, 1))
    section = view("gallery")
    crops = card(section, "Ada").locator(".faces img")
    expect(crops).to_have_count(2)
    expect(crops.nth(1)).to_have_js_property("naturalWidth", 47)
    expect(crops.nth(1)).to_have_attribute("alt", "Face 2 of Ada")
    expect(card(section, "Ada")).to_contain_text("2 faces")
    expect(section.locator(".shown")).to_have_text("1 person")


def test_a_face_is_removed_only_after_a_yes(page, view, enrolled, server):
    ada = enrolled("Bob", 1, (0, 1))
    section = view("gallery")
    remove = card(section, "Bob").get_by_role("button", name="Remove face 1 of Bob")
    remove.click()
    dialog = page.get_by_role("dialog", name="Remove face 1 of Bob?")
    expect(dialog.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(remove).to_be_focused()
    assert server.ask("GET", f"/v1/identities/{ada}")[1]["face_count"] == 2
    remove.click()
    dialog.get_by_role("button", name="Remove").click()
    expect(card(section, "Bob")).to_contain_text("1 face ·")
    expect(page.get_by_role("status")).to_have_text("The face was removed. Bob has 1 face.")
    assert server.ask("GET", f"/v1/identities/{ada}")[1]["face_count"] == 1


def test_a_removed_person_is_gone_and_the_focus_goes_to_the_next(page, view, enrolled, server):
    carl, _ = enrolled("Carl", 2), enrolled("Dora", 3)
    section = view("gallery")
    card(section, "Carl").get_by_role("button", name="Remove Carl").click()
    dialog = page.get_by_role("dialog", name="Remove Carl?")
    expect(dialog).to_contain_text("1 stored face")
    dialog.get_by_role("button", name="Remove").click()
    expect(card(section, "Carl")).to_have_count(0)
    expect(page.get_by_role("status")).to_have_text("Carl was removed.")
    expect(page.get_by_role("link", name="Add photos of Dora")).to_be_focused()
    assert server.ask("GET", f"/v1/identities/{carl}")[0] == 404


def test_a_person_who_was_removed_elsewhere_is_told_on_the_card(page, view, enrolled, server):
    eve = enrolled("Eve", 4)
    section = view("gallery")
    expect(card(section, "Eve").locator("img")).to_have_count(1)
    server.ask("DELETE", f"/v1/identities/{eve}")
    card(section, "Eve").get_by_role("button", name="Remove Eve").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(card(section, "Eve").locator(".error")).to_contain_text("There is no person with id")


def test_many_people_come_a_page_at_a_time(start, browser, watched, tmp_path):
    server = start(tmp_path, "--workers", "1")
    names = [f"Person {number:03}" for number in range(110)]
    for name in names:
        body = json.dumps({"name": name}).encode()
        headers = {"Content-Type": "application/json"}
        assert server.ask("POST", "/v1/identities", headers=headers, body=body)[0] == 201
    page = watched(browser.new_page(), server.url)
    page.goto(f"{server.url}/#gallery")
    section = page.locator("[data-view=gallery]")
    expect(section.locator(".person")).to_have_count(24)
    expect(section.locator(".shown")).to_have_text("24 people so far")
    more = section.get_by_role("button", name="Show more people")
    more.click()
    expect(page.get_by_role("link", name="Add photos of Person 024")).to_be_focused()
    for shown in ("72 people so far", "96 people so far", "110 people"):
        more.click()
        expect(section.locator(".shown")).to_have_text(shown)
    expect(more).to_be_hidden()
    assert section.locator(".person h2").all_text_contents() == names
    page.close()
    server.stop()
