"""Accounts, Aging and Measures in a real browser: open to everyone, filters in place, from a figure to its items, to a file."""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe

from dunlin.records.clock import today
from dunlin.records.models import ExchangeRate
from tests import cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.req("F2")]

DAY = today("UTC")
PAGES = (
    "/accounts/",
    "/aging",
    "/aging?by=kind&basis=invoice_date",
    "/aging/items?cell=past_due",
    "/measures",
    "/tracking",
    "/tracking?view=large",
    "/tracking?view=credits",
    "/tracking?view=rolls",
    "/tracking?view=losses",
)


@pytest.fixture
def book(transactional_db):
    alice = cast.user("collector", "alice")
    long = cast.customer("Gesellschaft für außerordentlich langnamige Beteiligungen und Verwaltungen mbH & Co. KGaA", number="G-1",
                         collector=alice, country="DE", currency="EUR", credit_limit=100_00)  # fmt: skip
    lakeside = cast.customer("Lakeside Hotels", number="L-100", collector=alice, country="US")
    for days in (-10, 3, 33, 63, 120):
        cast.invoice(long, "1,234,567.89", due=DAY - timedelta(days))
        cast.invoice(lakeside, "250.00", due=DAY - timedelta(days))
    cast.payment(lakeside, "75.00", on=DAY - timedelta(4))
    ExchangeRate.objects.create(
        base="EUR", quote="USD", on=DAY - timedelta(400), rate=Decimal("1.1"), source="test"
    )


def open_to_everyone(page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(fault["id"], [node["target"] for node in fault["nodes"]][:3]) for fault in found] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} scrolls sideways"


@pytest.mark.parametrize("phone, theme", [(False, "light"), (True, "dark")])
def test_no_page_shuts_anyone_out(signed_in, shot, page, book, theme, phone):
    page.emulate_media(color_scheme=theme)
    if phone:
        page.set_viewport_size({"width": 390, "height": 844})
    signed_in("ar_manager", "/aging")
    base = page.url.removesuffix("/aging")
    for path in (
        *PAGES,
        f"/aging?as_of={DAY - timedelta(30)}&known=then",
        "/aging?as_of=soon",
        "/accounts/?name=zzz",
    ):
        page.goto(base + path)
        for summary in page.locator("details.how > summary, details.more > summary").all()[:3]:
            summary.click()
        open_to_everyone(page)


def test_filters_answer_in_place_and_stay_in_the_address(signed_in, page, book):
    signed_in("ar_manager", "/aging")
    page.select_option("#f-by", "currency")
    page.wait_for_url("**by=currency**")
    page.select_option("#f-currency", "USD")
    page.wait_for_url("**currency=USD**")
    page.wait_for_selector(".chips .chip:has-text('USD')")
    assert "country=" not in page.url, "an address names only what was chosen"
    page.click("#results thead a:has-text('1–30')")
    page.wait_for_url("**sort=-bucket_1**")
    page.fill(".as-of input[type=date]", str(DAY - timedelta(30)))
    page.wait_for_selector(".past")
    assert "by=currency" in page.url, "the day is asked for with the filters that were set meanwhile"
    assert "sort=-bucket_1" in page.url
    page.reload()
    assert page.input_value("#f-currency") == "USD"


def test_from_a_figure_to_its_items_and_into_a_file(signed_in, page, book):
    signed_in("ar_manager", "/aging?by=customer")
    cell = page.locator("#results tr:has-text('Lakeside') td.num a").nth(1)
    amount = cell.inner_text()
    cell.click()
    page.wait_for_url("**/aging/items**")
    assert page.locator(".item-totals dd").inner_text() == amount
    with page.expect_download() as awaited:
        page.click(".exports a:has-text('CSV')")
    file = awaited.value
    assert file.suggested_filename == f"aging-items-{DAY}.csv"
    with open(file.path(), encoding="utf-8-sig", newline="") as text:
        assert sum(Decimal(row["open"]) for row in csv.DictReader(text)) == Decimal(amount)
    page.go_back()
    with page.expect_download() as awaited:
        page.click(".exports a:has-text('Excel')")
    assert awaited.value.suggested_filename == f"aging-{DAY}.xlsx"


def test_a_figure_opens_its_arithmetic(signed_in, page, book):
    signed_in("ar_manager", "/measures")
    how = page.locator(".measure details.how").first
    assert not how.locator(".sums").is_visible()
    how.locator("summary").click()
    assert "÷" in how.locator(".sums").inner_text()
    page.click(".tabs a:has-text('EUR')")
    page.wait_for_url("**in=EUR**")


@pytest.mark.rule("P17")
def test_from_a_band_to_its_documents_with_the_filters_that_were_set(signed_in, page, book):
    signed_in("ar_manager", "/tracking")
    page.select_option("#f-currency", "EUR")
    page.wait_for_url("**currency=EUR**")
    cell = page.locator("#results tr:has-text('EUR') td.num a").first
    amount = cell.inner_text()
    cell.click()
    page.wait_for_url("**view=items**")
    assert "currency=EUR" in page.url
    assert page.locator(".item-totals dd").inner_text() == amount
    page.click(".tabs a:has-text('Large debits')")
    page.wait_for_url("**view=large**")
    assert "currency=EUR" in page.url
    assert "Gesellschaft" in page.locator("#results tbody tr").first.inner_text()
    with page.expect_download() as awaited:
        page.click(".exports a:has-text('Excel')")
    assert awaited.value.suggested_filename == f"large-debits-{DAY}.xlsx"


def test_rows_are_walked_by_keyboard(signed_in, page, book):
    signed_in("ar_manager", "/accounts/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/*")
    assert page.locator("h1").inner_text()
