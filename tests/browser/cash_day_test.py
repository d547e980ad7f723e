"""A day of cash in a real browser: from the bank's file to the empty queue; the day after a payment comes back and all is as before it.

Method: three accounts, a group among them, a statement of seven lines. What is certain is placed by itself; a person places the rest. The
day after, a return: the invoices are open again with their own due dates, and the aging is what it would have been without the payment.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from dunlin.desk import doors
from dunlin.records.models import Customer, Item, Message, Receipt
from dunlin.records.policies import current_policy
from dunlin.reports.aging import aging
from dunlin.reports.verify import verify
from tests import cast
from tests.cast import moment

pytestmark = [
    pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.req("E1"), pytest.mark.req("E2"), pytest.mark.req("E4"),
    pytest.mark.rule("P15"), pytest.mark.rule("P25"),
]  # fmt: skip
FIRST = date(2026, 11, 24)  # a Tuesday
SECOND = FIRST + timedelta(1)


def camt(path: Path, lines: list, on: date, number: str) -> str:
    from examples.sample_company.bank_file import camt as written  # noqa: PLC0415

    path.write_bytes(written(lines, on, number))
    return str(path)


def buckets(as_of: date, today: date) -> dict[str, tuple]:
    """Customer → buckets, current first, as of a day; read from the postings, not from what is kept for today."""
    report = aging(as_of, today, current_policy(), by="customer", known_at=moment(today, 23))
    return {row.label: row.figures.buckets for row in report.rows}


@pytest.fixture
def books(live_server):
    cast.entity(name="Northlight Systems Inc.")
    alice = cast.user("collector", "alice")
    lake = cast.customer("Lakeside Hotels", number="L-100", collector=alice)
    west = cast.customer("Lakeside Hotels West", number="L-101", parent=lake, collector=alice)
    harbour = cast.customer(
        "Harbour Logistics and Cold Storage of the Northern Territories", number="H-200", collector=alice
    )
    for customer, number, amount, late in (
        (lake, "INV-1001", "500.00", 40), (lake, "INV-1002", "1,000.00", -10), (lake, "INV-1003", "750.00", 6),
        (west, "INV-1101", "300.00", 0), (harbour, "INV-2001", "820.00", 33), (harbour, "INV-2002", "90.00", 2),
    ):  # fmt: skip
        cast.invoice(customer, amount, due=FIRST - timedelta(late), number=number)
    cast.credit_memo(lake, "50.00", number="CM-7", on=FIRST - timedelta(5))
    return lake, west, harbour


@pytest.fixture
def day(monkeypatch):
    """`day(on)`: from now on it is ten o'clock of that day at the desk."""

    def turn(on: date) -> None:
        monkeypatch.setattr(doors, "now", lambda: moment(on, 10))
        monkeypatch.setattr(doors, "today", lambda zone: on)

    return turn


