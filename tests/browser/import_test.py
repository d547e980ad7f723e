"""A book comes in through a real browser: sent, understood, answered, taken in, and its refused row fetched for correction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from dunlin.actions.import_file import run_stored
from dunlin.records.models import ImportRun, Item

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.req("A9")]
BOOK = """\
Customer;Customer name;Invoice no;Invoice date;Due date;Amount;Currency
C-9001;Brückner & Söhne;RE-1001;03/04/2026;05/04/2026;1.234,50;EUR
C-9001;Brückner & Söhne;RE-1002;04/05/2026;06/05/2026;to follow;EUR
C-9003;A very long name that goes on and on until nobody reads it any more Incorporated;RE-1004;05/06/2026;07/06/2026;999,99;EUR
"""
PAGES = (
    "/imports/", "/team/", "/team/?days=7", "/team/assign", "/team/backup", "/team/rules", "/team/rules/new", "/settings/",
    "/settings/calendars", "/settings/periods", "/settings/rates", "/settings/text", "/settings/users",
)  # fmt: skip


def shuts_out(page: Page) -> list[str]:
    """What axe finds, and whether the page scrolls sideways."""
    found = [
        f"{page.url}: {fault['id']} {fault['nodes'][0]['target']}"
        for fault in Axe().run(page).response["violations"]
    ]
    sideways = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return found + ([f"{page.url} scrolls sideways"] if sideways else [])


def test_a_book_is_sent_understood_answered_taken_in_and_corrected(
    signed_in: Callable[..., Page], live_server, committed_books, settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    file = tmp_path / "open items.csv"
    file.write_text(BOOK, encoding="utf-8")
    page = signed_in(committed_books.mona, "/imports/")
    faults: list[str] = []

    page.set_input_files("[name=file]", file)
    page.click("text=Read the file")
    page.wait_for_selector("text=No date in the whole file tells day from month")
    faults += shuts_out(page)
    page.click("text=03/04/2026 is 3 Apr 2026")
    page.keyboard.press("Control+Enter")

    page.wait_for_selector("text=Import 2 rows")
    assert "2,234.49" in page.inner_text("main")
    assert "'to follow' is not an amount" in page.inner_text("#problems")
    assert page.input_value("[name='to.due_on']") == "Due date"
    faults += shuts_out(page)
    page.click("text=Import 2 rows")

    page.wait_for_selector("text=Waiting for its turn")
    page.wait_for_selector(
        "text=No job process has taken it yet"
    )  # the page asks by itself and says so after a while
    faults += shuts_out(page)
    run = ImportRun.objects.get()
    run_stored(run.pk)  # what a job process does

    page.wait_for_selector("text=1 row was refused")
    assert page.url == f"{live_server.url}/imports/{run.pk}"
    faults += shuts_out(page)
    with page.expect_download() as download:
        page.click("text=Download corrections")
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "RE-1002" in text
    assert "RE-1001" not in text
    assert Item.objects.get(number="RE-1001").due_on.isoformat() == "2026-04-05"

    mended = tmp_path / "corrections.csv"
    mended.write_text(text.replace(",to follow,", ',"10,00",'), encoding="utf-8")
    page.set_input_files("[name=file]", mended)
    page.click("text=Read the file")
    page.wait_for_selector("text=Import 1 row")
    page.click("text=Import 1 row")
    page.wait_for_selector("text=Run it right here")
    page.click("text=Run it right here")
    page.wait_for_selector("text=Every row was taken in")
    assert Item.objects.get(number="RE-1002").amount == 1000
    assert faults == []


@pytest.mark.parametrize("phone, theme", [(False, "light"), (True, "dark")])
def test_the_pages_of_the_office_shut_nobody_out(
    signed_in: Callable[..., Page], live_server, committed_books, phone: bool, theme: str
) -> None:
    page = signed_in(committed_books.adam, "/settings/")
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    if phone:
        page.set_viewport_size({"width": 390, "height": 844})
    faults: list[str] = []
    for address in (
        *PAGES,
        f"/team/{committed_books.alice.pk}",
        f"/settings/users/{committed_books.alice.pk}",
    ):
        page.goto(live_server.url + address)
        faults += shuts_out(page)
    assert faults == []
