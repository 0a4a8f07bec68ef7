"""The page in a real browser: headless Chromium against the real server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; install chromium")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, server):
    """The open page; whatever the browser complains of fails the test."""
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            message.type == "error"
            and "status of 4" not in message.text  # a refusal is an answer
            and "net::ERR_FAILED" not in message.text  # the test cut the line
            and complaints.append(message.text)
        ),
    )
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url))
    page.goto(server.url)
    yield page
    page.close()
    assert complaints == []
    assert [url for url in elsewhere if not url.startswith((server.url, "blob:", "data:"))] == []


def choose(page, field: str, file: Path) -> None:
    page.set_input_files(f"[name={field}]", file)


def match(page) -> None:
    page.get_by_role("button", name="Match").click()


def test_nothing_is_claimed_before_a_photo_is_chosen(page):
    expect(page.locator("#result")).to_be_hidden()
    assert "atched" not in page.inner_text("body")
    match(page)
    expect(page.locator("[data-field=image1] .error")).to_contain_text("No photo yet")
    expect(page.locator("[data-field=image2] .error")).to_contain_text("No photo yet")
    expect(page.locator("#result")).to_be_hidden()


def test_two_photos_of_one_person_match(page, photo):
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    match(page)
    result = page.locator("#result")
    expect(result.locator(".verdict")).to_have_text("Matched")
    expect(result).to_contain_text("below the threshold 0.4")
    assert float(result.locator(".distance").inner_text()) < 0.4
    assert result.locator(".model").inner_text()
    expect(page.get_by_role("status")).to_contain_text("Matched. The distance")
    for field in ("image1", "image2"):
        crop = page.locator(f"[data-field={field}] .crop img")
        assert crop.evaluate("i => [i.naturalWidth, i.naturalHeight]") == [47, 62]


def test_the_box_is_drawn_where_the_face_is(page, photo):
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    with page.expect_response("**/v1/compare") as answer:
        match(page)
    face = answer.value.json()["faces"][0]
    section = page.locator("[data-field=image1]")
    expect(section.locator("rect")).to_be_visible()
    drawn, shown = section.locator("rect").bounding_box(), section.locator(".drop").bounding_box()
    picture = face["picture"]
    scale = min(shown["width"] / picture["width"], shown["height"] / picture["height"])
    left = shown["x"] + (shown["width"] - scale * picture["width"]) / 2
    assert drawn["width"] == pytest.approx(scale * face["box"]["width"], abs=4)
    assert drawn["x"] == pytest.approx(left + scale * face["box"]["x"], abs=4)


def test_photos_of_two_people_do_not_match(page, photo):
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(1, 0))
    match(page)
    expect(page.locator(".verdict")).to_have_text("Not matched")


def test_a_photo_without_a_face_is_told_beside_it(page, photo, tmp_path):
    black = tmp_path / "black.png"
    Image.new("RGB", (400, 300)).save(black)
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", black)
    match(page)
    expect(page.locator("[data-field=image2] .error")).to_contain_text("ace")
    expect(page.locator("[data-field=image1] .error")).to_be_hidden()
    expect(page.locator("#result")).to_be_hidden()
    assert "photo: " not in page.locator("[data-field=image2] .error").inner_text()
    choose(page, "image2", photo(0, 1))
    expect(page.locator("[data-field=image2] .error")).to_be_hidden()
    match(page)
    expect(page.locator(".verdict")).to_have_text("Matched")


def test_a_result_goes_away_when_a_photo_changes(page, photo):
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    match(page)
    expect(page.locator("#result")).to_be_visible()
    choose(page, "image2", photo(1, 0))
    expect(page.locator("#result")).to_be_hidden()
    expect(page.locator("[data-field=image1] .crop")).to_be_hidden()
    expect(page.locator("[data-field=image1] rect")).to_be_hidden()


def test_an_answer_about_a_photo_that_was_changed_is_never_shown(page, photo):
    page.route("**/v1/compare", lambda route: (page.wait_for_timeout(500), route.continue_()))
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    match(page)
    choose(page, "image2", photo(1, 0))
    page.wait_for_timeout(1500)
    expect(page.locator("#result")).to_be_hidden()
    expect(page.get_by_role("button", name="Match")).to_be_enabled()


def test_many_clicks_ask_once(page, photo):
    asked = []
    page.on("request", lambda request: request.method == "POST" and asked.append(request.url))
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    page.get_by_role("button", name="Match").evaluate(
        "b => { for (let i = 0; i < 5; i++) b.click() }"
    )
    expect(page.locator(".verdict")).to_have_text("Matched")
    assert len(asked) == 1


def test_a_photo_that_the_browser_cannot_show_is_compared(page, photo, tmp_path):
    tiff = tmp_path / "photo.tiff"
    Image.open(photo(0, 0)).save(tiff)
    choose(page, "image1", tiff)
    choose(page, "image2", photo(0, 1))
    expect(page.locator("[data-field=image1] .file")).to_contain_text("cannot show it")
    match(page)
    expect(page.locator(".verdict")).to_have_text("Matched")
    expect(page.locator("[data-field=image1] .crop img")).to_be_visible()
    expect(page.locator("[data-field=image1] rect")).to_be_hidden()


def test_two_photos_dropped_together_fill_both_places(page, photo):
    files = [[file.name, list(file.read_bytes())] for file in (photo(0, 0), photo(0, 1))]
    page.evaluate(
        """files => {
          const data = new DataTransfer();
          for (const [name, bytes] of files)
            data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
          document.querySelector("[data-field=image1] .drop").dispatchEvent(
            new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        files,
    )
    match(page)
    expect(page.locator(".verdict")).to_have_text("Matched")


def test_a_pasted_photo_goes_to_the_first_free_place(page, photo):
    choose(page, "image1", photo(0, 0))
    page.evaluate(
        """bytes => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "pasted.jpg", { type: "image/jpeg" }));
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
        }""",
        list(photo(0, 1).read_bytes()),
    )
    expect(page.locator("[data-field=image2] .file")).to_contain_text("pasted.jpg")


@pytest.mark.parametrize("field", ["image1", "image2"])
def test_a_photo_is_chosen_with_the_keyboard_alone(page, photo, field):
    page.on("filechooser", lambda chooser: chooser.set_files(photo(0, 0)))
    for stop in ("image1", "image2"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") == stop
        if stop == field:
            break
    page.keyboard.press("Space")
    expect(page.locator(f"[data-field={field}] .file")).to_contain_text(photo(0, 0).name)


def test_match_is_pressed_with_the_keyboard_alone(page, photo):
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict")).to_have_text("Matched")
    assert page.evaluate("document.activeElement.innerText") == "Match"


def test_each_control_has_its_own_name_for_a_screen_reader(page):
    for name in ("First photo", "Second photo"):
        expect(page.get_by_label(name).locator("visible=true").first).to_be_attached()
        expect(page.locator("input").and_(page.get_by_label(name))).to_have_count(1)
    expect(page.get_by_role("checkbox", name="largest face")).to_be_visible()


@pytest.mark.parametrize("width", [320, 375, 768])
def test_nothing_is_cut_off_on_a_narrow_screen(page, photo, width):
    page.set_viewport_size({"width": width, "height": 700})
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    match(page)
    expect(page.locator("#result")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_server_that_went_away_is_told_in_plain_words(page, photo):
    page.route("**/v1/compare", lambda route: route.abort())
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    match(page)
    expect(page.get_by_role("status")).to_contain_text("does not answer")
    expect(page.get_by_role("button", name="Match")).to_be_enabled()
