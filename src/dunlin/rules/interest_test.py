"""Late interest: the published examples, the days where rates change, and what holds for any figures (DOMAIN section 3, invariant 28)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.interest import (
    Rate,
    accrued,
    eu_late,
    in_force,
    in_msmed,
    simple,
    uk_fixed_sum,
    uk_statutory,
)
from dunlin.rules.money import Money

pytestmark = pytest.mark.invariant(28)

UK = [Rate(date(2023, 8, 3), Decimal("5.25")), Rate(date(2024, 8, 1), Decimal(5)), Rate(date(2025, 2, 6), Decimal("4.5"))]  # fmt: skip
ECB = [Rate(date(2024, 1, 1), Decimal("4.5")), Rate(date(2024, 7, 1), Decimal("4.25")), Rate(date(2025, 1, 1), Decimal("3.15"))]  # fmt: skip


def of(amount: str, currency: str = "EUR") -> Money:
    return Money.exact(amount, currency)


@pytest.mark.parametrize(
    "principal, rate, days, basis, rounding, interest",
    [
        ("1000", "12", 30, 365, "none", "9.86"),
        ("1000", "12", 30, 360, "none", "10.00"),
        ("1000", "12", 30, 365, "minor_unit", "9.90"),  # 0.33 a day
        ("1000", "12", 0, 365, "none", "0.00"),
        ("0.01", "12", 1, 365, "none", "0.00"),
    ],
)
def test_simple(principal: str, rate: str, days: int, basis: int, rounding: str, interest: str) -> None:
    assert simple(of(principal), Decimal(rate), days, basis, rounding) == of(interest)


@pytest.mark.parametrize("debt, fixed", [("999.99", "40"), ("1000", "70"), ("9999.99", "70"), ("10000", "100")])  # fmt: skip
def test_uk_fixed_sum(debt: str, fixed: str) -> None:
    assert uk_fixed_sum(of(debt, "GBP")) == of(fixed, "GBP")


@pytest.mark.parametrize(
    "due, paid, rate, days, interest",
    [
        (
            date(2024, 3, 15),
            date(2024, 9, 15),
            "13.25",
            184,
            "166.99",
        ),  # one rate, though it changed in August
        (
            date(2024, 6, 29),
            date(2024, 6, 30),
            "13.25",
            1,
            "0.91",
        ),  # starts on 30 June: the 31 December before
        (date(2024, 6, 30), date(2024, 7, 1), "13.25", 1, "0.91"),  # starts on 1 July: 30 June
        (date(2024, 12, 30), date(2025, 1, 30), "13.25", 31, "28.13"),  # starts on 31 December: 30 June still
        (date(2024, 12, 31), date(2025, 1, 31), "13.00", 31, "27.60"),
        (date(2024, 3, 15), date(2024, 3, 15), "13.25", 0, "0.00"),
    ],
)
def test_uk_statutory(due: date, paid: date, rate: str, days: int, interest: str) -> None:
    late = uk_statutory(of("2500", "GBP"), due, paid, UK)
    assert (late.rate_pct, late.days, late.interest) == (Decimal(rate), days, of(interest, "GBP"))
    assert late.fixed_sum == of("70" if days else "0", "GBP")
    assert late.total == late.interest + late.fixed_sum


@pytest.mark.parametrize(
    "due, paid, fixing, step, margin, interest",
    [
        (date(2024, 7, 31), date(2024, 8, 30), "per_half_year", None, "8", "100.68"),
        (date(2024, 7, 31), date(2024, 8, 30), "per_half_year", "0.5", "8", "102.74"),  # Belgium: 12.5
        (
            date(2024, 6, 20),
            date(2024, 7, 10),
            "per_half_year",
            None,
            "8",
            "67.81",
        ),  # 10 days at 12.5, 10 at 12.25
        (date(2024, 6, 20), date(2024, 7, 10), "at_default", None, "8", "68.49"),
        (date(2024, 6, 20), date(2024, 7, 10), "at_payment", None, "8", "67.12"),
        (date(2024, 7, 31), date(2024, 8, 30), "per_half_year", None, "10", "117.12"),  # France
    ],
)
def test_eu(due: date, paid: date, fixing: str, step: str | None, margin: str, interest: str) -> None:
    late = eu_late(of("10000"), due, paid, ECB, Decimal(margin), fixing, None if step is None else Decimal(step))  # fmt: skip
    assert (late.interest, late.fixed_sum) == (of(interest), of("40"))
    assert (late.rate_pct is None) == (fixing == "per_half_year" and due.month == 6)


def test_india_compounds_by_the_month() -> None:
    assert in_msmed(of("250000", "INR"), Decimal("6.5"), 3) == of("12386.62", "INR")
    assert in_msmed(of("250000", "INR"), Decimal("6.5"), 0) == of("0", "INR")


def test_no_rate_is_made_up() -> None:
    with pytest.raises(ValueError, match="no rate is known for 2023-06-30"):
        uk_statutory(of("1", "GBP"), date(2023, 7, 1), date(2023, 8, 1), UK)
    with pytest.raises(ValueError, match="per_half_year"):
        eu_late(of("1"), date(2024, 7, 1), date(2024, 8, 1), ECB, fixing="sometimes")
    assert in_force(UK, date(2024, 8, 1)) == 5


@given(st.integers(0, 10**12), st.decimals(0, 50, places=2), st.integers(0, 4000), st.integers(0, 4000), st.integers(0, 9))  # fmt: skip
def test_additive_over_adjoining_periods_and_linear_in_principal(minor: int, rate: Decimal, first: int, second: int, times: int) -> None:  # fmt: skip
    money = Money(minor, "EUR")
    assert accrued(money, rate, first) + accrued(money, rate, second) == accrued(money, rate, first + second)
    assert accrued(Money(minor * times, "EUR"), rate, first) == times * accrued(money, rate, first)
    assert accrued(money, rate, 0) == 0


@given(st.dates(date(2024, 1, 1), date(2026, 1, 1)), st.integers(0, 900))
def test_the_half_years_add_up_to_the_days(due: date, days: int) -> None:
    flat = [Rate(date(2023, 1, 1), Decimal(4))]
    late = eu_late(of("10000"), due, due + timedelta(days), flat)
    assert late.interest == simple(of("10000"), Decimal(12), days)
    assert late.rate_pct == (12 if days else None)
