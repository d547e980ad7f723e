"""Due dates, instalments, and the terms in plain words."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dunlin.rules.calendars import Calendar
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.terms import Terms, discount_until, due_date, in_words, instalment_plan, instalments

HALVES = ((1, 15), (16, "eom"))
LEDGER = Calendar("ledger", frozenset({date(2026, 5, 25)}))


def make(kind: str, **options: Any) -> Terms:
    return Terms("T", kind, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "terms, invoiced, expected",
    [
        pytest.param(make("net_days", days=30), date(2025, 1, 10), date(2025, 2, 9), id="net-30"),
        pytest.param(make("net_days", days=30), date(2025, 1, 31), date(2025, 3, 2), id="net-30-month-end"),
        pytest.param(make("net_days", days=30), date(2024, 1, 31), date(2024, 3, 1), id="net-30-leap-year"),
        pytest.param(make("net_days"), date(2025, 1, 31), date(2025, 1, 31), id="net-0"),
        pytest.param(make("eom_plus", days=30), date(2025, 5, 11), date(2025, 6, 30), id="net-30-eom"),
        pytest.param(make("eom_plus"), date(2025, 2, 11), date(2025, 2, 28), id="eom"),
        pytest.param(
            make("prox", cutoff_day=12, months=1, due_day=20),
            date(2025, 8, 10),
            date(2025, 9, 20),
            id="prox-before-cutoff",
        ),
        pytest.param(
            make("prox", cutoff_day=12, months=1, due_day=20),
            date(2025, 8, 12),
            date(2025, 9, 20),
            id="prox-on-cutoff",
        ),
        pytest.param(
            make("prox", cutoff_day=12, months=1, due_day=20),
            date(2025, 8, 15),
            date(2025, 10, 20),
            id="prox-after-cutoff",
        ),
        pytest.param(
            make("prox", cutoff_day="eom", months=1, due_day="eom"),
            date(2026, 1, 31),
            date(2026, 2, 28),
            id="prox-eom-both",
        ),
        pytest.param(
            make("prox", cutoff_day=25, months=0, due_day=10),
            date(2026, 1, 20),
            date(2026, 2, 10),
            id="prox-day-already-past",
        ),
        pytest.param(
            make("prox", cutoff_day=25, months=0, due_day=20),
            date(2026, 1, 20),
            date(2026, 1, 20),
            id="prox-same-day",
        ),
        pytest.param(
            make("day_of_month", months=1, due_day=31), date(2026, 1, 5), date(2026, 2, 28), id="day-clamped"
        ),
        pytest.param(
            make("day_of_month", months=0, due_day=10), date(2026, 1, 5), date(2026, 1, 10), id="day-to-come"
        ),
        pytest.param(
            make("day_of_month", months=0, due_day=31),
            date(2026, 2, 28),
            date(2026, 2, 28),
            id="day-clamped-same-day",
        ),
        pytest.param(
            make("day_of_month", months=0, due_day=10),
            date(2026, 12, 15),
            date(2027, 1, 10),
            id="day-past-in-december",
        ),
        pytest.param(
            make("range_end_plus", days=10, ranges=HALVES),
            date(2026, 1, 3),
            date(2026, 1, 25),
            id="range-first-half",
        ),
        pytest.param(
            make("range_end_plus", days=10, ranges=HALVES),
            date(2026, 2, 16),
            date(2026, 3, 10),
            id="range-to-month-end",
        ),
        pytest.param(
            make("range_end_plus", days=5, ranges=((26, 10),)),
            date(2026, 1, 28),
            date(2026, 2, 15),
            id="range-into-next-month",
        ),
        pytest.param(
            make("range_end_plus", days=5, ranges=((26, 10),)),
            date(2026, 2, 3),
            date(2026, 2, 15),
            id="range-from-last-month",
        ),
        pytest.param(
            make("instalments", count=3, months=1),
            date(2026, 1, 31),
            date(2026, 4, 30),
            id="instalments-the-last",
        ),
    ],
)
def test_due_date(terms: Terms, invoiced: date, expected: date) -> None:
    assert due_date(terms, invoiced) == expected


@pytest.mark.parametrize(
    "roll, expected",
    [("none", date(2026, 5, 23)), ("following", date(2026, 5, 26)), ("preceding", date(2026, 5, 22))],
)
def test_a_due_date_on_a_closed_day_rolls(roll: str, expected: date) -> None:
    assert due_date(make("net_days", days=3, roll=roll), date(2026, 5, 20), LEDGER) == expected


@pytest.mark.invariant(40)
def test_rolling_back_never_lands_before_the_invoice_date() -> None:
    assert due_date(make("net_days", roll="preceding"), date(2026, 5, 23), LEDGER) == date(2026, 5, 26)


def test_rolling_needs_a_calendar() -> None:
    with pytest.raises(ValueError, match="calendar"):
        due_date(make("net_days", roll="following"), date(2026, 5, 23))


def test_unknown_terms_give_no_due_date() -> None:
    with pytest.raises(Refused) as refused:
        due_date(make("unknown"), date(2026, 5, 23))
    assert refused.value.code == "terms_without_due_date"
    assert "the document must state it" in in_words(make("unknown"))


def test_a_day_outside_every_range_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        due_date(make("range_end_plus", ranges=((1, 15),)), date(2026, 5, 23))
    assert refused.value.code == "terms_range_missing"


@pytest.mark.parametrize(
    "kind, options",
    [
        ("net_days", {"days": -1}),
        ("prox", {"due_day": 32}),
        ("prox", {"cutoff_day": 0}),
        ("instalments", {"count": 0}),
        ("net_days", {"roll": "backwards"}),
        ("net_days", {"discount_pct": Decimal(101)}),
        ("cash", {}),
    ],
)
def test_terms_that_make_no_sense_are_refused(kind: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        make(kind, **options)


day = st.one_of(st.integers(1, 31), st.just("eom"))
all_terms = st.builds(
    Terms,
    st.just("T"),
    st.sampled_from(["net_days", "eom_plus", "prox", "day_of_month", "range_end_plus", "instalments"]),
    days=st.integers(0, 200),
    cutoff_day=day,
    months=st.integers(0, 12),
    due_day=day,
    ranges=st.sampled_from([HALVES, ((1, 31),), ((26, 10), (11, 25)), ((1, 10), (11, 20), (21, 31))]),
    roll=st.sampled_from(["none", "following", "preceding"]),
    count=st.integers(1, 24),
)
invoice_days = st.dates(date(2000, 1, 1), date(2050, 12, 31))


@pytest.mark.invariant(40)
@given(all_terms, invoice_days)
def test_no_invoice_is_due_before_its_date(terms: Terms, invoiced: date) -> None:
    due = due_date(terms, invoiced, LEDGER)

    assert due >= invoiced
    assert terms.roll == "none" or LEDGER.is_business_day(due)


@pytest.mark.invariant(40)
@given(
    st.integers(0, 400), st.sampled_from(["none", "following", "preceding"]), invoice_days, st.integers(0, 40)
)
def test_net_days_is_monotone_in_the_invoice_date(days: int, roll: str, invoiced: date, later: int) -> None:
    terms = make("net_days", days=days, roll=roll)
    assert due_date(terms, invoiced, LEDGER) <= due_date(terms, invoiced + timedelta(days=later), LEDGER)


@pytest.mark.invariant(15)
@pytest.mark.trap(47)
@given(all_terms, st.integers(-(10**12), 10**12), invoice_days)
def test_a_plan_conserves_the_amount_and_rises(terms: Terms, minor: int, invoiced: date) -> None:
    plan = instalment_plan(terms, Money(minor, "USD"), invoiced, LEDGER)

    assert sum(amount.minor for _, amount in plan) == minor
    assert [due for due, _ in plan] == sorted(due for due, _ in plan)
    assert plan[-1][0] == due_date(terms, invoiced, LEDGER)
    assert len(plan) == (terms.count if terms.kind == "instalments" else 1)


@pytest.mark.trap(47)
def test_a_month_after_31_january_is_the_end_of_february() -> None:
    plan = instalment_plan(
        make("instalments", count=3, months=1), Money.exact("100.00", "USD"), date(2026, 1, 31)
    )
    assert [(due, amount.plain) for due, amount in plan] == [
        (date(2026, 2, 28), "33.33"),
        (date(2026, 3, 31), "33.33"),
        (date(2026, 4, 30), "33.34"),
    ]


@pytest.mark.parametrize(
    "amount, currency, count, remainder, expected",
    [
        pytest.param("1000.00", "USD", 4, "last", ["250.00"] * 4, id="even"),
        pytest.param("100.00", "USD", 3, "last", ["33.33", "33.33", "33.34"], id="odd-last"),
        pytest.param("100.00", "USD", 3, "first", ["33.34", "33.33", "33.33"], id="odd-first"),
        pytest.param("100", "JPY", 3, "last", ["33", "33", "34"], id="no-decimals"),
        pytest.param("0.02", "USD", 3, "last", ["0.00", "0.00", "0.02"], id="less-than-a-cent-each"),
    ],
)
def test_instalments(amount: str, currency: str, count: int, remainder: str, expected: list[str]) -> None:
    parts = instalments(Money.exact(amount, currency), count, remainder)  # type: ignore[arg-type]
    assert [part.plain for part in parts] == expected


def test_the_discount_ends_with_its_grace() -> None:
    terms = make("net_days", days=30, discount_pct=Decimal(2), discount_days=10, grace_days=3)
    assert discount_until(terms, date(2026, 1, 1)) == date(2026, 1, 14)
    assert discount_until(make("net_days", days=30), date(2026, 1, 1)) is None


@pytest.mark.parametrize(
    "terms, words",
    [
        (
            make("net_days", days=30, discount_pct=Decimal(2), discount_days=10),
            "Net 30 days from invoice date; 2 % discount if paid within 10 days",
        ),
        (make("net_days"), "Due on the invoice date"),
        (make("eom_plus", days=30), "30 days after the end of the invoice month"),
        (
            make("prox", cutoff_day=12, months=1, due_day=20),
            "Day 20 of the month after the invoice; invoices after day 12 a month later",
        ),
        (
            make("range_end_plus", days=10, ranges=HALVES),
            "10 days after the end of the invoice's range of days (1–15, 16–end of month)",
        ),
        (
            make("net_days", days=1, roll="following"),
            "Net 1 day from invoice date; a due date on a closed day moves to the next business day",
        ),
        (make("instalments", count=4, months=1), "4 instalments, 1 month apart"),
    ],
)
def test_terms_in_words(terms: Terms, words: str) -> None:
    assert in_words(terms) == words


@given(all_terms)
def test_every_kind_has_words(terms: Terms) -> None:
    assume(terms.discount_pct is None)
    assert in_words(terms)[0].isupper() or in_words(terms)[0].isdigit()
