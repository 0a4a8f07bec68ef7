"""What a browser downloads for the whole page, every view of it."""

from __future__ import annotations

from playwright.sync_api import expect

MOST_BYTES = 100_000


def test_the_page_weighs_less_than_a_hundred_kilobytes(browser, server):
    page = browser.new_page()
    weights: dict[str, int] = {}
    texts: dict[str, int] = {}

    def weigh(request) -> None:
        sizes = request.sizes()
        weights[request.url] = sizes["responseBodySize"] + sizes["responseHeadersSize"]
        texts[request.url] = len(request.response().body())

    page.on("requestfinished", weigh)
    page.goto(server.url, wait_until="networkidle")
    for name in ("Identify", "Enroll", "Gallery", "History"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator(f"[data-view={name.lower()}]")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.close()
    scripts = [url for url in weights if url.endswith(".js")]
    assert len(scripts) > 10
    assert sum(weights.values()) < MOST_BYTES, weights  # what goes over the line
    assert sum(texts.values()) < MOST_BYTES, texts  # what it is, compressed or not


def test_a_second_visit_downloads_nothing_anew(browser, server):
    page = browser.new_page()
    page.goto(server.url, wait_until="networkidle")
    statuses = []
    page.on("response", lambda response: statuses.append((response.url, response.status)))
    page.reload(wait_until="networkidle")
    page.close()
    assert {status for url, status in statuses if "/static/" in url} <= {200, 304}
    assert sum(status == 304 for url, status in statuses if "/static/" in url) > 10
