"""The contract for people, /docs, on a small screen."""

from __future__ import annotations

from playwright.sync_api import expect

PHONE = {"width": 360, "height": 800}
LINES = "cell => cell.getClientRects().length"


def test_the_docs_fit_on_a_phone(browser, server, watched):
    page = watched(browser.new_page(viewport=PHONE), server.url)
    page.goto(f"{server.url}/docs")
    expect(page.get_by_role("heading", name="/crop")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    broken = [
        field.inner_text() for field in page.locator("th code").all() if field.evaluate(LINES) > 1
    ]
    assert broken == []
    page.close()
