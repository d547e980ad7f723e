"""The list of accounts: filters, order, pages, scope, files; today from balances and another day from postings alike."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from dunlin.records.clock import today
from dunlin.records.models import Customer, ExchangeRate
from dunlin.records.policies import current_policy
from dunlin.reports import accounts as report
from dunlin.reports.aging import aging
from tests import cast, screens

pytestmark = [pytest.mark.django_db, pytest.mark.req("B1")]

DAY = today("UTC")
HOSTILE = (
    "+1 Payments <b>& Co</b>, a name that is a good deal longer than anybody would think a company could have"
)


@pytest.fixture
def book(db):
    alice, bob = cast.user("collector", "alice"), cast.user("collector", "bob")
    late = cast.customer(
        "Lakeside Hotels", number="L-100", collector=alice, country="US", segment="key", credit_limit=100_00
    )
    two = cast.customer(
        "Harbour & Söhne", number="H-200", collector=bob, country="DE", currency="EUR", credit_limit=0
    )
    cast.customer("Quiet & Co", number="Q-900", status="closed")
    credit = cast.customer(HOSTILE, number="P-300", country="US", credit_limit=9_999_00)
    cast.invoice(late, "700.00", due=DAY - timedelta(40))
    cast.invoice(late, "50.00", due=DAY + timedelta(5))
    cast.invoice(two, "300.00", due=DAY - timedelta(3))
    cast.invoice(two, "900.00", due=DAY - timedelta(5), currency="USD")
    cast.payment(credit, "80.00", on=DAY - timedelta(50))
    cast.invoice(credit, "20.00", due=DAY)
    ExchangeRate.objects.create(
        base="EUR", quote="USD", on=DAY - timedelta(90), rate=Decimal("1.1"), source="test"
    )
    return {"alice": alice, "bob": bob, "late": late}


@pytest.fixture
def mona(client, book):
    client.force_login(cast.user("ar_manager", "mona"))
    return client


def names(page):
    """The accounts shown, in order; totals stand first and have no link."""
    tables = screens.read(page).tables
    return [row[0].text.split()[0] for row in tables[0][1:] if row[0].href] if tables else []


@pytest.mark.parametrize(
    "asked, expected",
    [
        ("", ["Harbour", "Lakeside", "Quiet", "+1"]),
        ("sort=name", ["+1", "Harbour", "Lakeside", "Quiet"]),
        ("sort=-net", ["Harbour", "Lakeside", "Quiet", "+1"]),
        ("sort=-oldest", ["Lakeside", "Harbour", "+1", "Quiet"]),
        ("state=open", ["Harbour", "Lakeside", "+1"]),
        ("state=past_due", ["Harbour", "Lakeside"]),
        ("state=late", ["Lakeside"]),
        ("state=unapplied", ["+1"]),
        ("state=over_limit", ["Harbour", "Lakeside"]),
        ("state=nothing_open", ["Quiet"]),
        ("state=disputed", []),
        ("collector=none", ["Quiet", "+1"]),
        ("country=US&state=open", ["Lakeside", "+1"]),
        ("segment=key", ["Lakeside"]),
        ("status=closed", ["Quiet"]),
        ("name=harbour+sohne", []),
        ("name=söhne", ["Harbour"]),
        ("name=l-1", ["Lakeside"]),
        ("entity=US01&currency=EUR", ["Harbour"]),
    ],
)
@pytest.mark.parametrize("past", [False, True], ids=["today", "another_day"])
def test_filters_and_order(mona, monkeypatch, asked, expected, past):
    if past:
        monkeypatch.setattr(report, "posted_ahead", lambda today: True)  # the other way to the same list
    assert names(mona.get(f"/accounts/?{asked}")) == expected


def test_both_ways_give_the_same_figures(book, monkeypatch):
    today_ = report.accounts(DAY, DAY, current_policy())
    monkeypatch.setattr(report, "posted_ahead", lambda today: True)
    other = report.accounts(DAY, DAY, current_policy())
    assert (today_.rows, today_.count, today_.totals) == (other.rows, other.count, other.totals)
    ledger = {
        each.currency: (each.net, each.past_due, each.late)
        for each in aging(DAY, DAY, current_policy()).totals
    }
    assert {each.currency: (each.net, each.past_due, each.late) for each in today_.totals} == ledger


@pytest.mark.req("H2")
def test_another_day_shows_what_was_owed_then(mona, book):
    cast.payment(
        book["late"], "700.00", on=DAY - timedelta(2), applied_to=book["late"].items.get(amount=700_00)
    )
    ask = "/accounts/?name=lakeside"
    row, then = (
        screens.read(mona.get(f"{ask}{day}")).tables[0][-1] for day in ("", f"&as_of={DAY - timedelta(3)}")
    )
    assert (row[5].text, row[6].text) == ("50.00", "0")
    assert (then[5].text, then[6].text, then[8].text) == ("750.00", "700.00", "37")


def test_every_figure_leads_to_its_items(mona):
    for row in screens.read(mona.get("/accounts/")).tables[0][1:]:
        for cell in row[5:]:
            if cell.href and " " not in cell.text:  # an account in two currencies shows two lines
                there = screens.read(mona.get(cell.href))
                assert [fact.text for _, fact in there.facts] == [cell.text]


def test_the_files_hold_every_account_whole(mona):
    rows = list(
        csv.DictReader(io.StringIO(screens.body(mona.get("/accounts/?form=csv")).decode("utf-8-sig")))
    )
    assert [(row["number"], row["currency"], row["balance"]) for row in rows] == [
        ("H-200", "EUR", "300.00"), ("H-200", "USD", "900.00"), ("L-100", "USD", "750.00"), ("Q-900", "USD", ""),
        ("P-300", "USD", "-60.00"),
    ]  # fmt: skip
    assert next(row["name"] for row in rows if row["number"] == "P-300") == "'" + HOSTILE
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(screens.body(mona.get("/accounts/?form=xlsx&state=open")))
    )
    sheet = book.get_sheet_by_index(0).to_python()
    assert {row[0]: row[7] for row in sheet if str(row[0]).startswith("Total")} == {
        "Total EUR": 300,
        "Total USD": 1590,
    }
    assert HOSTILE in {row[1] for row in sheet}


def test_names_cannot_write_html(mona):
    assert "<b>&" not in mona.get("/accounts/").content.decode()


@pytest.mark.parametrize(
    "asked, answer",
    [
        ("state=rich", "Accounts ‘rich’ is not among open"),
        ("status=asleep", "Status ‘asleep’ is not among active"),
        ("collector=9999999", "There is no user 9999999"),
        ("as_of=yesterday", "is not a date"),
    ],
)
def test_what_is_not_understood_is_a_sentence(mona, asked, answer):
    page = mona.get(f"/accounts/?{asked}")
    assert (page.status_code, answer in page.content.decode(), names(page)) == (422, True, [])


def test_an_empty_list_says_why(client, mona):
    assert "No account is like that." in mona.get("/accounts/?name=zzz").content.decode()
    Customer.objects.all().update(collector=None)
    client.force_login(cast.user("collector", "alice"))
    assert "There are no accounts yet." in client.get("/accounts/").content.decode()


@pytest.mark.req("D4")
@pytest.mark.parametrize(
    "role, field",
    [("collector", "collector"), ("sales", "sales_rep"), ("business_manager", "business_manager")],
)
def test_who_sees_own_accounts_only_gets_no_others_here_or_in_files(client, book, role, field):
    person = cast.user(role, f"new_{role}")
    Customer.objects.filter(number="H-200").update(**{field: person})
    client.force_login(person)
    assert names(client.get("/accounts/")) == ["Harbour"]
    assert "Lakeside" not in screens.body(client.get("/accounts/?form=csv")).decode()
    assert names(client.get(f"/accounts/?as_of={DAY - timedelta(1)}")) == ["Harbour"]


@pytest.mark.trap(9)
@pytest.mark.parametrize("back", [0, 20])
def test_pages_and_queries_do_not_grow(mona, book, back):
    ask = f"/accounts/?as_of={DAY - timedelta(back)}"
    mona.get(ask)
    with CaptureQueriesContext(connection) as few:
        mona.get(ask)
    for number in range(report.PAGE_SIZE + 10):
        Customer.objects.create(
            number=f"M-{number}", name=f"More {number}", currency="USD", created_at=cast.moment(DAY)
        )
    for customer in Customer.objects.filter(number__startswith="M-")[:5]:
        cast.invoice(customer, "10.00", due=DAY - timedelta(60))
    with CaptureQueriesContext(connection) as many:
        page = mona.get(ask)
    assert len(many) == len(few)
    assert len(names(page)) == report.PAGE_SIZE
    assert len(names(mona.get(f"{ask}&page=2"))) == 14
    assert len(names(mona.get(f"{ask}&page=999"))) == 14
