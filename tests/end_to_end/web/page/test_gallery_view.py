"""Gallery: who is enrolled, the removal of people and faces, and other names."""

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


def test_no_name_is_drawn_outside_its_card(view, enrolled):
    enrolled("Pile " + "x\u0323\u0323\u0323\u0323\u0323\u0323" * 20, 6)
    expect(card(view("gallery"), "Pile")).to_have_css("overflow", "clip")


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


def renaming(section, name: str):
    """Opens the form of a person's card and gives the card."""
    shown = card(section, name)
    shown.get_by_role("button", name=f"Rename {name}").click()
    expect(shown.get_by_label("New name")).to_be_focused()
    expect(shown.get_by_label("New name")).to_have_value(name)
    return shown


def change(server, identity: int, name: str) -> None:
    headers = {"Content-Type": "application/json"}
    body = json.dumps({"name": name}).encode()
    path = f"/v1/identities/{identity}"
    assert server.ask("PATCH", path, headers=headers, body=body)[0] == 200


def test_a_person_is_renamed_with_the_keyboard_alone(page, view, enrolled, server):
    fay = enrolled("Fay", 5)
    section = view("gallery")
    card(section, "Fay").get_by_role("button", name="Rename Fay").focus()
    page.keyboard.press("Enter")
    expect(card(section, "Fay").get_by_label("New name")).to_be_focused()
    page.keyboard.type("Fay  Quist")  # the old name is selected
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Fay is now called Fay Quist.")
    expect(page.get_by_role("button", name="Rename Fay Quist")).to_be_focused()
    expect(section.get_by_role("heading", name="Fay Quist", exact=True)).to_be_visible()
    expect(section.get_by_alt_text("Face 1 of Fay Quist")).to_be_visible()
    expect(section.get_by_label("New name")).to_have_count(0)
    assert server.ask("GET", f"/v1/identities/{fay}")[1]["name"] == "Fay Quist"


def test_escape_and_cancel_leave_the_name_as_it_was(page, view, enrolled, server):
    gus = enrolled("Gus", 6)
    section = view("gallery")
    for leave in (
        lambda: page.keyboard.press("Escape"),
        lambda: section.get_by_role("button", name="Cancel").click(),
    ):
        renaming(section, "Gus").get_by_label("New name").fill("Nobody")
        leave()
        expect(section.get_by_label("New name")).to_have_count(0)
        expect(page.get_by_role("button", name="Rename Gus")).to_be_focused()
    assert server.ask("GET", f"/v1/identities/{gus}")[1]["name"] == "Gus"


def test_a_name_that_is_taken_or_missing_is_refused_at_its_field(view, enrolled):
    enrolled("Hal", 7)
    enrolled("Ida", 8)
    section = view("gallery")
    shown = renaming(section, "Hal")
    field = shown.get_by_label("New name")
    for typed, said in (("ida", "The name Ida is taken"), ("  ", "No name yet"), ("a\0b", "print")):
        field.fill(typed)
        shown.get_by_role("button", name="Save").click()
        expect(shown.get_by_role("alert").filter(visible=True)).to_contain_text(said)
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(shown.get_by_role("alert").first.inner_text())
        expect(field).to_have_value(typed)


def test_a_change_by_somebody_else_is_told_before_it_is_overwritten(page, view, enrolled, server):
    jon = enrolled("Jon", 9)
    section = view("gallery")
    shown = renaming(section, "Jon")
    change(server, jon, "John")
    shown.get_by_label("New name").fill("Johan")
    shown.get_by_role("button", name="Save").click()
    shown = card(section, "John")
    expect(shown.get_by_role("alert").first).to_have_text(
        "Somebody else changed this person meanwhile: the name is now John. Your name is not "
        "saved. Press Save to give it all the same, or Cancel."
    )
    expect(shown.get_by_label("New name")).to_have_value("Johan")
    assert server.ask("GET", f"/v1/identities/{jon}")[1]["name"] == "John"
    shown.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("John is now called Johan.")
    assert server.ask("GET", f"/v1/identities/{jon}")[1]["name"] == "Johan"


def test_a_person_who_was_removed_while_being_renamed_is_told(view, enrolled, server):
    kim = enrolled("Kim", 10)
    section = view("gallery")
    shown = renaming(section, "Kim")
    server.ask("DELETE", f"/v1/identities/{kim}")
    shown.get_by_label("New name").fill("Kimi")
    shown.get_by_role("button", name="Save").click()
    expect(shown.get_by_role("alert").first).to_contain_text("There is no person with id")


def test_the_rest_of_the_faces_is_shown_and_the_focus_is_on_the_first_of_them(
    page, view, enrolled, server, photo
):
    liz = enrolled("Liz", 11, (0, 1, 2, 3))
    for number in (0, 1):
        path = f"/v1/identities/{liz}/faces"
        assert server.ask("POST", path, {"image": photo(12, number)})[0] == 201
    section = view("gallery")
    card(section, "Liz").get_by_role("button", name="Show 2 more faces").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove face 5 of Liz")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("All 6 faces of Liz are shown.")


def test_rename_pressed_twice_is_one_form(page, view, enrolled, slow):
    enrolled("Mia", 13)
    faces = slow("**/v1/identities/*")
    section = view("gallery")
    card(section, "Mia").get_by_role("button", name="Rename Mia").dblclick()
    faces.let_go()
    field = card(section, "Mia").get_by_label("New name")
    expect(field.first).to_be_focused()
    page.wait_for_load_state("networkidle")
    expect(field).to_have_count(1)


def test_a_name_without_a_space_stays_within_a_telephone(page, view, enrolled, photo):
    name = "john_smith_of_the_accounting_department_2024_final"
    identity = enrolled(name, 12, (2,))
    page.set_viewport_size({"width": 360, "height": 740})
    wide = "document.documentElement.scrollWidth"
    section = view("verify", identity)
    section.locator("[name=image]").set_input_files(photo(12, 3))
    section.get_by_role("button", name="Check").click()
    expect(section.locator(".sentence")).to_contain_text(name)
    assert page.evaluate(wide) == 360
    section = view("enroll")
    section.locator("[name=photos]").set_input_files(photo(12, 3))
    section.get_by_label("Name").fill(name)
    section.get_by_role("button", name="Enroll with 1 photo").click()
    expect(section.locator("#enroll-name-error")).to_contain_text(name)
    assert page.evaluate(wide) == 360
