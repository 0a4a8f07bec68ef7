"""A photo from the camera, where the browser allows it."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import Page, expect

FAKE_CAMERA = ("--use-fake-device-for-media-stream",)


def reached(page: Page, expression: str, wanted: object) -> bool:
    """Whether the expression becomes `wanted` within 5 s.

    `Page.wait_for_function` asks again by `eval`, which the page's content policy forbids.
    """
    for _ in range(50):
        if page.evaluate(expression) == wanted:
            return True
        page.wait_for_timeout(100)
    return False


@pytest.fixture
def with_camera(playwright, server, watched, film):
    """Opens the page in a browser whose camera shows a film; `allowed` is the user's answer."""
    opened = []

    def open_page(view: str, *, allowed: bool, camera: bool = True):
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        if camera:
            flags += [*FAKE_CAMERA, f"--use-file-for-fake-video-capture={film}"]
        if allowed:
            flags.append("--use-fake-ui-for-media-stream")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=flags
        )
        opened.append(browser)
        page = watched(browser.new_page(), server.url)
        page.goto(f"{server.url}/#{view}")
        return page

    yield open_page
    for browser in opened:
        browser.close()


def test_a_photo_from_the_camera_is_compared_like_a_file(with_camera, photo):
    page = with_camera("compare", allowed=True)
    page.set_input_files("[data-view=compare] [name=image1]", photo(0, 0))
    page.get_by_role("button", name="Use the camera: second photo").click()
    dialog = page.get_by_role("dialog", name="Take a photo")
    shoot = dialog.get_by_role("button", name="Take the photo")
    expect(shoot).to_be_focused()
    shoot.click()
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-view=compare] [data-field=image2] .file")).to_contain_text("camera")
    page.get_by_role("button", name="Match").click()
    expect(page.locator("[data-view=compare] .verdict")).to_have_text("Matched")


def test_photos_from_the_camera_are_enrolled(with_camera):
    page = with_camera("enroll", allowed=True)
    page.get_by_label("Name").fill("Filmed")
    page.get_by_role("button", name="Use the camera: photos").click()
    page.get_by_role("button", name="Take the photo").click()
    page.get_by_role("button", name="Enroll with 1 photo").click()
    expect(page.locator(".done")).to_contain_text("Filmed is enrolled with 1 photo")


def test_the_camera_is_let_go_when_the_dialog_is_closed(with_camera):
    page = with_camera("identify", allowed=True)
    page.get_by_role("button", name="Use the camera: photo").locator("visible=true").click()
    expect(page.get_by_role("button", name="Take the photo")).to_be_enabled()
    page.evaluate("window.track = document.querySelector('video').srcObject.getTracks()[0]")
    assert page.evaluate("track.readyState") == "live"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert reached(page, "track.readyState", "ended")


def test_a_camera_that_is_allowed_after_its_dialog_was_closed_is_let_go(with_camera):
    page = with_camera("identify", allowed=True)
    page.evaluate(
        """() => {
          const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
          window.streams = [];
          window.answers = [];
          navigator.mediaDevices.getUserMedia = async (wanted) => {
            await new Promise((answer) => answers.push(answer));
            const stream = await ask(wanted);
            streams.push(stream);
            return stream;
          };
        }"""
    )
    camera = page.get_by_role("button", name="Use the camera: photo").locator("visible=true")
    camera.click()
    page.get_by_role("button", name="Cancel").click()
    camera.click()
    page.evaluate("answers.forEach((answer) => answer())")
    expect(page.get_by_role("button", name="Take the photo")).to_be_enabled()
    assert reached(page, "streams.length", 2)
    page.get_by_role("button", name="Cancel").click()
    live = "streams.filter((one) => one.getTracks()[0].readyState === 'live').length"
    assert reached(page, live, 0)


def test_a_camera_that_is_refused_is_told_with_what_to_do(with_camera):
    page = with_camera("identify", allowed=False)
    page.get_by_role("button", name="Use the camera: photo").locator("visible=true").click()
    dialog = page.get_by_role("dialog", name="Take a photo")
    expect(dialog.get_by_role("alert")).to_contain_text("Allow it beside the address")
    expect(dialog.get_by_role("button", name="Take the photo")).to_be_disabled()


def test_without_a_camera_the_page_says_so(with_camera):
    page = with_camera("identify", allowed=True, camera=False)
    page.get_by_role("button", name="Use the camera: photo").locator("visible=true").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("No camera was found")
