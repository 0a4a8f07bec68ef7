"""The page without a mouse, on a narrow screen, and in the words of a screen reader."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

VIEWS = ("compare", "identify", "enroll", "gallery", "history")


def focused(page) -> str:
    return page.evaluate(
        "(document.activeElement.ariaLabel || document.activeElement.name"
        " || document.activeElement.innerText).trim()"
    )


def stops(page, end: str) -> list[str]:
    """What Tab reaches, up to `end`."""
    reached = []
    while len(reached) < 30 and end not in reached:
        page.keyboard.press("Tab")
        reached.append(focused(page))
    return reached


def test_tab_goes_through_the_page_in_the_order_it_is_read(page):
    assert stops(page, "Match") == [
        "Skip to the content",
        "Compare",
        "Identify",
        "Enroll",
        "Gallery",
        "History",
        "Use the camera: first photo",
        "image1",
        "Use the camera: second photo",
        "image2",
        "Match",
    ]


@pytest.mark.parametrize("field", ["image1", "image2"])
def test_a_photo_is_chosen_with_the_keyboard_alone(page, photo, field):
    page.on("filechooser", lambda chooser: chooser.set_files(photo(0, 0)))
    stops(page, field)
    page.keyboard.press("Space")
    expect(page.locator(f"[data-field={field}] .file")).to_contain_text(photo(0, 0).name)


def test_match_is_pressed_with_the_keyboard_alone_and_keeps_the_focus(page, photo):
    page.set_input_files("[name=image1]", photo(0, 0))
    page.set_input_files("[name=image2]", photo(0, 1))
    stops(page, "Match")
    page.keyboard.press("Enter")
    expect(page.locator("[data-view=compare] .verdict")).to_have_text("Matched")
    assert focused(page) == "Match"


def test_a_view_is_opened_with_the_keyboard_and_its_heading_read(page):
    stops(page, "Gallery")
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1, name="Gallery")
    expect(heading).to_be_focused()
    expect(page).to_have_title("Gallery · Face gallery")
    expect(page.get_by_role("link", name="Gallery", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Same person?")).to_be_focused()


def test_the_views_are_skipped_to_the_content(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_each_control_has_its_own_name_for_a_screen_reader(page):
    for name in ("First photo", "Second photo"):
        expect(page.locator("input").and_(page.get_by_label(name))).to_have_count(1)
    expect(page.get_by_role("checkbox", name="largest face")).to_be_visible()


@pytest.fixture(scope="module")
def long_name(enrolled) -> int:
    return enrolled("A" * 200, 0, (0, 1))


@pytest.mark.parametrize("width", [320, 375, 768])
@pytest.mark.parametrize("name", VIEWS)
def test_nothing_is_cut_off_on_a_narrow_screen(page, view, long_name, photo, name, width):
    page.set_viewport_size({"width": width, "height": 700})
    section = view(name)
    if name == "compare":
        page.set_input_files("[name=image1]", photo(0, 0))
        page.set_input_files("[name=image2]", photo(0, 1))
        page.get_by_role("button", name="Match").click()
        expect(section.locator(".result")).to_be_visible()
    if name == "gallery":
        expect(section.locator(".faces img")).to_have_count(2)
        section.get_by_role("button", name="Rename").click()
        expect(section.get_by_label("New name")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    top = page.get_by_role("navigation").bounding_box()
    assert top["height"] < 45  # in one line
