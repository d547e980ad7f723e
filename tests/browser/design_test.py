"""The shell in a real browser: no accessibility faults in either theme or width, and keys, drafts and dialogs that work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests import cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHROMIUM = next(
    (
        path
        for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
        if Path(path).exists()
    ),
    None,
)
SIZES = {"wide": (1440, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright runs an event loop in this thread; Django's own guard against that does not apply to tests.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    with sync_playwright() as play:
        opened = play.chromium.launch(
            executable_path=CHROMIUM,
            args=["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield opened
        opened.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def signed_in(browser: Browser, base: str, size: str = "wide", theme: str = "light") -> Page:
    person = cast.user("ar_manager")
    width, height = SIZES[size]
    page = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(10_000)
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on(
        "console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None
    )
    page.faults = faults  # type: ignore[attr-defined]
    page.goto(f"{base}/sign-in/login/?next=/design")
    page.fill("[name=login]", person.username)
    page.fill("[name=password]", cast.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/design")
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_nothing_on_the_design_page_shuts_anyone_out(
    browser: Browser, live_server, size: str, theme: str
) -> None:
    page = signed_in(browser, live_server.url, size, theme)
    found = Axe().run(page).response["violations"]
    assert [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    assert page.faults == []  # type: ignore[attr-defined]
    if shots := os.environ.get("DUNLIN_SCREENSHOTS"):
        page.screenshot(path=f"{shots}/design-{size}-{theme}.png", full_page=True)
    page.context.close()


def test_sign_in_shuts_nobody_out(browser: Browser, live_server) -> None:
    page = browser.new_page()
    for address in ("login/", "login/code/", "password/reset/"):
        page.goto(f"{live_server.url}/sign-in/{address}")
        assert [fault["id"] for fault in Axe().run(page).response["violations"]] == []
    page.close()


def test_keys_move_open_and_list_themselves(browser: Browser, live_server) -> None:
    page = signed_in(browser, live_server.url)
    focus = "document.activeElement.textContent"
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert "Öztürk" in page.evaluate(focus)
    page.keyboard.press("k")
    assert "Norrland" in page.evaluate(focus)
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open] li:has-text('Log call')")
    page.keyboard.press("Escape")
    page.keyboard.press("]")
    page.wait_for_url("**page=2*")
    assert "2 / 25" in page.inner_text("#results .pager")
    page.context.close()


def test_typing_survives_a_reload_and_keys_stay_out_of_fields(browser: Browser, live_server) -> None:
    page = signed_in(browser, live_server.url)
    page.keyboard.press("c")
    page.wait_for_selector("#design-dialog[open]")
    page.keyboard.type("jk? will pay on 15 c")
    page.reload()
    page.keyboard.press("c")
    page.wait_for_selector("#design-dialog[open]")
    assert page.input_value("#dialog-note") == "jk? will pay on 15 c"
    assert page.locator("#keys[open]").count() == 0
    page.context.close()


def test_the_theme_turns_and_stays(browser: Browser, live_server) -> None:
    page = signed_in(browser, live_server.url)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("[popovertarget=me-menu]")
    page.click("[data-theme-next]")
    page.click("[data-theme-next]")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.context.close()
