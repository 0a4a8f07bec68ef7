"""Enroll: a name, and photos that are looked at before anything is stored."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


@pytest.fixture
def enroll(view):
    return view("enroll")


def people(server) -> dict[str, int]:
    _, answer = server.ask("GET", "/v1/identities")
    return {person["name"]: person["face_count"] for person in answer["identities"]}


def choose(section, *files) -> None:
    section.locator("[name=photos]").set_input_files(list(files))


def test_each_photo_is_judged_at_once_and_nothing_is_stored(
    page, enroll, server, photo, black, small
):
    before = people(server)
    choose(enroll, photo(0, 0), black, small)
    rows = enroll.locator(".chosen li")
    expect(rows.nth(0)).to_contain_text("Good: face 133 px wide")
    expect(rows.nth(1)).to_contain_text("No face was found")
    expect(rows.nth(2)).to_contain_text("Usable, but the face is small")
    expect(rows.nth(0).locator(".seen")).to_have_js_property("naturalWidth", 47)
    expect(enroll.get_by_role("button", name="Enroll with 2 photos")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("2 photos can be enrolled, 1 cannot.")
    assert people(server) == before


def test_a_person_is_enrolled_with_the_usable_photos(page, enroll, server, photo, black):
    enroll.get_by_label("Name").fill("Ada Lovelace")
    choose(enroll, photo(0, 0), photo(0, 1), black)
    expect(enroll.locator(".chosen li").nth(2)).to_contain_text("No face was found")
    enroll.get_by_role("button", name="Enroll with 2 photos").click()
    done = enroll.locator(".done")
    expect(done).to_contain_text("Ada Lovelace is enrolled with 2 photos")
    expect(done).to_contain_text("Left out: 1 photo that could not be used")
    expect(page.get_by_role("status")).to_contain_text("is enrolled with 2 photos")
    assert people(server)["Ada Lovelace"] == 2
    expect(enroll.get_by_label("Name")).to_have_value("")
    expect(enroll.locator(".chosen li")).to_have_count(0)


def test_what_is_missing_is_told_where_it_is_missing(enroll, photo):
    enroll.get_by_role("button", name="Enroll", exact=True).click()
    expect(enroll.locator("#enroll-name-error")).to_contain_text("No name yet")
    expect(enroll.get_by_label("Name")).to_be_focused()
    enroll.get_by_label("Name").fill("Nobody")
    expect(enroll.locator("#enroll-name-error")).to_be_hidden()
    enroll.get_by_role("button", name="Enroll", exact=True).click()
    expect(enroll.locator("#enroll-photos-error")).to_contain_text("No usable photo yet")


def test_a_name_that_is_taken_leads_to_that_person_and_keeps_the_photos(
    page, enroll, enrolled, server, photo
):
    enrolled("Grace Hopper", 5)
    enroll.get_by_label("Name").fill("grace hopper")
    choose(enroll, photo(5, 1))
    enroll.get_by_role("button", name="Enroll with 1 photo").click()
    error = enroll.locator("#enroll-name-error")
    expect(error).to_contain_text("The name Grace Hopper is taken")
    error.get_by_role("link").click()
    page.get_by_role("link", name="Add photos of Grace Hopper").click()
    expect(enroll.locator(".adding")).to_contain_text("More photos of Grace Hopper")
    enroll.get_by_role("button", name="Enroll with 1 photo").click()
    expect(enroll.locator(".done")).to_contain_text("Grace Hopper is enrolled with 1 photo")
    assert people(server)["Grace Hopper"] == 2


def test_a_photo_is_left_out_and_the_focus_stays_in_the_list(enroll, photo):
    choose(enroll, photo(0, 0), photo(0, 1))
    enroll.get_by_role("button", name=f"Leave out {photo(0, 0).name}").click()
    expect(enroll.locator(".chosen li")).to_have_count(1)
    expect(enroll.get_by_role("button", name=f"Leave out {photo(0, 1).name}")).to_be_focused()


def test_a_photo_of_two_people_becomes_usable_when_the_largest_is_asked_for(enroll, two_people):
    choose(enroll, two_people)
    expect(enroll.locator(".state")).to_contain_text("2 faces were found")
    enroll.get_by_label("take the largest face").check()
    expect(enroll.locator(".state")).to_contain_text("Good")


def test_photos_that_could_not_be_stored_are_tried_again_and_the_person_is_made_once(
    page, enroll, server, photo
):
    cut = []

    def once(route):
        cut.append(route.request.url)
        route.abort() if len(cut) == 2 else route.continue_()

    page.route("**/faces", once)
    enroll.get_by_label("Name").fill("Alan Turing")
    choose(enroll, photo(6, 0), photo(6, 1))
    enroll.get_by_role("button", name="Enroll with 2 photos").click()
    expect(enroll.locator(".failed")).to_contain_text("1 photo of 2 stored for Alan Turing")
    enroll.get_by_role("button", name="Enroll with 1 photo").click()
    expect(enroll.locator(".done")).to_contain_text("Alan Turing is enrolled with 2 photos")
    assert people(server)["Alan Turing"] == 2


def test_photos_are_dropped_in_and_the_same_one_twice_is_one(page, enroll, photo):
    files = [[file.name, list(file.read_bytes())] for file in (photo(0, 0), photo(0, 1))]
    for _ in range(2):
        page.evaluate(
            """files => {
              const data = new DataTransfer();
              for (const [name, bytes] of files)
                data.items.add(new File([new Uint8Array(bytes)], name, { lastModified: 1 }));
              document.querySelector("[data-view=enroll] .drop").dispatchEvent(
                new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
            }""",
            files,
        )
    expect(enroll.get_by_role("button", name="Enroll with 2 photos")).to_be_visible()


def test_photos_go_to_the_person_they_were_chosen_for_wherever_the_page_has_gone(
    page, enroll, enrolled, slow, server, photo
):
    enrolled("Other", 6)
    faces = slow("**/faces")
    enroll.get_by_label("Name").fill("Chosen For")
    choose(enroll, photo(5, 0), photo(5, 1))
    with page.expect_request("**/faces"):
        enroll.get_by_role("button", name="Enroll with 2 photos").click()
    page.get_by_role("link", name="Gallery", exact=True).click()
    page.get_by_role("link", name="Add photos of Other").click()
    expect(enroll.get_by_role("button", name="Enrolling…")).to_be_visible()
    faces.let_go()
    expect(enroll.locator(".done")).to_contain_text("Chosen For is enrolled with 2 photos")
    expect(enroll.locator(".adding")).to_contain_text("More photos of Other")
    assert (people(server)["Chosen For"], people(server)["Other"]) == (2, 1)


def test_while_photos_are_stored_one_can_be_left_out_and_others_chosen_for_later(
    page, enroll, slow, server, photo
):
    faces = slow("**/faces")
    enroll.get_by_label("Name").fill("Left Out")
    choose(enroll, photo(5, 0), photo(5, 1))
    with page.expect_request("**/faces"):
        enroll.get_by_role("button", name="Enroll with 2 photos").click()
    under_way, waiting = enroll.locator(".chosen li").all()
    expect(under_way.get_by_role("button")).to_be_hidden()
    waiting.get_by_role("button").click()
    choose(enroll, photo(6, 0))
    for name in ("Gallery", "Enroll"):
        page.get_by_role("link", name=name, exact=True).click()
    faces.let_go()
    expect(enroll.locator(".done")).to_contain_text("Left Out is enrolled with 1 photo")
    assert people(server)["Left Out"] == 1
    expect(enroll.locator(".chosen li")).to_have_count(1)
    expect(enroll.get_by_role("button", name="Enroll with 1 photo")).to_be_visible()


def test_nobody_is_enrolled_before_each_photo_was_looked_at(page, enroll, slow, server, photo):
    choose(enroll, photo(5, 0))
    enroll.get_by_label("Name").fill("Patient")
    expect(enroll.get_by_role("button", name="Enroll with 1 photo")).to_be_visible()
    looks = slow("**/v1/inspect")
    choose(enroll, photo(5, 1))
    enroll.get_by_role("button", name="Enroll with 1 photo").click()
    expect(enroll.locator("#enroll-photos-error")).to_contain_text("Not every photo has been")
    assert "Patient" not in people(server)
    looks.let_go()
    enroll.get_by_role("button", name="Enroll with 2 photos").click()
    expect(enroll.locator(".done")).to_contain_text("Patient is enrolled with 2 photos")


def too_many(route) -> None:
    problem = {"code": "too_many_requests", "detail": "there were too many requests"}
    route.fulfill(status=429, headers={"Retry-After": "1"}, json=problem)


def test_a_photo_that_met_too_many_requests_is_looked_at_again_by_itself(page, enroll, photo):
    page.route("**/v1/inspect", too_many, times=1)
    choose(enroll, photo(0, 0))
    expect(enroll.locator(".state")).to_contain_text("Try again in 1 s")
    expect(enroll.locator(".state")).to_contain_text("Good")


def test_a_photo_that_the_server_did_not_answer_for_is_looked_at_again(page, enroll, photo):
    page.route("**/v1/inspect", lambda route: route.abort(), times=2)
    choose(enroll, photo(0, 0), photo(0, 1))
    states = enroll.locator(".chosen li")
    for row in (0, 1):
        expect(states.nth(row)).to_have_attribute("data-state", "missed")
    choose(enroll, photo(0, 0))
    expect(states.nth(0)).to_contain_text("Good")
    enroll.get_by_label("Name").fill("Looked At Again")
    enroll.get_by_role("button", name="Enroll with 1 photo").click()
    expect(states.nth(1)).to_contain_text("Good")
    enroll.get_by_role("button", name="Enroll with 2 photos").click()
    expect(enroll.locator(".done")).to_contain_text("Looked At Again is enrolled with 2 photos")


@pytest.mark.parametrize("status", [0, 401, 429])
def test_a_photo_that_could_not_be_stored_has_no_tick_and_is_tried_again(
    page, enroll, photo, status
):
    problem = {"code": "away", "detail": "not now"}

    def fail(route) -> None:
        route.fulfill(status=status, json=problem) if status else route.abort()

    page.route("**/faces", fail, times=1)
    name = f"Failed with {status}"
    enroll.get_by_label("Name").fill(name)
    choose(enroll, photo(0, 0))
    enroll.get_by_role("button", name="Enroll with 1 photo").click()
    expect(enroll.locator(".failed")).to_contain_text("0 photos of 1 stored")
    expect(enroll.locator(".chosen li")).to_have_attribute("data-state", "unstored")
    enroll.get_by_role("button", name="Enroll with 1 photo").click()
    expect(enroll.locator(".done")).to_contain_text(f"{name} is enrolled with 1 photo")


def test_enroll_somebody_else_gives_a_fresh_form_after_a_failure(page, enroll, photo):
    page.route("**/faces", lambda route: route.abort())
    enroll.get_by_label("Name").fill("Given Up")
    choose(enroll, photo(0, 0))
    enroll.get_by_role("button", name="Enroll with 1 photo").click()
    expect(enroll.locator(".adding")).to_contain_text("More photos of Given Up")
    for name in ("Gallery", "Enroll"):  # a way round changes nothing
        page.get_by_role("link", name=name, exact=True).click()
    expect(enroll.locator(".failed")).to_contain_text("0 photos of 1 stored for Given Up")
    enroll.get_by_role("link", name="Enroll somebody else").click()
    expect(enroll.get_by_label("Name")).to_be_focused()
    expect(enroll.get_by_label("Name")).to_have_value("")
    expect(enroll.locator(".failed")).to_be_hidden()
    expect(enroll.locator(".chosen li")).to_have_count(0)
