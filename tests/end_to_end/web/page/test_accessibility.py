"""axe-core over each view, in both themes, with and without something in it."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

VIEWS = ("compare", "identify", "verify", "enroll", "gallery", "history")


@pytest.fixture(scope="module")
def ada(server, photo) -> int:
    headers = {"Content-Type": "application/json"}
    _, person = server.ask("POST", "/v1/identities", headers=headers, body=b'{"name": "Ada"}')
    path = f"/v1/identities/{person['id']}/faces"
    assert server.ask("POST", path, {"image": photo(0, 0)})[0] == 201
    return int(person["id"])


@pytest.fixture(params=["light", "dark"])
def page(request, browser, server, watched, ada):
    page = watched(browser.new_page(color_scheme=request.param), server.url)
    page.goto(server.url)
    expect(page.get_by_role("navigation")).to_be_visible()
    yield page
    page.close()


def violations(page) -> list[str]:
    """Of any impact: the rules broken, and where."""
    page.wait_for_timeout(300)  # transitions of colours end
    found = Axe().run(page).response["violations"]
    return [f"{one['id']} {node['target']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_as_it_is_opened(page, view, ada, name):
    section = view(name, ada if name == "verify" else None)
    if name == "gallery":
        expect(section.locator(".faces img")).to_have_count(1)
    assert violations(page) == []


@pytest.mark.parametrize(("first", "second"), [((0, 0), (0, 1)), ((0, 0), (1, 0))])
def test_a_comparison_and_its_history(page, view, photo, first, second):
    section = view("compare")
    section.locator("[name=image1]").set_input_files(photo(*first))
    section.locator("[name=image2]").set_input_files(photo(*second))
    section.get_by_role("button", name="Match").click()
    expect(section.locator(".result")).to_be_visible()
    assert violations(page) == []
    view("history")
    assert violations(page) == []


def test_an_identification(page, view, photo):
    section = view("identify")
    section.locator("[name=image]").set_input_files(photo(0, 1))
    section.get_by_role("button", name="Identify", exact=True).click()
    expect(section.locator(".result")).to_be_visible()
    assert violations(page) == []


def test_photos_about_to_be_enrolled_good_poor_and_refused(page, view, photo, small, black):
    section = view("enroll")
    section.locator("[name=photos]").set_input_files([photo(0, 1), small, black])
    expect(section.get_by_role("button", name="Enroll with 2 photos")).to_be_visible()
    section.get_by_role("button", name="Enroll with 2 photos").click()  # no name: a refusal
    expect(section.locator("#enroll-name-error")).to_be_visible()
    assert violations(page) == []


def test_the_question_before_a_removal(page, view):
    section = view("gallery")
    section.get_by_role("button", name="Remove Ada").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


def test_a_rename_that_is_refused(page, view):
    section = view("gallery")
    section.get_by_role("button", name="Rename Ada").click()
    section.get_by_label("New name").fill("")
    assert violations(page) == []
    section.get_by_role("button", name="Save").click()
    expect(section.get_by_text("No name yet")).to_be_visible()
    assert violations(page) == []


def test_a_refusal(page, view, black):
    section = view("identify")
    section.locator("[name=image]").set_input_files(black)
    section.get_by_role("button", name="Identify", exact=True).click()
    expect(section.locator(".photo .error")).to_be_visible()
    assert violations(page) == []


def test_the_sign_in_form(page):
    """Its place is shown by hand here; test_sign_in.py goes through the real door."""
    page.evaluate(
        """() => {
          for (const view of document.querySelectorAll(".view"))
            view.hidden = view.dataset.view !== "sign-in";
        }"""
    )
    expect(page.get_by_label("Key")).to_be_visible()
    assert violations(page) == []
