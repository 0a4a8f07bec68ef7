"""Take the README's pictures of the page: `make screenshots`, with Chromium installed.

The people in it are the synthetic ones of data/samples. With a folder as argument, writes every
view there in both themes and on a phone, for the eye of whoever changes the page.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, Playwright, expect, sync_playwright

ROOT = Path(__file__).parents[1]
PEOPLE = sorted(folder for folder in (ROOT / "data" / "samples").iterdir() if folder.is_dir())
GALLERY = str(Path(sys.executable).with_name("gallery"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WIDE, PHONE = (1000, 760), (375, 760)


@dataclass(frozen=True)
class Stage:
    """What a flow plays on: the open page, its address, photos made for the occasion."""

    page: Page
    url: str
    folder: Path

    def view(self, name: str) -> Locator:
        self.page.goto(f"{self.url}/#{name}")
        return self.page.locator(f"[data-view={name.split('/')[0]}]")


def photo(person: int, number: int) -> Path:
    return sorted(PEOPLE[person].glob("*.jpg"))[number]


def compare(stage: Stage) -> None:
    _compare(stage, photo(0, 0), photo(0, 1))


def not_matched(stage: Stage) -> None:
    _compare(stage, photo(0, 0), photo(1, 0))


def refused(stage: Stage) -> None:
    _compare(stage, photo(0, 0), stage.folder / "black.png")


def _compare(stage: Stage, one: Path, other: Path) -> None:
    view = stage.view("compare")
    view.locator("[name=image1]").set_input_files(one)
    view.locator("[name=image2]").set_input_files(other)
    view.get_by_role("button", name="Match").click()
    stage.page.wait_for_selector(".result:visible, .error:visible")


def empty(stage: Stage) -> None:
    stage.view("compare").wait_for()


def identify(stage: Stage) -> None:
    _ask(stage, "identify", photo(4, 3), "Identify")


def verify(stage: Stage) -> None:
    _ask(stage, "verify/1", photo(0, 3), "Check")


def _ask(stage: Stage, name: str, file: Path, button: str) -> None:
    view = stage.view(name)
    view.locator("[name=image]").set_input_files(file)
    view.get_by_role("button", name=button, exact=True).click()
    view.locator(".result").wait_for()


def enroll(stage: Stage) -> None:
    view = stage.view("enroll")
    view.get_by_label("Name").fill("Lane Thistlewade")
    files = [photo(11, 0), photo(11, 1), stage.folder / "small.png", stage.folder / "black.png"]
    view.locator("[name=photos]").set_input_files(files)
    view.get_by_role("button", name="Enroll with 3 photos").wait_for()


def gallery(stage: Stage) -> None:
    view = stage.view("gallery")
    view.locator(".faces img").nth(8).wait_for()


def remove(stage: Stage) -> None:
    gallery(stage)
    stage.page.get_by_role("button", name="Remove Blake Wexcombe").click()


def rename(stage: Stage) -> None:
    gallery(stage)
    stage.page.get_by_role("button", name="Rename Blake Wexcombe").click()
    stage.page.get_by_label("New name").fill("Blake Wexcombe-Hale")


def camera(stage: Stage) -> None:
    view = stage.view("identify")
    view.get_by_role("button", name="Use the camera").click()
    expect(stage.page.get_by_role("button", name="Take the photo")).to_be_enabled()
    stage.page.wait_for_timeout(500)


def history(stage: Stage) -> None:
    verify(stage)
    identify(stage)
    not_matched(stage)
    compare(stage)
    stage.view("history").locator(".asked li").nth(3).wait_for()


def sign_in(stage: Stage) -> None:
    """Made last: once there is a key, the page asks for one."""
    command = [GALLERY, "keys", "create", "--scope", "admin"]
    subprocess.run(command, env=environment(stage.folder), check=True, capture_output=True)  # noqa: S603
    stage.view("sign-in").get_by_label("Key").wait_for()


README = (compare, identify, enroll, gallery, camera, history, sign_in)
MORE = (empty, not_matched, refused, verify, rename, remove)
WINDOW_ONLY = (gallery, camera, rename, remove)


def take(stage: Stage, flow: Callable[[Stage], None], target: Path) -> None:
    """Play a flow and save the page, in 256 colours."""
    flow(stage)
    stage.page.wait_for_load_state("networkidle")
    stage.page.evaluate("document.querySelector('dialog[open]') || document.activeElement.blur()")
    stage.page.mouse.move(0, 0)
    stage.page.wait_for_timeout(300)
    stage.page.screenshot(path=target, full_page=flow not in WINDOW_ONLY)
    picture = Image.open(target).convert("RGB")
    picture.quantize(palette=picture.quantize(256, kmeans=3)).save(target, optimize=True)


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "GALLERY_DATABASE_URL": f"sqlite:///{folder}/gallery.db"}


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """A server over the first eleven sample people, under their names; gives its address."""
    for person in PEOPLE[:11]:
        name = person.name.replace("-", " ").title()
        shutil.copytree(person, folder / "people" / name, ignore=shutil.ignore_patterns("4.jpg"))
    command = [GALLERY, "import", str(folder / "people")]
    subprocess.run(command, env=environment(folder), check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    with subprocess.Popen(  # noqa: S603  our own program
        [GALLERY, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(folder),
    ) as server:
        try:
            yield next(iter(server.stdout or ())).split()[3]
        finally:
            server.terminate()


def props(folder: Path) -> None:
    """A photo without a face, one that is poor, and what the camera sees."""
    Image.new("RGB", (400, 300)).save(folder / "black.png")
    Image.open(photo(11, 2)).resize((110, 133)).save(folder / "small.png")
    frame = Image.new("RGB", (640, 480), (70, 78, 86))
    frame.paste(Image.open(photo(9, 3)).resize((395, 480)), (122, 0))
    frame.save(folder / "frame.jpg", quality=95)
    (folder / "film.mjpeg").write_bytes((folder / "frame.jpg").read_bytes() * 30)


def shoot(
    playwright: Playwright, url: str, folder: Path, target: Path, *, everything: bool
) -> None:
    flags = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={folder}/film.mjpeg",
    ]
    chromium = shutil.which("chromium")
    browser = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, *flags])
    looks = [("light", WIDE, "")]
    if everything:
        looks += [("dark", WIDE, "-dark"), ("light", PHONE, "-phone")]
    flows = (*MORE, *README) if everything else README
    rounds = [(flow, look) for flow in flows for look in looks]
    for flow, (scheme, (width, height), suffix) in rounds:
        size = {"width": width, "height": height}
        page = browser.new_page(color_scheme=scheme, viewport=size)
        name = f"page-{flow.__name__.replace('_', '-')}{suffix}.png"
        take(Stage(page, url, folder), flow, target / name)
        page.close()
    browser.close()


def main() -> None:
    everything = len(sys.argv) > 1
    target = Path(sys.argv[1]) if everything else ROOT / "docs"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary)
        props(folder)
        with served(folder) as url:
            shoot(playwright, url, folder, target, everything=everything)


if __name__ == "__main__":
    main()
