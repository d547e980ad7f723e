"""A real browser for tests: `page` is a fresh one, `signed_in(person)` opens it for someone, `shot(name)` keeps a picture.

Pictures go to DUNLIN_SCREENSHOTS, else to the session's temporary folder. Without Chromium these tests are skipped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from dunlin.records.models import User
from tests import cast

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM = os.environ.get("DUNLIN_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


# One a module: a second event loop beside it, of a module that brings its own, would be refused.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium: install it or set DUNLIN_CHROMIUM to its path")
    # Playwright runs an event loop in this thread; Django would refuse the database there. Nothing here is concurrent.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as play:
        opened = play.chromium.launch(
            executable_path=CHROMIUM,
            args=["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield opened
        opened.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A wide page. What its scripts complain about fails the test at the end: `page.faults`."""
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    faults: list[str] = []
    opened.on("pageerror", lambda fault: faults.append(str(fault)))
    opened.on(
        "console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None
    )
    opened.faults = faults  # type: ignore[attr-defined]
    yield opened
    assert faults == []


@pytest.fixture
def signed_in(page: Page, live_server: object) -> Callable[..., Page]:
    """`signed_in("collector")` or `signed_in(user)`: the page with that person's session, at `/` unless told otherwise."""

    def sign_in(person: str | User = "collector", path: str = "/") -> Page:
        client = Client()
        client.force_login(person if isinstance(person, User) else cast.user(person))
        base = live_server.url  # type: ignore[attr-defined]
        page.context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base}]
        )
        page.goto(base + path)
        return page

    return sign_in


@pytest.fixture
def shot(page: Page, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`shot("today")` stores today-wide.png; with `phone=True` today-phone.png beside it, of the same page."""
    folder = Path(os.environ.get("DUNLIN_SCREENSHOTS") or tmp_path_factory.getbasetemp() / "shots")
    folder.mkdir(parents=True, exist_ok=True)

    def take(name: str, phone: bool = False) -> Path:
        page.set_viewport_size(PHONE if phone else WIDE)  # type: ignore[arg-type]
        stored = folder / f"{name}-{'phone' if phone else 'wide'}.png"
        page.screenshot(path=stored, full_page=True)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        assert wider <= 0, f"{stored.stem} scrolls {wider} pixels sideways"
        return stored

    return take
