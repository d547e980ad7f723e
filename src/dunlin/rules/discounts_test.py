"""Discounts: earned, unearned, and what they cost in a year."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.discounts import annualised, eligibility, unearned
from dunlin.rules.money import Money

USD_2000 = Money.exact("2000.00", "USD")
INVOICED = date(2003, 1, 1)


@pytest.mark.parametrize(
    "paid, grace, discount, due",
    [
        pytest.param(date(2003, 1, 11), 0, "200.00", "1800.00", id="last-day"),
        pytest.param(date(2003, 1, 12), 0, "0.00", "2000.00", id="a-day-late"),
        pytest.param(date(2003, 1, 14), 5, "200.00", "1800.00", id="day-13-within-grace"),
        pytest.param(date(2003, 1, 16), 5, "200.00", "1800.00", id="last-day-of-grace"),
        pytest.param(date(2003, 1, 17), 5, "0.00", "2000.00", id="after-grace"),
        pytest.param(None, 5, "0.00", "2000.00", id="not-paid"),
    ],
)
def test_eligibility(paid: date | None, grace: int, discount: str, due: str) -> None:
    result = eligibility(USD_2000, Decimal(10), 10, INVOICED, paid, grace)
    assert (result.eligible, result.discount.plain, result.amount_due.plain) == (
        discount != "0.00",
        discount,
        due,
    )


def test_a_discount_taken_late_is_a_short_pay() -> None:
    late = eligibility(USD_2000, Decimal(10), 10, INVOICED, date(2003, 2, 1))
    earned = eligibility(USD_2000, Decimal(10), 10, INVOICED, INVOICED)
    assert unearned(Money.exact("200.00", "USD"), late).plain == "200.00"
    assert unearned(Money.exact("210.00", "USD"), earned).plain == "10.00"
    assert unearned(Money.exact("150.00", "USD"), earned).plain == "0.00"


@pytest.mark.invariant(17)
@given(
    st.integers(0, 10**12),
    st.decimals(0, 100, places=4),
    st.integers(-5, 60),
    st.integers(0, 30),
    st.integers(0, 9),
)
def test_a_discount_is_within_the_terms_and_the_parts_make_the_invoice(
    minor: int, pct: Decimal, paid_after: int, days: int, grace: int
) -> None:
    amount = Money(minor, "EUR")
    result = eligibility(amount, pct, days, INVOICED, INVOICED + timedelta(days=paid_after), grace)

    assert result.discount + result.amount_due == amount
    assert 0 <= result.discount.minor <= minor
    assert result.eligible == (paid_after <= days + grace)
    assert abs(result.discount.minor * 100 - minor * pct) <= 50 or not result.eligible


@pytest.mark.parametrize(
    "pct, discount_days, net_days, year_days, method, expected",
    [
        pytest.param("2", 10, 30, 360, "simple", "36.73", id="2/10-net-30-360"),
        pytest.param("2", 10, 30, 365, "simple", "37.24", id="2/10-net-30-365"),
        pytest.param("2", 10, 30, 365, "compound", "44.59", id="2/10-net-30-compound"),
        pytest.param("1", 10, 30, 365, "compound", "20.13", id="1/10-net-30-compound"),
        pytest.param("0", 10, 30, 365, "simple", "0.00", id="no-discount"),
    ],
)
def test_annualised(
    pct: str, discount_days: int, net_days: int, year_days: int, method: str, expected: str
) -> None:
    rate = annualised(Decimal(pct), discount_days, net_days, year_days, method)  # type: ignore[arg-type]
    assert rate is not None
    assert f"{rate:.2f}" == expected


@pytest.mark.parametrize("pct, discount_days, net_days", [("2", 30, 30), ("2", 31, 30), ("100", 10, 30)])
def test_annualised_is_undefined_without_a_gap_or_a_rest(pct: str, discount_days: int, net_days: int) -> None:
    assert annualised(Decimal(pct), discount_days, net_days) is None
    assert annualised(Decimal(pct), discount_days, net_days, method="compound") is None


def test_the_ambient_context_has_no_effect() -> None:
    expected = annualised(Decimal(2), 10, 30, method="compound")
    with localcontext() as ambient:
        ambient.prec = 3
        assert annualised(Decimal(2), 10, 30, method="compound") == expected
