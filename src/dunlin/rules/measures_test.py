"""DSO three ways, CEI, turnover, weighted days, targets."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.measures import (
    Turnover,
    ar_turnover,
    average_days_delinquent,
    cei,
    days_weighted,
    dso_best_possible,
    dso_countback,
    dso_simple,
    target_met,
)

QUARTER = ((900_000, 31), (800_000, 28), (700_000, 31))

amounts = st.integers(0, 10**13)
positive = st.integers(1, 10**13)
factors = st.integers(1, 10**6)
spans = st.integers(1, 366)


def shown(number: Decimal | None) -> str:
    return "undefined" if number is None else f"{number:.2f}"


def test_published_figures() -> None:
    assert shown(dso_simple(15_000, 10_000, 30)) == "45.00"
    assert shown(dso_best_possible(4_000, 10_000, 30)) == "12.00"
    assert shown(average_days_delinquent(15_000, 4_000, 10_000, 30).add) == "33.00"
    assert shown(cei(100_000, 1_000_000, 120_000, 100_000)) == "98.00"
    turnover = ar_turnover(4_192_200, 328_800)
    assert (shown(turnover.turnover), shown(turnover.collection_days)) == ("12.75", "28.63")
    weighted = days_weighted([(1_000, 15), (3_000, 30), (2_000, 45)])
    assert (shown(weighted.weighted_days), shown(weighted.simple_days)) == ("32.50", "30.00")


@pytest.mark.parametrize(
    "receivables, periods, dso, covered, remaining",
    [
        pytest.param(2_100_000, QUARTER, "76.71", True, "0.00", id="last-period-pro-rata"),
        pytest.param(2_400_000, QUARTER, "90.00", True, "0.00", id="exactly-all-history"),
        pytest.param(2_500_000, QUARTER, "90.00", False, "100000.00", id="more-than-history"),
        pytest.param(900_000, QUARTER, "31.00", True, "0.00", id="exactly-one-period"),
        pytest.param(
            1_000, ((500, 30), (0, 31), (900, 30)), "30.00", False, "500.00", id="stops-at-no-sales"
        ),
        pytest.param(1_000, ((500, 30), (-5, 31)), "30.00", False, "500.00", id="stops-at-negative-sales"),
        pytest.param(500, ((500, 30), (0, 31)), "30.00", True, "0.00", id="used-up-before-no-sales"),
        pytest.param(1_000, (), "0.00", False, "1000.00", id="no-history"),
        pytest.param(0, QUARTER, "0.00", True, "0.00", id="nothing-owed"),
        pytest.param(-5, QUARTER, "0.00", True, "0.00", id="in-credit"),
    ],
)
def test_countback(
    receivables: int, periods: tuple[tuple[int, int], ...], dso: str, covered: bool, remaining: str
) -> None:
    result = dso_countback(receivables, periods)
    assert (shown(result.dso), result.covered, shown(result.remaining)) == (dso, covered, remaining)


def test_a_ratio_without_a_denominator_is_undefined() -> None:
    assert dso_simple(100, 0, 30) is None
    assert average_days_delinquent(100, 50, 0, 30).add is None
    assert cei(100, 0, 100, 100) is None
    assert ar_turnover(100, 0) == Turnover(None, None)
    assert ar_turnover(0, 100) == Turnover(Decimal(0), None)
    assert days_weighted([]).weighted_days is None
    assert days_weighted([(5, 10), (-5, 20)]).simple_days == 15


def test_cei_takes_the_average_month() -> None:
    assert cei(100_000, 3_000_000, 120_000, 100_000, months=3) == cei(100_000, 1_000_000, 120_000, 100_000)


def test_early_payers_have_negative_days_late() -> None:
    assert days_weighted([(100, -5), (300, 3)]).weighted_days == 1


@pytest.mark.invariant(30)
@given(amounts, amounts, positive, spans, factors)
def test_scaling_every_amount_changes_no_ratio(
    total: int, current: int, sales: int, days: int, k: int
) -> None:
    assert dso_simple(total * k, sales * k, days) == dso_simple(total, sales, days)
    assert average_days_delinquent(total * k, current * k, sales * k, days) == average_days_delinquent(
        total, current, sales, days
    )
    assert cei(total * k, sales * k, current * k, 0) == cei(total, sales, current, 0)
    assert ar_turnover(sales * k, (total + 1) * k) == ar_turnover(sales, total + 1)
    one = dso_countback(total, [(sales, days)] * 3)
    many = dso_countback(total * k, [(sales * k, days)] * 3)
    assert (many.dso, many.covered, many.remaining) == (one.dso, one.covered, one.remaining * k)


@pytest.mark.invariant(30)
@given(amounts, positive, spans, st.data())
def test_best_possible_is_never_above_dso(total: int, sales: int, days: int, data: st.DataObject) -> None:
    current = data.draw(st.integers(0, total))
    result = average_days_delinquent(total, current, sales, days)

    assert result.dso is not None
    assert result.bpdso is not None
    assert result.add is not None
    assert result.bpdso <= result.dso
    assert result.add >= 0
    assert abs(Fraction(result.dso) - Fraction(result.bpdso) - Fraction(result.add)) < Fraction(1, 10**40)


@pytest.mark.invariant(31)
@given(positive, spans, st.integers(1, 24), st.data())
def test_countback_is_simple_dso_when_sales_are_even(
    sales: int, days: int, count: int, data: st.DataObject
) -> None:
    receivables = data.draw(st.integers(0, sales * count))
    result = dso_countback(receivables, [(sales, days)] * count)
    simple = dso_simple(receivables, sales, days)

    assert simple is not None
    assert result.covered
    # Adding whole periods first rounds in another place: some sixty digits down.
    assert abs(result.dso - simple) < Decimal("1e-40")


@pytest.mark.invariant(32)
@given(amounts, positive, st.integers(1, 12), st.data())
def test_cei_is_at_most_100_and_100_only_when_nothing_is_past_due(
    beginning: int, sales: int, months: int, data: st.DataObject
) -> None:
    collectible = Fraction(beginning) + Fraction(sales, months)
    ending_total = data.draw(st.integers(0, int(collectible)))
    ending_current = data.draw(st.integers(0, ending_total))
    result = cei(beginning, sales, ending_total, ending_current, months)

    if result is None:
        assert ending_current == collectible
    else:
        assert result <= 100
        assert (result == 100) == (ending_current == ending_total)


@given(st.lists(st.tuples(positive, st.integers(-90, 400)), min_size=1, max_size=30))
def test_weighted_days_lie_between_the_least_and_the_most(items: list[tuple[int, int]]) -> None:
    weighted = days_weighted(items).weighted_days
    assert weighted is not None
    assert min(days for _, days in items) <= weighted <= max(days for _, days in items)


@pytest.mark.rule("P16")
@pytest.mark.parametrize(
    "value, limit, direction, met",
    [
        (Decimal("34.99"), 35, "below", True),
        (Decimal("35"), 35, "below", False),
        (2_000_000, 2_000_000, "below", False),
        (75, 75, "at_least", True),
        (74, 75, "at_least", False),
        (None, 35, "below", None),
    ],
)
def test_target_met(value: Decimal | int | None, limit: int, direction: str, met: bool | None) -> None:
    assert target_met(value, limit, direction) is met  # type: ignore[arg-type]


def test_a_float_is_no_measure() -> None:
    with pytest.raises(TypeError):
        dso_simple(1.5, 10, 30)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        dso_countback(10, [(1.5, 30)])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        target_met(34.9, 35, "below")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        days_weighted([(10.5, 3)])  # type: ignore[list-item]


def test_the_ambient_decimal_context_has_no_effect() -> None:
    def figures() -> tuple[object, ...]:
        big = Decimal("123456789.01")
        return (
            dso_simple(big, Decimal("98765432.10"), 91),
            dso_countback(big, [(Decimal("98765432.10"), 91)] * 2),
            cei(big, big, Decimal("1.01"), Decimal("0.01"), 7),
            days_weighted([(big, 3), (Decimal("0.01"), 9)]),
            average_days_delinquent(big, Decimal("0.01"), big, 91),
        )

    expected = figures()
    with localcontext() as ambient:
        ambient.prec = 3
        assert figures() == expected
