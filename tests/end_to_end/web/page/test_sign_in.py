"""The sign-in form, in a gallery that has keys."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def with_keys(gallery, photo, tmp_path_factory):
    """A database with Ada in it, and its keys, of which three are for her alone."""
    file = tmp_path_factory.mktemp("keys") / "gallery.db"
    database = f"sqlite:///{file}"

    def key(scope: str, *options: str) -> str:
        made = gallery(database, "keys", "create", "--scope", scope, *options)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    keys = {scope: key(scope) for scope in ("admin", "enroll", "verify")}
    assert gallery(database, "enroll", "Ada", str(photo(0, 0))).returncode == 0
    keys["ada verify"] = key("verify", "--identity", "Ada")
    keys["ada enroll"] = key("enroll", "--identity", "Ada")
    keys["ada both"] = key("verify", "--scope", "enroll", "--identity", "Ada")
    return file, keys


@pytest.fixture
def locked(start, with_keys, tmp_path):
    """A server of its own copy of that, which asks for keys; and the keys."""
    file, keys = with_keys
    shutil.copy(file, tmp_path / "gallery.db")
    return start(tmp_path, "--workers", "1"), keys


@pytest.fixture
def page(browser, locked, watched):
    server, _ = locked
    page = watched(browser.new_page(), server.url)
    page.goto(server.url)
    yield page
    page.close()


def sign_in(page, key: str) -> None:
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_without_a_key_only_the_form_is_shown(page):
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("navigation")).to_be_hidden()
    sign_in(page, "not a key")
    expect(page.locator("#key-error")).to_be_visible()
    expect(page.get_by_label("Key")).to_be_focused()
    expect(page.get_by_label("Key")).to_have_attribute("aria-invalid", "true")


def test_with_a_key_everything_it_may_do_is_shown(page, locked, photo):
    _, keys = locked
    sign_in(page, keys["admin"])
    expect(page.get_by_role("link", name="Gallery")).to_be_visible()
    page.set_input_files("[name=image1]", photo(0, 0))
    page.set_input_files("[name=image2]", photo(0, 1))
    page.get_by_role("button", name="Match").click()
    expect(page.locator("[data-view=compare] .verdict")).to_have_text("Matched")
    page.reload()
    expect(page.get_by_role("link", name="Gallery")).to_be_visible()
    assert page.evaluate("document.cookie") == ""  # HttpOnly
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('history')") == "[]"


def test_a_key_that_may_only_verify_is_told_the_verdict_without_a_distance(page, locked, photo):
    _, keys = locked
    sign_in(page, keys["verify"])
    expect(page.get_by_role("link", name="Compare")).to_be_visible()
    expect(page.get_by_role("link", name="Gallery")).to_be_hidden()
    page.set_input_files("[name=image1]", photo(0, 0))
    page.set_input_files("[name=image2]", photo(0, 1))
    page.get_by_role("button", name="Match").click()
    compare = page.locator("[data-view=compare]")
    expect(compare.locator(".verdict")).to_have_text("Matched")
    expect(compare.locator(".sentence")).to_contain_text("not the distance")
    expect(compare.locator(".gauge")).to_be_hidden()


def test_a_key_of_one_person_opens_the_check_of_that_person(page, locked, photo):
    _, keys = locked
    sign_in(page, keys["ada verify"])
    verify = page.locator("[data-view=verify]")
    expect(verify).to_be_visible()
    expect(page.get_by_role("link", name="Verify")).to_have_attribute("aria-current", "page")
    for person, verdict in ((0, "Matched"), (1, "Not matched")):
        verify.locator("[name=image]").set_input_files(photo(person, 1))
        verify.get_by_role("button", name="Check").click()
        expect(verify.locator(".verdict")).to_have_text(verdict)


def links(page) -> list[str]:
    """Of the top, those that are shown."""
    expect(page.get_by_role("navigation")).to_be_visible()
    return [link.inner_text() for link in page.get_by_role("navigation").get_by_role("link").all()]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("admin", ["Compare", "Identify", "Enroll", "Gallery", "History"]),
        ("verify", ["Compare", "History"]),
        ("enroll", ["Enroll", "Gallery", "History"]),
        ("ada verify", ["Verify", "History"]),
        ("ada enroll", ["Enroll", "History"]),
        ("ada both", ["Verify", "Enroll", "History"]),
    ],
)
def test_only_links_that_a_key_can_use_are_shown(page, locked, key, shown):
    _, keys = locked
    sign_in(page, keys[key])
    assert links(page) == shown
    for name in shown:
        page.get_by_role("link", name=name, exact=True).click()
        view = page.locator(f"[data-view={name.lower()}]")
        expect(view).to_be_visible()
        expect(view.locator(".failed:visible")).to_have_count(0)
        for link in view.locator("a:visible").all():
            where = (link.get_attribute("href") or "").removeprefix("#").partition("/")[0]
            assert where.capitalize() in [*shown, "Verify"]


def test_a_key_of_one_person_enrolls_that_person_time_and_again(page, locked, photo):
    _, keys = locked
    sign_in(page, keys["ada enroll"])
    enroll = page.locator("[data-view=enroll]")
    for number in (1, 2):
        expect(enroll.locator(".adding")).to_contain_text("More photos of Ada")
        expect(enroll.get_by_label("Name")).to_be_hidden()
        enroll.locator("[name=photos]").set_input_files(photo(0, number))
        expect(enroll.locator(".chosen li")).to_contain_text("Good")
        enroll.get_by_role("button", name="Enroll with 1 photo").click()
        expect(enroll.locator(".done")).to_contain_text("Ada is enrolled with 1 photo")
        expect(enroll.locator("a:visible")).to_have_count(0)


def test_an_address_of_somebody_else_leads_a_key_of_one_person_to_that_person(page, locked):
    server, keys = locked
    page.goto(f"{server.url}/#enroll/987654")
    sign_in(page, keys["ada both"])
    expect(page.locator("[data-view=enroll] .adding")).to_contain_text("More photos of Ada")


def test_a_key_that_was_revoked_meanwhile_leads_back_to_the_form(page, locked, gallery):
    server, keys = locked
    sign_in(page, keys["admin"])
    expect(page.get_by_role("link", name="Gallery")).to_be_visible()
    for key in keys.values():  # gallery_ID_SECRET
        assert gallery(server.database, "keys", "revoke", key.split("_")[1]).returncode == 0
    page.get_by_role("link", name="Gallery").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(("scope", "shown"), [("admin", True), ("enroll", False)])
def test_only_who_may_rename_and_remove_is_offered_it(page, locked, scope, shown):
    _, keys = locked
    sign_in(page, keys[scope])
    page.get_by_role("link", name="Gallery").click()
    ada = page.locator(".person").filter(has_text="Ada")
    expect(ada.get_by_role("link", name="Add photos of Ada")).to_be_visible()
    for action in ("Rename Ada", "Remove Ada"):
        expect(ada.get_by_role("button", name=action)).to_be_visible(visible=shown)
    if shown:
        ada.get_by_role("button", name="Rename Ada").click()
        ada.get_by_label("New name").fill("Ada King")
        ada.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Ada King")).to_be_visible()


def compared(page, photo):
    """Compares two photos of a person and gives the view."""
    compare = page.locator("[data-view=compare]")
    for place in ("image1", "image2"):
        compare.locator(f"[name={place}]").set_input_files(photo(0, 0))
    compare.get_by_role("button", name="Match").click()
    return compare


def is_as_new(page) -> None:
    """Neither photos nor an answer nor a history."""
    expect(page.get_by_role("navigation")).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    expect(page.locator("[data-view=compare] .result")).to_be_hidden()
    expect(page.locator("[data-view=compare] .filled")).to_have_count(0)
    page.get_by_role("link", name="History").click()
    expect(page.locator("[data-view=history] .empty")).to_be_visible()


def test_whoever_signs_in_next_sees_nothing_of_the_one_before(page, locked, photo):
    _, keys = locked
    sign_in(page, keys["admin"])
    expect(compared(page, photo).locator(".verdict")).to_have_text("Matched")
    under_way = []
    page.route("**/v1/compare", lambda route: under_way.append(route))
    with page.expect_request("**/v1/compare"):
        compared(page, photo)
    with page.expect_response("**/session"):
        page.get_by_role("button", name="Sign out").click()
    under_way[0].fulfill(json={"matched": True})
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, keys["verify"])
    is_as_new(page)


def test_a_session_that_ended_is_gone_on_with_by_the_same_key_only(page, locked, photo):
    _, keys = locked

    def signs_in_again(key: str) -> None:
        page.context.clear_cookies()
        page.get_by_role("link", name="Compare").click()
        page.get_by_role("button", name="Match").click()
        sign_in(page, keys[key])

    sign_in(page, keys["admin"])
    expect(compared(page, photo).locator(".verdict")).to_have_text("Matched")
    signs_in_again("admin")
    expect(page.locator("[data-view=compare] .filled")).to_have_count(2)
    page.get_by_role("link", name="History").click()
    expect(page.locator(".asked li")).to_have_count(1)
    signs_in_again("verify")
    is_as_new(page)


def test_while_the_server_is_away_nobody_is_signed_out_and_the_page_says_so(page, locked, photo):
    _, keys = locked
    sign_in(page, keys["verify"])
    expect(page.get_by_role("navigation")).to_be_visible()
    page.route("**/session", lambda route: route.abort())
    page.get_by_role("button", name="Sign out").click()
    failed = page.locator("header .failed")
    expect(failed).to_contain_text("You are still signed in. The server does not answer.")
    page.route("**/v1/compare", lambda route: route.fulfill(status=401, json={"detail": "no key"}))
    expect(compared(page, photo).locator(".failed")).to_have_text("No key.")
    page.unroute("**/session")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(failed).to_be_hidden()
