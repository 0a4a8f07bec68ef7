"""Compare: two photos in, one verdict out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect


@pytest.fixture
def page(view, page):
    view("compare")
    return page


def choose(page, field: str, file: Path) -> None:
    page.set_input_files(f"[name={field}]", file)


def match(page) -> None:
    page.get_by_role("button", name="Match").click()


def test_nothing_is_claimed_before_a_photo_is_chosen(page):
    expect(page.locator("[data-view=compare] .result")).to_be_hidden()
    assert "atched" not in page.inner_text("main")
    match(page)
    expect(page.locator("[data-field=image1] .error")).to_contain_text("No photo yet")
    expect(page.locator("[data-field=image2] .error")).to_contain_text("No photo yet")
    expect(page.locator("[data-view=compare] .result")).to_be_hidden()


def test_two_photos_of_one_person_match(page, photo):
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    match(page)
    result = page.locator("[data-view=compare] .result")
    expect(result.locator(".verdict")).to_have_text("Matched")
    expect(result).to_contain_text("below the threshold 0.4")
    assert float(result.locator(".distance").inner_text()) < 0.4
    assert result.locator(".model").inner_text()
    expect(page.get_by_role("status")).to_contain_text("Matched. The distance")
    for field in ("image1", "image2"):
        crop = page.locator(f"[data-field={field}] .crop img")
        expect(crop).to_have_js_property("naturalWidth", 47)
        expect(crop).to_have_js_property("naturalHeight", 62)


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
    expect(page.locator("[data-view=compare] .verdict")).to_have_text("Not matched")


def test_a_photo_without_a_face_is_told_beside_it(page, photo, black):
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", black)
    match(page)
    expect(page.locator("[data-field=image2] .error")).to_contain_text("ace")
    expect(page.locator("[data-field=image1] .error")).to_be_hidden()
    expect(page.locator("[data-view=compare] .result")).to_be_hidden()
    assert "photo: " not in page.locator("[data-field=image2] .error").inner_text()
    choose(page, "image2", photo(0, 1))
    expect(page.locator("[data-field=image2] .error")).to_be_hidden()
    match(page)
    expect(page.locator("[data-view=compare] .verdict")).to_have_text("Matched")


def test_a_result_goes_away_when_a_photo_changes(page, photo):
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    match(page)
    expect(page.locator("[data-view=compare] .result")).to_be_visible()
    choose(page, "image2", photo(1, 0))
    expect(page.locator("[data-view=compare] .result")).to_be_hidden()
    expect(page.locator("[data-field=image1] .crop")).to_be_hidden()
    expect(page.locator("[data-field=image1] rect")).to_be_hidden()


def test_an_answer_about_a_photo_that_was_changed_is_never_shown(page, photo):
    page.route("**/v1/compare", lambda route: (page.wait_for_timeout(500), route.continue_()))
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    match(page)
    choose(page, "image2", photo(1, 0))
    page.wait_for_timeout(1500)
    expect(page.locator("[data-view=compare] .result")).to_be_hidden()
    expect(page.get_by_role("button", name="Match")).to_be_enabled()


def test_many_clicks_ask_once(page, photo):
    asked = []
    page.on("request", lambda request: request.method == "POST" and asked.append(request.url))
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    page.get_by_role("button", name="Match").evaluate(
        "b => { for (let i = 0; i < 5; i++) b.click() }"
    )
    expect(page.locator("[data-view=compare] .verdict")).to_have_text("Matched")
    assert len(asked) == 1


def test_a_photo_that_the_browser_cannot_show_is_compared(page, photo, tmp_path):
    tiff = tmp_path / "photo.tiff"
    Image.open(photo(0, 0)).save(tiff)
    choose(page, "image1", tiff)
    choose(page, "image2", photo(0, 1))
    expect(page.locator("[data-field=image1] .file")).to_contain_text("cannot show it")
    match(page)
    expect(page.locator("[data-view=compare] .verdict")).to_have_text("Matched")
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
    expect(page.locator("[data-view=compare] .verdict")).to_have_text("Matched")


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


def test_the_threshold_and_what_it_means_are_told(page, photo):
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    match(page)
    rule = page.locator("[data-view=compare] .rule")
    expect(rule).to_contain_text("match when their distance is below 0.4")
    expect(rule).to_contain_text("of the pairs of strangers")


def test_a_photo_that_a_camera_held_sideways_is_shown_and_read_upright(page, photo, tmp_path):
    """EXIF orientation 6: stored lying, to be turned by a quarter."""
    upright = Image.open(photo(0, 0)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = tmp_path / "lying.jpg"
    upright.transpose(Image.Transpose.ROTATE_90).save(lying, exif=exif, quality=95)
    choose(page, "image1", lying)
    choose(page, "image2", photo(0, 1))
    match(page)
    expect(page.locator("[data-view=compare] .verdict")).to_have_text("Matched")
    shown = page.locator("[data-field=image1] .preview img").first
    expect(shown).to_have_js_property("naturalWidth", upright.width)
    expect(shown).to_have_js_property("naturalHeight", upright.height)
    expect(page.locator("[data-field=image1] rect").first).to_be_visible()


def test_a_photo_that_is_too_large_is_not_sent(page, photo, tmp_path):
    huge = tmp_path / "huge.jpg"
    huge.write_bytes(bytes(20 * 1024 * 1024 + 1))
    asked = []
    page.on("request", lambda request: request.method == "POST" and asked.append(request.url))
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", huge)
    match(page)
    expect(page.locator("[data-field=image2] .error")).to_contain_text("at most 20.0 MiB")
    assert asked == []


def test_the_largest_face_is_taken_when_asked_for(page, photo, two_people):
    choose(page, "image1", two_people)
    choose(page, "image2", photo(0, 1))
    match(page)
    expect(page.locator("[data-field=image1] .error")).to_contain_text("2 faces were found")
    page.locator("[data-view=compare]").get_by_label("take the largest face").check()
    match(page)
    expect(page.locator("[data-view=compare] .verdict")).to_have_text("Matched")


def test_a_server_that_went_away_is_told_in_plain_words(page, photo):
    page.route("**/v1/compare", lambda route: route.abort())
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", photo(0, 1))
    match(page)
    expect(page.locator("[data-view=compare] .failed")).to_contain_text("does not answer")
    expect(page.get_by_role("button", name="Match")).to_be_enabled()


def test_a_photo_that_changed_since_it_was_chosen_is_told_beside_it(page, photo, tmp_path):
    changed = tmp_path / "changed.jpg"
    changed.write_bytes(photo(0, 1).read_bytes())
    choose(page, "image1", photo(0, 0))
    choose(page, "image2", changed)
    changed.write_bytes(photo(1, 1).read_bytes())
    os.utime(changed, (0, 0))
    match(page)
    expect(page.locator("[data-field=image2] .error")).to_have_text(
        "This photo was changed or moved since it was chosen. Choose it again."
    )
    expect(page.locator("[data-view=compare] .failed")).to_be_hidden()
    choose(page, "image2", changed)
    match(page)
    expect(page.locator("[data-view=compare] .verdict")).to_have_text("Not matched")
