"""Bands, large debits, old credits, the 31+ target."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.tracking import (
    BANDS,
    LARGE_DEBIT_OVER,
    PAST_DUE_31_PLUS_TARGET,
    Credit,
    Debit,
    against_target,
    bands,
    credit_balances,
    large_debits,
    past_due_31_plus,
)

AS_OF = date(2026, 3, 31)
OVER = LARGE_DEBIT_OVER.minor
TARGET = PAST_DUE_31_PLUS_TARGET.minor


def owed(days_past_due: int, minor: int, customer: str = "A") -> Debit:
    return Debit(customer, AS_OF - timedelta(days=days_past_due), minor)


def held(days_old: int, minor: int, id: str = "C-1", customer: str = "A") -> Credit:
    return Credit(id, customer, AS_OF - timedelta(days=days_old), minor)


@pytest.mark.rule("P17")
def test_the_bands_are_those_of_the_report() -> None:
    assert BANDS.labels == ("current", "1-4", "5-9", "10-14", "15-29", "30-59", "60-89", "90+")


@pytest.mark.rule("P17")
@pytest.mark.parametrize(
    "days, band",
    [
        *[
            (1, "1-4"),
            (4, "1-4"),
            (5, "5-9"),
            (9, "5-9"),
            (10, "10-14"),
            (14, "10-14"),
            (15, "15-29"),
            (29, "15-29"),
        ],
        *[(30, "30-59"), (59, "30-59"), (60, "60-89"), (89, "60-89"), (90, "90+"), (900, "90+")],
    ],
)
def test_an_item_is_in_one_band(days: int, band: str) -> None:
    result = bands([owed(days, 100)], AS_OF)

    assert result.bands == dict.fromkeys(BANDS.labels[1:], 0) | {band: 100}
    assert result.not_due == 0
    assert result.or_more == {least: 100 if days >= least else 0 for least in (5, 10, 15, 30, 60, 90)}


@pytest.mark.rule("P17")
@pytest.mark.invariant(6)
@pytest.mark.trap(10)
@given(st.lists(st.tuples(st.integers(-60, 200), st.integers(1, 10**12)), max_size=40))
def test_bands_and_not_due_add_up_to_all_that_is_open(rows: list[tuple[int, int]]) -> None:
    result = bands([owed(days, minor) for days, minor in rows], AS_OF)

    assert sum(result.bands.values()) == sum(minor for days, minor in rows if days >= 1)
    assert result.not_due == sum(minor for days, minor in rows if days <= 0)
    assert result.or_more[5] == sum(result.bands.values()) - result.bands["1-4"]
    assert list(result.or_more.values()) == sorted(result.or_more.values(), reverse=True)


@pytest.mark.rule("P17")
@pytest.mark.parametrize(
    "items, expected",
    [
        pytest.param([owed(30, 6_000_000)], [("A", 6_000_000)], id="one-large-item"),
        pytest.param([owed(10, 6_000_000)], [], id="ten-days-is-not-over-ten"),
        pytest.param([owed(11, OVER)], [], id="exactly-the-amount-is-not-over"),
        pytest.param([owed(11, OVER + 1)], [("A", OVER + 1)], id="a-cent-over"),
        pytest.param(
            [owed(11, 3_000_000), owed(40, 3_000_000)], [("A", 6_000_000)], id="adds-up-by-customer"
        ),
        pytest.param([owed(11, 4_000_000), owed(5, 9_000_000)], [], id="younger-items-do-not-count"),
        pytest.param(
            [owed(11, 6_000_000, "B"), owed(11, 6_000_000), owed(11, 7_000_000, "C")],
            [("C", 7_000_000), ("A", 6_000_000), ("B", 6_000_000)],
            id="largest-first-then-by-customer",
        ),
    ],
)
def test_large_debits(items: list[Debit], expected: list[tuple[str, int]]) -> None:
    assert [(line.customer, line.total) for line in large_debits(items, AS_OF, OVER)] == expected


@pytest.mark.rule("P17")
def test_old_credits_by_item_and_customer() -> None:
    credits = [
        held(30, 100, "young"),
        held(31, 200, "just-old"),
        held(90, 300, "older"),
        held(90, 0, "used-up"),
        held(50, 50, "other", "B"),
    ]
    result = credit_balances(credits, AS_OF)

    assert [credit.id for credit in result.items] == ["older", "other", "just-old"]
    assert result.by_customer == {"A": 500, "B": 50}


@pytest.mark.rule("P16")
@pytest.mark.parametrize(
    "items, total, below",
    [
        pytest.param([owed(30, 500)], 0, True, id="thirty-is-not-late"),
        pytest.param([owed(31, 500)], 500, True, id="thirty-one-is-late"),
        pytest.param([owed(31, TARGET)], TARGET, False, id="exactly-at-the-target-is-missed"),
        pytest.param([owed(31, TARGET - 1)], TARGET - 1, True, id="a-cent-below"),
        pytest.param([], 0, True, id="nothing"),
    ],
)
def test_past_due_31_plus(items: list[Debit], total: int, below: bool) -> None:
    result = past_due_31_plus(items, AS_OF, TARGET)
    assert (result.total, result.below_target, result.target) == (total, below, TARGET)


@pytest.mark.rule("P16")
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 10**12)), max_size=20), st.integers(0, 10**12))
def test_late_sums_judged_together_are_the_items_judged_at_once(
    rows: list[tuple[int, int]], target: int
) -> None:
    items = [owed(days, minor) for days, minor in rows]
    parts = [past_due_31_plus([item], AS_OF, 0).total for item in items]

    assert against_target(parts, target) == past_due_31_plus(items, AS_OF, target)
