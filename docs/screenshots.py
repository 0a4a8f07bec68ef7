"""Take the README's picture of the page: `python docs/screenshots.py`, with Chromium installed.

The people in it are the synthetic ones of data/samples. With a folder as argument, writes every
state of the page there, for the eye of whoever changes it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
PEOPLE = sorted(folder for folder in (ROOT / "data" / "samples").iterdir() if folder.is_dir())
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WIDE, PHONE = (1100, 900), (375, 800)


@dataclass(frozen=True)
class Shot:
    """One state of the page: two photos, the colour scheme and the size of the window."""

    name: str
    photos: tuple[Path, ...]
    scheme: str = "light"
    window: tuple[int, int] = WIDE


def photo(person: int, number: int) -> Path:
    return sorted(PEOPLE[person].glob("*.jpg"))[number]


def take(browser: Browser, url: str, shot: Shot, folder: Path) -> None:
    """Choose the photos, press Match, wait for the verdict or the error, and save the page."""
    width, height = shot.window
    page = browser.new_page(color_scheme=shot.scheme, viewport={"width": width, "height": height})
    page.goto(url)
    for number, file in enumerate(shot.photos, 1):
        page.set_input_files(f"[name=image{number}]", file)
    if shot.photos:
        page.get_by_role("button", name="Match").click()
        page.wait_for_selector("#result:visible, .error:visible")
        page.evaluate("Promise.all([...document.images].map(i => i.src && i.decode()))")
        page.evaluate("document.activeElement.blur()")
        page.mouse.move(0, 0)
    page.screenshot(path=folder / f"{shot.name}.png", full_page=True)
    page.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        black = Path(temporary) / "black.png"
        Image.new("RGB", (400, 300)).save(black)
        same, other = (photo(0, 0), photo(0, 1)), (photo(0, 0), photo(1, 0))
        shots = [Shot("page", same)]
        if len(sys.argv) > 1:
            shots += [
                Shot("empty", ()),
                Shot("not-matched-dark", other, "dark"),
                Shot("phone", same, window=PHONE),
                Shot("phone-dark", other, "dark", PHONE),
                Shot("refused", (photo(0, 0), black)),
                Shot("missing-phone", (photo(0, 0),), window=PHONE),
            ]
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
        folder.mkdir(parents=True, exist_ok=True)
        command = [Path(sys.executable).with_name("gallery"), "serve", "--port", "0"]
        environment = {**os.environ, "GALLERY_DATABASE_URL": f"sqlite:///{temporary}/gallery.db"}
        with subprocess.Popen(  # noqa: S603  our own program
            command, stdout=subprocess.PIPE, text=True, env=environment
        ) as server:
            url = next(iter(server.stdout or ())).split()[3]
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=FLAGS
            )
            for shot in shots:
                take(browser, url, shot, folder)
            browser.close()
            server.terminate()


if __name__ == "__main__":
    main()
