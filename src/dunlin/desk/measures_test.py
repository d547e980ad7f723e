"""Measures on screen: the arithmetic that is shown gives the figure, targets are judged strictly, scope holds."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.desk import arithmetic
from dunlin.records.clock import today
from dunlin.records.models import Customer, DailyFigure, ExchangeRate, Item
from dunlin.records.policies import current_policy
from dunlin.reports.measures import Target, measures
from dunlin.rules.money import TRUE_MINUS
from tests import cast, screens

pytestmark = [pytest.mark.django_db, pytest.mark.req("F3"), pytest.mark.rule("P16")]

DAY = today("UTC")


@pytest.fixture
def book(db):
    """Sales over two years in two currencies, some paid late, some past due; a recorded month-end."""
    alice, bob = cast.user("collector", "alice"), cast.user("collector", "bob")
    ours = cast.entity()
    lakeside = cast.customer("Lakeside Hotels", number="L-100", collector=alice)
    harbour = cast.customer("Harbour", number="H-200", collector=bob, currency="EUR")
    for back in range(10, 500, 30):
        for of, amount in ((lakeside, "1,000.10"), (harbour, "777.77")):
            made = cast.invoice(of, amount, document=DAY - timedelta(back), due=DAY - timedelta(back - 20))
            if back > 120:
                cast.payment(of, amount, on=DAY - timedelta(back - 35), applied_to=made)
    cast.payment(lakeside, "123.45", on=DAY - timedelta(1))
    ExchangeRate.objects.create(
        base="EUR", quote="USD", on=DAY - timedelta(800), rate=Decimal("1.09"), source="test"
    )
    month_end = DAY.replace(day=1) - timedelta(1)
    DailyFigure.objects.create(day=month_end, entity=ours, currency="USD", debits=400000, unapplied=0, disputed=0, current=200000,
                               late=100000, sales=0, collected=0, home_rate=None)  # fmt: skip
    return {"alice": alice, "bob": bob, "lakeside": lakeside}


@pytest.fixture
def mona(client, book):
    client.force_login(cast.user("ar_manager", "mona"))
    return client


def computed(line: str) -> tuple[Decimal, Decimal]:
    """What the left of a shown sum gives, and what stands on its right."""
    left, right = line.rsplit(" = ", 1)
    left = left.rsplit(": ", 1)[-1].rsplit(", ", 1)[-1]
    for sign, code in (
        ("×", "*"),
        ("÷", "/"),
        (TRUE_MINUS, "-"),
        (",", ""),
        (" kept", ""),
        (" in part", ""),
        (" broken", ""),
    ):
        left = left.replace(sign, code)
    left = re.sub(r" (days|invoices)", "", left)
    assert re.fullmatch(r"[\d.+\-*/() ]+", left), line
    value = eval(re.sub(r"(\d+(\.\d+)?)", r"Decimal('\1')", left), {"Decimal": Decimal})
    return value, Decimal(re.match(r"−?[\d,.]+", right)[0].replace(",", "").replace(TRUE_MINUS, "-"))


@pytest.mark.parametrize("back", [0, 30, 200])
@pytest.mark.parametrize("months", [1, 3, 12])
def test_the_sums_that_are_shown_add_up(book, back, months):
    """Each line with an equals sign is computed again from its own numbers."""
    policy = current_policy()
    report = measures(DAY - timedelta(back), DAY, policy, months=months)
    seen = 0
    for of in (*report.by_currency, report.home):
        for figure in arithmetic.explained(report, of, policy):
            for line in (*figure.lines, *figure.basis):
                if " = " in line:
                    value, stated = computed(line)
                    # A number shown with two places stands for itself; what is divided by it may differ in the last place.
                    assert abs(value - stated) <= Decimal("0.02"), (figure.name, line)
                    seen += 1
            assert figure.value == "–" or figure.lines, figure.name
            assert figure.value != "–" or figure.why_not, figure.name
    assert seen > 12


def test_the_example_of_the_field_reads_as_it_should(db):
    """15,000 ÷ 10,000 × 30 = 45."""
    customer = cast.customer("Only", currency="USD")
    cast.invoice(customer, "5,000.00", document=DAY - timedelta(200), due=DAY - timedelta(190))
    cast.invoice(customer, "10,000.00", document=DAY - timedelta(2), due=DAY + timedelta(20))
    policy = current_policy()
    report = measures(DAY, DAY, policy, months=1)
    dso = arithmetic.explained(report, report.home, policy)[0]
    assert dso.lines == (
        f"15,000.00 ÷ 10,000.00 × {report.days} = {arithmetic.plain(Decimal(15 * report.days) / 10, 2)}",
    )


@pytest.mark.parametrize(
    "value, limit, direction, met, words",
    [
        (34, 35, "below", True, "on target"),
        (35, 35, "below", False, "missed: exactly at its limit"),
        (36, 35, "below", False, "missed"),
        (80, 80, "at_least", True, "on target"),
        (None, 35, "below", None, "undefined"),
    ],
)
def test_exactly_at_its_limit_a_target_is_missed_and_says_so(value, limit, direction, met, words):
    assert arithmetic.judged(Target("x", value, limit, "days", direction, met))[0] == words


@pytest.mark.parametrize(
    "number, limit, text",
    [("34.96", 35, "34.96"), ("34.9996", 35, "34.9996"), ("35", 35, "35.0"), ("34.2", 35, "34.2")],
)
def test_a_figure_close_to_its_limit_is_not_rounded_onto_it(number, limit, text):
    assert arithmetic.close_to(Decimal(number), Decimal(limit)) == text


def test_the_page_tells_its_receivables_and_sales_under_every_figure(mona):
    text = mona.get("/measures").content.decode()
    assert text.count("Receivables: open debits less unapplied credits") > 4
    assert "invoices and debit memos less credit memos, tax included" in text
    assert "1 EUR = 1.09 USD" in text
    assert "How is this computed?" in text
    assert "target below 35" in text


def test_without_sales_a_measure_is_a_dash_with_the_reason(client, db):
    client.force_login(cast.user("ar_manager"))
    text = client.get("/measures").content.decode()
    assert "There were no sales from" in text
    assert '<span class="figure">–' in text or '">–</a>' in text


def test_late_is_the_same_amount_as_in_the_aging(mona):
    page = screens.read(mona.get("/measures?in=EUR"))
    late = Item.objects.filter(currency="EUR", side=1, open__gt=0, due_on__lte=DAY - timedelta(31))
    side = next(table for table in page.tables if table[0][0].text == "Currency")
    shown = next(row for row in side if row[0].text == "EUR")[7]
    assert shown.text == f"{sum(late.values_list('open', flat=True)) / 100:,.2f}"
    assert [fact.text for _, fact in screens.read(mona.get(shown.href)).facts] == [shown.text]


@pytest.mark.req("H2")
def test_another_day_and_another_part_of_the_book(mona, book):
    then = DAY - timedelta(60)
    assert (
        f"as of {then:%a} {then.day} {then:%b} {then.year}"
        in mona.get(f"/measures?as_of={then}").content.decode()
    )
    assert (
        "Month-ends from the postings" in mona.get(f"/measures?collector={book['alice'].pk}").content.decode()
    )


@pytest.mark.parametrize(
    "asked, answer",
    [
        ("months=5", "The period is of 1, 3, 6, 12 months"),
        ("as_of=x", "is not a date"),
        ("entity=ZZ", "no entity ZZ"),
    ],
)
def test_what_is_not_understood_is_a_sentence(mona, asked, answer):
    page = mona.get(f"/measures?{asked}")
    assert (page.status_code, answer in page.content.decode()) == (422, True)


@pytest.mark.req("D4")
def test_a_collector_measures_own_accounts_and_oneself(client, book):
    client.force_login(book["alice"])
    text = client.get("/measures").content.decode()
    assert "Of the accounts you may see." in text
    assert "EUR" not in text
    assert "Alice" in text
    assert "Bob" not in text
    assert "target below 2,000,000.00" not in text, (
        "the company's limit is not held against a part of the book"
    )


@pytest.mark.parametrize("role", ["sales", "support"])
def test_who_may_not_see_measures_is_told(client, book, role):
    client.force_login(cast.user(role))
    answer = client.get("/measures")
    assert answer.status_code == 403
    assert "may not see measures" in answer.content.decode()


@pytest.mark.parametrize("ask", ["/measures", "/measures?country=US"])
def test_queries_do_not_grow_with_the_book(mona, book, ask):
    Customer.objects.update(country="US")
    mona.get(ask)
    with CaptureQueriesContext(connection) as few:
        mona.get(ask)
    for number in range(8):
        cast.invoice(
            cast.customer(f"More {number}", country="US", collector=book["bob"]),
            "10.00",
            due=DAY - timedelta(40),
        )
    with CaptureQueriesContext(connection) as many:
        mona.get(ask)
    assert len(many) == len(few)
