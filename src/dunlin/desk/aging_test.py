"""Aging on screen: totals equal the ledger, every figure leads to items that add up to it, files hold what is shown."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import F, Sum
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from dunlin.desk.asking import GROUPS
from dunlin.records.clock import today
from dunlin.records.models import Dispute, ExchangeRate, Item
from dunlin.rules.money import TRUE_MINUS, Money
from tests import cast, screens

pytestmark = [pytest.mark.django_db, pytest.mark.req("F2")]

DAY = today("UTC")  # the screens show the real day
HOSTILE = '=HYPERLINK("http://evil.test","Überweisung")'


@pytest.fixture
def book(db):
    """Two entities, three currencies, one of them without a rate; every bucket, credits, a dispute, a group, a hostile name."""
    alice, bob = cast.user("collector", "alice"), cast.user("collector", "bob")
    british = cast.entity("UK01", "GBP")
    lakeside = cast.customer("Lakeside Hotels", number="L-100", collector=alice, country="US", segment="key")
    branch = cast.customer(
        "Lakeside Hotels West", number="L-101", parent=lakeside, collector=alice, country="US"
    )
    hostile = cast.customer(HOSTILE, number="H-200", collector=bob, country="GB", currency="GBP")
    cast.customer("Quiet & Co", number="Q-900", country="")
    for serial, days in enumerate((-20, 0, 1, 30, 31, 60, 61, 90, 91, 400)):
        cast.invoice(
            lakeside,
            f"{100 + serial}.37",
            due=DAY - timedelta(days),
            invoice_class="mrr" if serial % 2 else "final",
        )
    paid = cast.invoice(branch, "900.00", due=DAY - timedelta(40))
    cast.payment(branch, "250.00", on=DAY - timedelta(5), applied_to=paid)
    cast.payment(lakeside, "75.25", on=DAY - timedelta(50))
    cast.invoice(hostile, "310.10", due=DAY - timedelta(12), of_entity=british)
    cast.credit_memo(hostile, "20.05", on=DAY - timedelta(15), of_entity=british)
    cast.invoice(hostile, "5000", due=DAY - timedelta(2), currency="JPY", of_entity=british)
    contested = Item.objects.filter(customer=lakeside, due_on=DAY - timedelta(61)).get()
    Dispute.objects.create(item=contested, customer=lakeside, amount=5000, reason="price", opened_on=DAY - timedelta(30),
                           due_on=DAY, recorded_at=cast.moment(DAY - timedelta(30)))  # fmt: skip
    Item.objects.filter(pk=contested.pk).update(disputed=5000)
    cast.balance_sums.refresh([lakeside.pk], DAY, cast.current_policy())
    ExchangeRate.objects.create(
        base="GBP", quote="USD", on=DAY - timedelta(60), rate=Decimal("1.25"), source="test"
    )
    return {"alice": alice, "bob": bob, "lakeside": lakeside, "hostile": hostile}


@pytest.fixture
def mona(client, book):
    client.force_login(cast.user("ar_manager", "mona"))
    return client


def shown(minor: int, currency: str) -> str:
    return str(Money(minor, currency)).rsplit(" ", 1)[0] if minor else "0"


def as_minor(text: str, currency: str) -> int:
    return Money.exact(text.replace(",", "").replace(TRUE_MINUS, "-"), currency).minor


def test_the_totals_are_the_ledger(mona):
    table = screens.read(mona.get("/aging?by=currency")).tables[0]
    ledger = {
        code: (debits, net)
        for code, debits, net in Item.objects.filter(open__gt=0)
        .values_list("currency")
        .annotate(debits=Sum("open"), net=Sum(F("open") * F("side")))
        .order_by("currency")
    }
    totals = table[1 : 1 + len(ledger)]
    assert [row[1].text for row in totals] == ["USD", "JPY", "GBP"], (
        "that of the company first, then the larger sums"
    )
    for row in totals:
        currency = row[1].text
        *buckets, unapplied, net, _ = (as_minor(cell.text, currency) for cell in row[2:])
        assert sum(buckets) + unapplied == net == ledger[currency][1]
        assert unapplied <= 0


def by_currency(table):
    """(currency, cells of figures) of each row; a page of one currency states it in the heads and has no column for it."""
    one = table[0][1].text != "Currency"
    return [("USD" if one else row[1].text, row[1:] if one else row[2:]) for row in table[1:]]


@pytest.mark.trap(10)
@pytest.mark.parametrize(
    "by, basis, back",
    [(by, "due_date", 0) for by, _ in GROUPS]
    + [("customer", "invoice_date", 0), ("parent", "due_date", 45), ("entity", "invoice_date", 4)],
)
def test_every_figure_leads_to_items_that_add_up_to_it(mona, by, basis, back):
    page = screens.read(mona.get(f"/aging?by={by}&basis={basis}&as_of={DAY - timedelta(back)}"))
    followed = set()
    for currency, cells in by_currency(page.tables[0]):
        for cell in cells:
            if not cell.href:
                assert cell.text == "0"
                continue
            if cell.href in followed:
                continue
            there = screens.read(mona.get(cell.href))
            assert [(term, fact.text) for term, fact in there.facts] == [(currency, cell.text)], cell.href
            named = "Disputed" if "cell=disputed" in cell.href else "Open"
            column = [head.text.split()[0] for head in there.tables[0][0]].index(named)
            added = sum(as_minor(item[column].text.split()[0], currency) for item in there.tables[0][1:])
            assert added == as_minor(cell.text, currency)
            followed.add(cell.href)
    assert len(followed) > 5


def test_the_file_holds_what_the_screen_shows(mona):
    ask = "/aging?by=customer&sort=label"
    page = screens.read(mona.get(ask)).tables[0]
    answer = mona.get(ask + "&form=csv")
    assert answer.streaming
    assert answer["Content-Disposition"] == f'attachment; filename="aging-{DAY}.csv"'
    rows = list(csv.reader(io.StringIO(screens.body(answer).decode("utf-8-sig"))))
    head, lines = rows[0], rows[1:]
    place = {name: at for at, name in enumerate(head)}
    seen = [row for row in page[1:] if row[0].href]
    assert len(seen) == 4
    for row, line in zip(seen, lines):
        currency = row[1].text
        assert line[place["currency"]] == currency
        written = [Money.exact(text, currency).minor for text in line[place["not due"] : place["91+"] + 1]]
        written += [
            Money.exact(line[place[name]], currency).minor for name in ("unapplied", "balance", "disputed")
        ]
        assert [as_minor(cell.text, currency) for cell in row[2:]] == written
    named = [line[place["name"]] for line in lines]
    assert "'" + HOSTILE in named, "a name that begins like a formula is made harmless"
    assert [line for line in lines if line[place["name"]] == "Total"], "totals are in the file"


def test_the_workbook_is_typed_and_its_totals_are_the_rows(mona):
    answer = mona.get("/aging?by=customer&form=xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(screens.body(answer)))
    assert book.sheet_names == ["About", "GBP by age", "JPY by age", "USD by age", "By customer"]
    rows = book.get_sheet_by_name("By customer").to_python()
    net = rows[0].index("balance")
    lines = [row for row in rows[1:] if not str(row[0]).startswith("Total")]
    totals = {row[0]: row[net] for row in rows[1:] if str(row[0]).startswith("Total")}
    assert all(isinstance(row[net], (int, float)) for row in lines)
    assert totals["Total USD"] == pytest.approx(sum(row[net] for row in lines if row[2] == "USD"))
    assert HOSTILE in {row[1] for row in lines}, "text stays text"
    about = dict(row[:2] for row in book.get_sheet_by_name("About").to_python())
    assert about["At the rate"].startswith("1 GBP = 1.25")
    assert about["Not in it, no rate"] == 5000


def test_the_items_leave_as_a_file_with_all_their_rows(mona):
    for form in ("csv", "xlsx"):
        answer = mona.get(f"/aging/items?cell=past_due&currency=USD&form={form}")
        assert answer.status_code == 200
        if form == "csv":
            rows = list(csv.DictReader(io.StringIO(screens.body(answer).decode("utf-8-sig"))))
        else:
            sheet = (
                CalamineWorkbook.from_filelike(io.BytesIO(screens.body(answer)))
                .get_sheet_by_index(0)
                .to_python()
            )
            rows = [dict(zip(sheet[0], row)) for row in sheet[1:-1]]
        past_due = Item.objects.filter(currency="USD", side=1, open__gt=0, due_on__lt=DAY)
        assert len(rows) == past_due.count()
        assert (
            sum(Decimal(str(row["open"])) for row in rows)
            == Money(past_due.aggregate(s=Sum("open"))["s"], "USD").decimal
        )


@pytest.mark.trap(43)
def test_a_currency_without_a_rate_is_named_and_not_added(mona):
    text = mona.get("/aging").content.decode()
    assert "1 GBP = 1.25 USD" in text
    assert "Not in it, for want of a rate" in text
    assert "5,000 JPY" in text


@pytest.mark.req("A4")
@pytest.mark.trap(12)
def test_known_then_leaves_out_what_was_entered_late(mona, book):
    cast.invoice(book["lakeside"], "7,777.00", due=DAY - timedelta(20), posted=DAY - timedelta(20), document=DAY - timedelta(30),
                 recorded=cast.moment(DAY - timedelta(2)))  # fmt: skip
    day = DAY - timedelta(10)
    now, then = (
        screens.read(mona.get(f"/aging?by=currency&as_of={day}&known={known}&currency=USD")).tables[0][1]
        for known in ("now", "then")
    )
    assert as_minor(now[-2].text, "USD") - as_minor(then[-2].text, "USD") == 777700
    moment = screens.read(
        mona.get(f"/aging?by=currency&as_of={day}&known_at={DAY - timedelta(1)}T12:00&currency=USD")
    ).tables[0][1]
    assert moment[-2].text == now[-2].text


@pytest.mark.trap(17)
def test_the_basis_is_named(mona):
    assert "<strong>By due date</strong>" in mona.get("/aging").content.decode()
    assert "<strong>By invoice date</strong>" in mona.get("/aging?basis=invoice_date").content.decode()


BAD = [
    ("as_of=31/2/2026", "is not a date Dunlin understands"),
    (f"as_of={DAY + timedelta(1)}", "is still to come"),
    ("by=colour", "not by ‘colour’"),
    ("basis=moon", "not by ‘moon’"),
    ("known=whenever", "not ‘whenever’"),
    ("known_at=later", "is not a moment"),
    ("known=at", "None was given"),
    ("kind=elephant", "There is no kind ‘elephant’"),
    ("currency=DOGE", "is not a currency code"),
    ("entity=ZZ", "There is no entity ZZ"),
    ("collector=abc", "There is no user abc"),
    ("customer=%3Cscript%3E", "There is no customer &lt;script&gt;"),
    ("parent=nope", "There is no customer nope"),
]


@pytest.mark.parametrize("asked, answer", BAD, ids=[asked for asked, _ in BAD])
def test_what_is_not_understood_is_answered_with_a_sentence_and_no_figures(mona, asked, answer):
    page = mona.get(f"/aging?{asked}")
    assert page.status_code == 422
    assert answer in page.content.decode()
    assert screens.read(page).tables == []
    assert mona.get(f"/aging?{asked}&form=csv").status_code == 422


def test_a_column_that_does_not_exist_is_a_sentence(mona):
    page = mona.get("/aging/items?cell=9")
    assert (page.status_code, "no column ‘9’" in page.content.decode()) == (422, True)


def test_htmx_gets_the_live_part_only(mona):
    part = mona.get("/aging?by=kind", headers={"HX-Request": "true", "HX-Target": "results"}).content.decode()
    assert "<html" not in part
    assert "Invoices" in part
    assert "Lakeside" not in part


def test_a_page_beyond_the_last_is_the_last(mona):
    assert len(screens.read(mona.get("/aging?page=99")).tables[0]) == len(
        screens.read(mona.get("/aging")).tables[0]
    )


def test_nothing_open_says_so(client, db):
    client.force_login(cast.user("ar_manager"))
    assert "Nothing is open." in client.get("/aging").content.decode()


@pytest.mark.req("D4")
def test_a_collector_sees_own_accounts_only_also_in_files(client, book):
    client.force_login(book["alice"])
    page = client.get("/aging")
    assert "Lakeside" in page.content.decode()
    assert "Überweisung" not in page.content.decode()
    assert {row[1].text if len(row) > 9 else "USD" for row in screens.read(page).tables[0][1:]} == {"USD"}
    assert "Überweisung" not in screens.body(client.get("/aging?form=csv")).decode()
    assert screens.body(client.get("/aging/items?cell=all&form=csv")).decode().count("H-200") == 0
    assert "There is no customer H-200" in client.get("/aging?customer=H-200").content.decode()
    assert client.get(f"/aging?collector={book['bob'].pk}").content.decode().count("Überweisung") == 0


@pytest.mark.parametrize("path", ["/aging", "/aging/items?cell=past_due"])
@pytest.mark.parametrize("back", [0, 30])
@pytest.mark.trap(8)
def test_queries_do_not_grow_with_the_book(mona, book, path, back):
    day = DAY - timedelta(back)
    ask = f"{path}{'&' if '?' in path else '?'}as_of={day}"
    mona.get(ask)
    with CaptureQueriesContext(connection) as few:
        mona.get(ask)
    for number in range(12):
        customer = cast.customer(f"More {number}", collector=book["bob"], country="FR")
        cast.invoice(customer, "10.00", due=DAY - timedelta(31 + number))
    with CaptureQueriesContext(connection) as many:
        mona.get(ask)
    assert len(many) == len(few)
    assert len(many) <= 30
