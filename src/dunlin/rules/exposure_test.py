"""Exposure: what counts, no line is not a line of zero, and nothing added lowers it (P23, invariant 34)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.exposure import Exposure, exposure
from dunlin.rules.money import Money

pytestmark = [pytest.mark.rule("P23"), pytest.mark.invariant(34)]
PARTS = ("open_orders", "open_deliveries", "open_billing", "open_items", "this_order")
minors = st.integers(0, 10**12)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def found(line: int | None, *minor: int, unapplied: int | None = None) -> Exposure:
    less = None if unapplied is None else usd(unapplied)
    return exposure(None if line is None else usd(line), **dict(zip(PARTS, map(usd, minor))), unapplied=less)


@pytest.mark.parametrize(
    "line, parts, unapplied, amount, within",
    [
        (10_000_000, (2_000_000, 1_000_000, 500_000, 5_000_000, 1_000_000), None, 9_500_000, True),
        (
            9_500_000,
            (2_000_000, 1_000_000, 500_000, 5_000_000, 1_000_000),
            None,
            9_500_000,
            True,
        ),  # at the line
        (9_499_999, (2_000_000, 1_000_000, 500_000, 5_000_000, 1_000_000), None, 9_500_000, False),
        (None, (0, 0, 0, 10**12, 1), None, 10**12 + 1, True),  # no limit
        (0, (0, 0, 0, 0, 1), None, 1, False),  # a line of zero
        (0, (0, 0, 0, 0, 0), None, 0, True),
        (100, (0, 0, 0, 150, 0), 60, 90, True),  # credit counts where the setting says so
        (100, (0, 0, 0, 50, 0), 60, 0, True),
    ],
)
def test_against_the_line(line: int | None, parts: tuple[int, ...], unapplied: int | None, amount: int, within: bool) -> None:  # fmt: skip
    got = found(line, *parts, unapplied=unapplied)
    assert (got.amount, got.within_line) == (usd(amount), within)
    assert got.available == (None if line is None else usd(line - amount))


def test_a_part_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        found(100, 0, 0, 0, -1, 5)


@given(st.tuples(*[minors] * 5), st.integers(0, 4), minors, minors, minors)
def test_adding_never_lowers_it_and_a_higher_line_never_holds_more(parts: tuple[int, ...], which: int, more: int, line: int, raised: int) -> None:  # fmt: skip
    grown = tuple(each + more * (place == which) for place, each in enumerate(parts))
    assert found(line, *grown).amount >= found(line, *parts).amount
    assert found(line + raised, *parts).within_line >= found(line, *parts).within_line