def test_a_day_from_the_bank_file_to_the_empty_queue_and_a_return_the_next_day(
    books, day, signed_in, shot, live_server, tmp_path
):
    from examples.sample_company.bank_file import Line  # noqa: PLC0415

    base, (lake, west, harbour) = live_server.url, books
    day(FIRST)
    before, eve = buckets(SECOND, SECOND), buckets(FIRST - timedelta(1), FIRST)
    page = signed_in("ar_manager", "/receipts/")
    assert "The queue is empty." in page.content()
    lines = [
        Line("500.00", "LAKESIDE HOTELS", "INV-1001", "E1", "DE02120300000000202051"),
        Line("1000.00", "Lakeside Hotels", "INV-1003 INV-1101 less CM-7", "E2", "DE02120300000000202051"),
        Line("820.00", "Northern Cold Stores Ltd", "thank you", "E3", "GB33BUKB20201555555555"),
        Line("1090.00", "A Payment Service", "for two of your customers", "E4"),
        Line("77.00", "Nobody Known Ltd", "thanks", "E5"),
        Line("-12.50", "Our bank", "account fee", "E6"),
    ]
    page.locator("#bank-file").set_input_files(camt(tmp_path / "day.xml", lines, FIRST, "1"))
    page.get_by_role("button", name="Take in").click()
    page.get_by_text("6 transactions, 6 new").first.wait_for()
    shot("cash-day-1-taken")
    assert list(Receipt.objects.filter(automatic=True).values_list("end_to_end_id", flat=True)) == [
        "E1",
        "E2",
    ]

    # Three wait: one for a known payer with nothing named, one for two strangers, one for nobody.
    assert Receipt.objects.filter(kind="credit", state__in=("proposed", "asked", "waiting")).count() == 3
    page.get_by_role("link", name="Northern Cold Stores Ltd").first.click()
    if page.locator("#place").count() == 0:
        page.get_by_label("Name, number or invoice number").fill("H-200")
        page.get_by_role("button", name="Find").click()
        page.get_by_role("link", name="Harbour Logistics and Cold").click()
    shot("cash-day-2-harbour")
    page.get_by_label("Use for INV-2001").fill("820.00")
    page.get_by_label("Use for INV-2002").fill("")
    page.get_by_text("nothing stays unapplied.").wait_for()
    page.get_by_role("button", name="Place").click()
    page.get_by_text("820.00 USD applied for").first.wait_for()

    page.get_by_role("link", name="A Payment Service").first.click()
    page.get_by_role("link", name="Split it").click()
    page.wait_for_url("**/split")
    parts = page.locator("input[name^=part-]")
    parts.first.wait_for()
    for at, amount in enumerate(["1000", "90", *[""] * (parts.count() - 2)]):
        parts.nth(at).fill(amount)
    shot("cash-day-3-split", phone=True)
    page.get_by_role("button", name="Split").click()
    for number, amount in (("INV-1002", "1000.00"), ("INV-2002", "90.00")):
        part = Receipt.objects.get(part_of__isnull=False, amount=round(float(amount) * 100))
        page.goto(f"{base}/receipts/{part.pk}?q={number}")
        page.locator("ul.choice a").last.click()
        page.get_by_label(f"Use for {number}").fill(amount)
        page.get_by_text("nothing stays unapplied.").wait_for()
        page.get_by_role("button", name="Place").click()
        page.get_by_text("applied for").first.wait_for()

    page.goto(f"{base}/receipts/")
    page.get_by_role("link", name="Nobody Known Ltd").first.click()
    page.get_by_label("What it is").fill("A refund of our insurance")
    page.get_by_role("button", name="Set aside").click()
    page.get_by_text("The queue is empty.").wait_for()
    shot("cash-day-4-empty")
    shot("cash-day-4-empty", phone=True)
    assert "empty by the close" in page.content()
    assert not Item.objects.filter(side=1, open__gt=0).exists()
    assert proved(FIRST)

    # The day after, the bank takes the first payment back.
    day(SECOND)
    back = camt(
        tmp_path / "back.xml",
        [Line("-500.00", "LAKESIDE HOTELS", "returned", "E1", returned="AM04")],
        SECOND,
        "2",
    )
    page.goto(f"{base}/receipts/")
    page.locator("#bank-file").set_input_files(back)
    page.get_by_role("button", name="Take in").click()
    page.get_by_text("1 taken back").first.wait_for()
    page.goto(f"{base}/receipts/?tab=returns")
    shot("cash-day-5-returns")
    page.goto(f"{base}/accounts/{lake.pk}")
    page.get_by_text("INV-1001").first.wait_for()
    shot("cash-day-6-account")
    shot("cash-day-6-account", phone=True)
    invoice = Item.objects.get(number="INV-1001")
    assert (invoice.open, invoice.due_on, invoice.closed_on) == (50_000, FIRST - timedelta(40), None)
    told = Message.objects.get(purpose="internal")
    assert "INV-1001" in told.text
    # INV-1001 stands in the bucket in which it would stand without the payment, and nothing else is owed; the days before are as they were.
    after = buckets(SECOND, SECOND)
    assert after == {lake.name: (0, 0, 50_000, 0, 0)}
    assert before[lake.name][2] == 50_000
    assert buckets(FIRST - timedelta(1), SECOND) == eve
    assert Customer.objects.filter(pk__in=[west.pk, harbour.pk], items__open__gt=0).count() == 0
    assert proved(SECOND)


def proved(on: date) -> bool:
    with transaction.atomic():
        return verify(on, current_policy()).clean
