"""History: what was asked in this tab, and nowhere else."""

from __future__ import annotations

from playwright.sync_api import expect


def ask(section, file, button: str) -> None:
    section.locator("[name=image]").set_input_files(file)
    section.get_by_role("button", name=button, exact=True).click()
    expect(section.locator(".result")).to_be_visible()


def test_every_answer_is_remembered_newest_first(page, view, enrolled, photo):
    ada = enrolled("Ada", 0)
    ask(view("identify"), photo(0, 1), "Identify")
    ask(view("verify", ada), photo(1, 0), "Check")
    rows = view("history").locator(".asked li")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("Not matched: Ada")
    expect(rows.nth(1)).to_contain_text("Identified: Ada")
    expect(rows.nth(1)).to_contain_text("below the threshold 0.4")
    expect(rows.nth(1).locator("img")).to_have_count(2)
    page.reload()
    expect(rows).to_have_count(2)


def test_it_is_forgotten_on_request_and_unknown_to_another_tab(page, view, browser, server, photo):
    ask(view("identify"), photo(2, 0), "Identify")
    history = view("history")
    expect(history.locator(".asked li")).to_have_count(1)
    other = browser.new_page()
    other.goto(f"{server.url}/#history")
    expect(other.locator("[data-view=history] .empty")).to_be_visible()
    other.close()
    history.get_by_role("button", name="Forget all").click()
    expect(history.locator(".empty")).to_contain_text("Nothing yet")
    assert page.evaluate("sessionStorage.getItem('history')") == "[]"


def test_no_photo_leaves_the_browser_but_to_be_asked_about(page, view, photo):
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    ask(view("identify"), photo(0, 1), "Identify")
    view("history")
    assert [url for method, url in asked if method != "GET"] == [
        url for _, url in asked if url.endswith("/v1/identify")
    ]
