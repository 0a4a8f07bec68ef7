"""The page in a real browser: headless Chromium against the real server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Playwright, Route, expect, sync_playwright

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
WINDOW = {"width": 1100, "height": 900}

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here; install chromium")
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def film(photo: Callable[[int, int], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the camera sees: the first sample person, photo 3, in motion JPEG."""
    folder = tmp_path_factory.mktemp("film")
    frame, film = Image.new("RGB", (640, 480), "gray"), folder / "film.mjpeg"
    frame.paste(Image.open(photo(0, 3)).resize((395, 480)), (122, 0))
    frame.save(folder / "frame.jpg", quality=95)
    film.write_bytes((folder / "frame.jpg").read_bytes() * 30)
    return film


@pytest.fixture
def watched() -> Iterator[Callable[[Page, str], Page]]:
    """Watches a page: whatever the browser complains of, or asks of elsewhere, fails the test."""
    complaints: list[str] = []
    elsewhere: list[str] = []

    def watch(page: Page, home: str) -> Page:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                message.type == "error"
                and "status of 4" not in message.text  # a refusal is an answer
                and "net::ERR_" not in message.text  # the test cut the line
                and complaints.append(message.text)
            ),
        )
        own = (home, f"blob:{home}", "data:")
        page.on(
            "request",
            lambda request: request.url.startswith(own) or elsewhere.append(request.url),
        )
        return page

    yield watch
    assert complaints == []
    assert elsewhere == []


@pytest.fixture
def page(browser: Browser, server, watched) -> Iterator[Page]:
    page = watched(browser.new_page(viewport=WINDOW), server.url)
    page.goto(server.url)
    expect(page.get_by_role("navigation")).to_be_visible()
    yield page
    page.close()


@pytest.fixture
def view(page: Page, server) -> Callable[..., Locator]:
    """Opens a view, as in view("enroll") or view("verify", 3), and gives its section."""

    def open_view(name: str, identity: int | None = None) -> Locator:
        page.goto(f"{server.url}/#{name}" + (f"/{identity}" if identity else ""))
        section = page.locator(f"[data-view={name}]")
        expect(section).to_be_visible()
        return section

    return open_view


@pytest.fixture(scope="module")
def enrolled(server, photo) -> Callable[..., int]:
    """Enrolls photos of a sample person under a name by the API, and gives the id."""

    def enroll(name: str, person: int, numbers: tuple[int, ...] = (0,)) -> int:
        headers = {"Content-Type": "application/json"}
        body = json.dumps({"name": name}).encode()
        status, created = server.ask("POST", "/v1/identities", headers=headers, body=body)
        assert status == 201, created
        for number in numbers:
            path = f"/v1/identities/{created['id']}/faces"
            assert server.ask("POST", path, {"image": photo(person, number)})[0] == 201
        return int(created["id"])

    return enroll


@pytest.fixture(scope="session")
def black(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo without a face."""
    file = tmp_path_factory.mktemp("photos") / "black.png"
    Image.new("RGB", (400, 300)).save(file)
    return file


@pytest.fixture(scope="session")
def small(photo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A usable photo of the first sample person that could be better."""
    file = tmp_path_factory.mktemp("photos") / "small.png"
    Image.open(photo(0, 3)).resize((110, 133)).save(file)
    return file


@pytest.fixture(scope="session")
def two_people(photo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first and the second sample person side by side, the first one larger."""
    file = tmp_path_factory.mktemp("photos") / "two.png"
    one, other = Image.open(photo(0, 3)), Image.open(photo(1, 0))
    one = one.resize((one.width * 3 // 2, one.height * 3 // 2))
    both = Image.new("RGB", (one.width + other.width, one.height), "gray")
    both.paste(one, (0, 0))
    both.paste(other, (one.width, 0))
    both.save(file)
    return file


class Line:
    """A slow line: what the page asks of a path waits until it is let go."""

    def __init__(self, page: Page, path: str) -> None:
        self._slow, self._waiting = True, list[Route]()
        page.route(path, self._take)

    def _take(self, route: Route) -> None:
        if self._slow:
            self._waiting.append(route)
        else:
            route.continue_()

    def let_go(self) -> None:
        """Those that wait, and all that come from now on."""
        self._slow = False
        for route in self._waiting:
            route.continue_()


@pytest.fixture
def slow(page: Page) -> Callable[[str], Line]:
    return lambda path: Line(page, path)
