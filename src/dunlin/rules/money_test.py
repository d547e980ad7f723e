"""Money: exact, of one currency, never a float, whatever the ambient decimal context."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.money import LARGEST_MINOR, Money, NotMoney, allocate, split, total

minors = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize("amount", [1.5, 0.0, float("nan"), True])
def test_a_float_is_never_money(amount: object) -> None:
    with pytest.raises(NotMoney):
        Money.exact(amount, "USD")  # type: ignore[arg-type]
    with pytest.raises(NotMoney):
        Money.rounded(amount, "USD")  # type: ignore[arg-type]
    with pytest.raises(NotMoney):
        Money(amount, "USD")  # type: ignore[arg-type]


def test_a_float_never_multiplies_money() -> None:
    with pytest.raises(NotMoney):
        Money(100, "USD").times(0.1)  # type: ignore[arg-type]


@pytest.mark.invariant(11)
@pytest.mark.trap(43)
def test_currencies_never_mix() -> None:
    dollars, euros = Money(100, "USD"), Money(100, "EUR")
    for act in (
        lambda: dollars + euros,
        lambda: dollars - euros,
        lambda: dollars < euros,
        lambda: dollars >= euros,
        lambda: total([dollars, euros], "USD"),
    ):
        with pytest.raises(NotMoney, match="do not mix"):
            act()
    assert dollars != euros


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1,000.00", "1e30"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(NotMoney):
        Money.exact(text, "USD")


@pytest.mark.parametrize("code", ["XXX", "usd", "", "US"])
def test_an_unknown_currency_is_refused(code: str) -> None:
    with pytest.raises(NotMoney):
        Money(1, code)


@pytest.mark.parametrize(
    "text, currency, minor",
    [("18200.00", "USD", 1820000), ("18200", "JPY", 18200), ("1.234", "KWD", 1234), ("-0.05", "EUR", -5)],
)
def test_exact_reads_major_units(text: str, currency: str, minor: int) -> None:
    assert Money.exact(text, currency).minor == minor


@pytest.mark.parametrize("text, currency", [("1.005", "USD"), ("1.5", "JPY"), ("0.0001", "KWD")])
def test_exact_refuses_more_digits_than_the_currency_has(text: str, currency: str) -> None:
    with pytest.raises(NotMoney, match="more digits"):
        Money.exact(text, currency)


@pytest.mark.parametrize(
    "text, minor", [("0.005", 1), ("0.015", 2), ("0.025", 3), ("-0.005", -1), ("2.675", 268), ("0.0049", 0)]
)
def test_rounding_is_half_up_away_from_zero(text: str, minor: int) -> None:
    assert Money.rounded(text, "USD").minor == minor


def test_words_have_thousands_and_a_true_minus() -> None:
    assert str(Money(1820000, "USD")) == "18,200.00 USD"
    assert str(Money(-5, "USD")) == "−0.05 USD"
    assert str(Money(1234567, "JPY")) == "1,234,567 JPY"
    assert Money(-123450, "USD").plain == "-1234.50"


def test_the_truth_of_an_amount_is_not_a_question() -> None:
    with pytest.raises(TypeError):
        bool(Money(1, "USD"))


def test_more_than_the_books_can_hold_is_refused() -> None:
    assert Money(LARGEST_MINOR, "USD").minor == LARGEST_MINOR
    with pytest.raises(NotMoney):
        Money(LARGEST_MINOR, "USD") + Money(1, "USD")


def test_the_ambient_decimal_context_has_no_effect() -> None:
    big = Money(987654321012345678, "USD")
    expected = (
        str(big),
        big.plain,
        big.times(Decimal("0.0333333333")),
        big.converted("EUR", Decimal("0.91234567")),
    )
    with localcontext() as ambient:
        ambient.prec, ambient.rounding = 3, "ROUND_UP"
        again = (
            str(big),
            big.plain,
            big.times(Decimal("0.0333333333")),
            big.converted("EUR", Decimal("0.91234567")),
        )
        assert Money.rounded("0.0049", "USD").minor == 0
        assert Money.exact("9876543210123456.78", "USD") == big
    assert again == expected


@pytest.mark.invariant(15)
@given(minors, st.integers(1, 60))
def test_a_split_conserves_the_amount(minor: int, count: int) -> None:
    parts = split(Money(minor, "USD"), count)

    assert len(parts) == count
    assert sum(part.minor for part in parts) == minor
    assert len({part.minor for part in parts[:-1]}) <= 1


@pytest.mark.invariant(16)
@given(minors, st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any))
def test_an_allocation_conserves_the_amount(minor: int, weights: list[int]) -> None:
    parts = allocate(Money(minor, "EUR"), weights)

    assert sum(part.minor for part in parts) == minor
    # No part is a whole minor unit away from its exact share, and none has the other sign.
    assert all(
        abs(part.minor * sum(weights) - minor * weight) < sum(weights) for part, weight in zip(parts, weights)
    )
    assert all(part.minor * minor >= 0 for part in parts)


@given(minors, minors)
def test_adding_and_taking_away_is_exact(one: int, other: int) -> None:
    assert Money(one, "USD") + Money(other, "USD") - Money(other, "USD") == Money(one, "USD")
    assert Money.exact(Money(one, "USD").plain, "USD") == Money(one, "USD")
