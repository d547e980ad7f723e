"""The result of an A/B comparison, from the books: who takes part, days and cash of each group, what can be told (C6, P35)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.save_strategy import activate_strategy, save_strategy
from dunlin.formats.strategies import from_yaml, shipped_text
from dunlin.records.models import Customer
from dunlin.reports.experiments import ExperimentResult, experiment_result
from dunlin.rules.policy import Policy
from dunlin.rules.strategies import group_of
from tests import cast
from tests.cast import TODAY, Books

pytestmark = [pytest.mark.django_db, pytest.mark.req("C6"), pytest.mark.rule("P35")]
BEGAN = TODAY - timedelta(days=60)
TEXT = shipped_text("default") + "experiment: {name: softer words, share_pct: 50, other: courtesy}\n"
EXPERIMENT = from_yaml(TEXT).experiment


def begin(books: Books, on: date = BEGAN, text: str = TEXT) -> None:
    at = cast.who(books.mona, today=on)
    activate_strategy(at, save_strategy(at, text, "compare").pk)


def people(group: str, count: int, **more: str) -> list[Customer]:
    """So many new customers whose number puts them into the group."""
    made: list[Customer] = []
    at = 0
    while len(made) < count:
        number = f"{more.get('segment', 'X')}-{group}-{at}"
        at += 1
        if group_of(EXPERIMENT, number) == group:
            made.append(cast.customer(number=number, **more))
    return made


def paid_after(
    customer: Customer, days: int, amount: str = "100.00", due: date = BEGAN + timedelta(days=20)
) -> None:
    """An invoice of 30 days net, paid so many days after its date."""
    bill = cast.invoice(customer, amount, due=due)
    cast.payment(customer, amount, on=bill.document_on + timedelta(days=days), applied_to=bill)


@pytest.fixture
def set_up(books: Books) -> Books:
    keep_shipped(cast.moment(BEGAN - timedelta(days=30)))
    begin(books)
    return books


def result() -> ExperimentResult:
    found = experiment_result("default", TODAY, Policy())
    assert found is not None
    return found


def test_the_figures_are_those_of_the_books(set_up: Books) -> None:
    (one,), (two, three) = people("A", 1), people("B", 2)
    paid_after(one, 40)
    paid_after(one, 50)
    paid_after(two, 35, "300.00")
    still_open = cast.invoice(three, "200.00", due=TODAY - timedelta(days=10))
    found = result()
    a, b = found.groups
    # The cast's own two customers have invoices that fell due since as well; they stand in one of the groups.
    assert found.since == BEGAN
    assert {a.strategy, b.strategy} == {"Default ladder", from_yaml(shipped_text("courtesy")).name}
    figures = [45.0, *_cast_days("A")]
    assert found.days.a.mean == pytest.approx(sum(figures) / len(figures))
    days_b = [35.0, float((TODAY - still_open.document_on).days), *_cast_days("B")]
    assert found.days.b.mean == pytest.approx(sum(days_b) / len(days_b))
    assert a.customers + b.customers == 5
    assert a.items + b.items == 6
    assert a.paid + b.paid == 3
    assert a.cash.minor + b.cash.minor == 20_000 + 30_000 + 25_000  # Harbour paid 250.00 of its own
    assert found.days.told == "too_few"


def _cast_days(group: str) -> list[float]:
    """Lakeside and Harbour: both still open; due 40 and 10 days ago, 30 days net."""
    known = {"L-100": 70.0, "H-200": 40.0}
    return [days for number, days in known.items() if group_of(EXPERIMENT, number) == group]


def test_a_difference_is_told_when_there_is_one(set_up: Books) -> None:
    for at, customer in enumerate(people("A", 25)):
        paid_after(customer, 45 + at % 5)
    for at, customer in enumerate(people("B", 25)):
        paid_after(customer, 35 + at % 5)
    found = result()
    assert found.days.told == "lower"
    assert found.days.low < -10
    assert found.days.high < -8
    assert found.share.told == "none"


def test_who_a_person_named_takes_no_part_nor_who_belongs_to_another_strategy(set_up: Books) -> None:
    before = result()
    (named,) = people("A", 1, strategy="firm")
    final = people("B", 1)[0]
    paid_after(named, 40)
    cast.invoice(final, "10.00", due=BEGAN + timedelta(days=5), invoice_class="final")
    assert [each.customers for each in result().groups] == [each.customers for each in before.groups]


def test_who_came_to_the_firm_path_by_paying_late_stays_in_their_group(books: Books) -> None:
    began = TODAY - timedelta(days=200)
    keep_shipped(cast.moment(began - timedelta(days=1)))
    begin(books, began)
    before = result()
    (late,) = people("B", 1)
    cast.invoice(late, "900.00", due=TODAY - timedelta(days=150))  # firm: 90 days and more
    assert result().groups[1].customers == before.groups[1].customers + 1


def test_what_fell_due_before_it_began_or_not_yet_counts_for_nothing(set_up: Books) -> None:
    before = result()
    (one,) = people("A", 1)
    cast.invoice(one, "10.00", due=BEGAN - timedelta(days=1))
    cast.invoice(one, "10.00", due=TODAY)
    assert result() == before


def test_other_words_do_not_begin_it_anew_and_another_share_does(set_up: Books) -> None:
    begin(set_up, BEGAN + timedelta(days=10), TEXT.replace("name: Default ladder", "name: The ladder"))
    assert result().since == BEGAN
    begin(set_up, BEGAN + timedelta(days=20), TEXT.replace("share_pct: 50", "share_pct: 60"))
    assert result().since == BEGAN + timedelta(days=20)


def test_without_a_comparison_there_is_no_result(books: Books) -> None:
    keep_shipped(cast.moment(BEGAN))
    assert experiment_result("default", TODAY, Policy()) is None
    assert experiment_result("nonsense", TODAY, Policy()) is None


def test_the_number_of_queries_does_not_grow(set_up: Books) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        result()
    for customer in people("A", 10):
        paid_after(customer, 40)
    with CaptureQueriesContext(connection) as many:
        result()
    assert len(many) == len(few) <= 10


def test_a_currency_without_a_rate_is_said(set_up: Books) -> None:
    (one,) = people("A", 1)
    cast.invoice(one, "10.00", due=BEGAN + timedelta(days=3), currency="CHF")
    assert result().left_out == 1


def test_the_strategy_page_shows_it(set_up: Books) -> None:
    client = Client()
    client.force_login(set_up.mona)
    page = client.get("/sending/strategies/default").content.decode()
    assert "Comparison: softer words" in page
    assert "too few customers to tell a difference" in page
    assert "Comparison:" not in client.get("/sending/strategies/firm").content.decode()
