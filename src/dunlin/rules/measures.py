"""Measures of receivables: DSO three ways, days delinquent, collection effectiveness, turnover, days to pay.

DOMAIN section 3 (Receivable metrics), rule P16. Amounts are Decimals or whole minor units, all of one currency; a result
is exact to far more digits than anyone shows and rounded only for display. A ratio without a denominator is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Literal

Number = Decimal | int
Direction = Literal["below", "at_least"]

_WIDE = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Countback:
    """`dso` in days; `covered` is false when history ends before the balance does, and `remaining` is what is left."""

    dso: Decimal
    covered: bool
    remaining: Decimal


@dataclass(frozen=True, slots=True)
class Delinquency:
    """`dso` = `bpdso` (items not past due) + `add` (average days delinquent), all in days."""

    dso: Decimal | None
    bpdso: Decimal | None
    add: Decimal | None


@dataclass(frozen=True, slots=True)
class Turnover:
    """How often receivables turned over in the year, and how many days one turn takes."""

    turnover: Decimal | None
    collection_days: Decimal | None


@dataclass(frozen=True, slots=True)
class DaysWeighted:
    """Days weighted by amount, and their plain mean."""

    weighted_days: Decimal | None
    simple_days: Decimal | None


def ratio(numerator: Number, denominator: Number, times: Number = 1) -> Decimal | None:
    """numerator × times ÷ denominator in one division; None when the denominator is 0, never 0 or 100."""
    _exact(numerator, denominator, times)
    if denominator == 0:
        return None
    with localcontext(_WIDE):
        return Decimal(numerator) * times / denominator


def dso_simple(receivables: Number, credit_sales: Number, days: int) -> Decimal | None:
    """Days sales outstanding [9]: receivables ÷ credit sales × days of the period."""
    return ratio(receivables, credit_sales, days)


def dso_best_possible(current_receivables: Number, credit_sales: Number, days: int) -> Decimal | None:
    """DSO if nothing were past due [9]: only receivables of dpd ≤ 0 count."""
    return ratio(current_receivables, credit_sales, days)


def average_days_delinquent(
    receivables: Number, current_receivables: Number, credit_sales: Number, days: int
) -> Delinquency:
    """DSO, best possible DSO and their difference [9]."""
    with localcontext(_WIDE):
        past_due = receivables - current_receivables
    return Delinquency(
        dso_simple(receivables, credit_sales, days),
        dso_best_possible(current_receivables, credit_sales, days),
        ratio(past_due, credit_sales, days),
    )


def dso_countback(receivables: Number, periods: Iterable[tuple[Number, int]]) -> Countback:
    """DSO by exhaustion [10]: `periods` are (sales, days), newest first.

    Whole periods are taken while the balance is at least their sales, the last pro rata. A period without sales, or the
    end of history, stops the count: nothing is extrapolated. A balance of zero or less is 0 days.
    """
    _exact(receivables)
    remaining, dso = Decimal(receivables), Decimal(0)
    with localcontext(_WIDE):
        for sales, days in periods:
            _exact(sales)
            if remaining <= 0 or sales <= 0:
                break
            if remaining < sales:
                return Countback(dso + remaining * days / sales, True, Decimal(0))
            dso += days
            remaining -= sales
    return Countback(dso, remaining <= 0, max(remaining, Decimal(0)))


def cei(
    beginning: Number, credit_sales: Number, ending_total: Number, ending_current: Number, months: int = 1
) -> Decimal | None:
    """Collection effectiveness index in per cent [12]; `credit_sales` of all `months` are taken at their monthly average.

    `ending_current` is what is not past due. None when there was nothing to collect.
    """
    with localcontext(_WIDE):
        collectible = beginning * months + credit_sales
        return ratio(collectible - ending_total * months, collectible - ending_current * months, 100)


def ar_turnover(net_credit_sales: Number, average_receivables: Number, days_in_year: int = 365) -> Turnover:
    """Turns in a year, and days in a year ÷ the unrounded turns [14]."""
    turnover = ratio(net_credit_sales, average_receivables)
    days = None if turnover is None else ratio(average_receivables, net_credit_sales, days_in_year)
    return Turnover(turnover, days)


def days_weighted(items: Iterable[tuple[Number, int]]) -> DaysWeighted:
    """Of (original amount, days) of fully closed items [15]: days to pay from the invoice date, or days late (negative when early)."""
    rows = list(items)
    _exact(*(amount for amount, _ in rows))
    with localcontext(_WIDE):
        amount = sum((Decimal(amount) for amount, _ in rows), Decimal(0))
        product = sum((Decimal(amount) * days for amount, days in rows), Decimal(0))
        return DaysWeighted(ratio(product, amount), ratio(sum(days for _, days in rows), len(rows)))


def target_met(value: Number | None, limit: Number, direction: Direction) -> bool | None:
    """Whether a target is met (P16): `below` is missed exactly at its limit, `at_least` is met there. None if undefined."""
    if direction not in ("below", "at_least"):
        raise ValueError(f"a target is below or at_least, not {direction!r}")
    if value is None:
        return None
    _exact(value, limit)
    return value < limit if direction == "below" else value >= limit


def _exact(*numbers: Number) -> None:
    for number in numbers:
        if not isinstance(number, (Decimal, int)) or isinstance(number, bool):
            raise TypeError(f"a measure takes whole numbers and decimals, not {type(number).__name__}")
