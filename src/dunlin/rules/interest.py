"""Late-payment interest: contract, United Kingdom, European Union, India; fixed sums. See docs/rules/interest.md (DOMAIN section 3).

Rates are per cent a year. Days are those from the day after the due date through the day of payment. Interest is on principal only and is
computed exactly, then rounded once. Law values are dated defaults, not legal advice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil

from dunlin.rules.money import Money

UK_MARGIN_PCT = Decimal(8)
# GBP: a debt below → its fixed sum; at and above the last 100.
UK_FIXED_SUMS = ((Decimal(1_000), 40), (Decimal(10_000), 70))
UK_FIXED_SUM_MOST = 100
EU_FIXED_SUM = Money(4_000, "EUR")
FIXINGS = ("per_half_year", "at_default", "at_payment")
ROUNDINGS = ("none", "minor_unit")


@dataclass(frozen=True, slots=True)
class Rate:
    """A reference rate in force from a day until the next one; per cent a year."""

    since: date
    pct: Decimal


@dataclass(frozen=True, slots=True)
class Late:
    """What a late payment costs. `rate_pct` is None where it changed on the way."""

    days: int
    rate_pct: Decimal | None
    interest: Money
    fixed_sum: Money

    @property
    def total(self) -> Money:
        return self.interest + self.fixed_sum


def accrued(principal: Money, annual_rate_pct: Decimal, days: int, basis: int = 365) -> Fraction:
    """Simple interest in minor units, exact: nothing for 0 days, additive over adjoining periods at one rate, linear in principal
    (invariant 28). ValueError for negative days or rate, or a year without days."""
    if days < 0 or annual_rate_pct < 0 or basis <= 0:
        raise ValueError("days and rate cannot be negative, and a year has days")
    return principal.minor * Fraction(annual_rate_pct) * days / (100 * basis)


def simple(
    principal: Money, annual_rate_pct: Decimal, days: int, basis: int = 365, daily_rounding: str = "none"
) -> Money:
    """Simple interest, rounded once at the end. With `minor_unit` the interest of a day is rounded first: both circulate and can differ."""
    if daily_rounding not in ROUNDINGS:
        raise ValueError(f"{daily_rounding!r} is none of {', '.join(ROUNDINGS)}")
    if daily_rounding == "minor_unit":
        return Money(_half_up(accrued(principal, annual_rate_pct, 1, basis)) * days, principal.currency)
    return Money(_half_up(accrued(principal, annual_rate_pct, days, basis)), principal.currency)


def uk_fixed_sum(debt: Money) -> Money:
    """What is added to each late invoice once, by its amount: below 1,000 40, below 10,000 70, else 100."""
    found = next((most for below, most in UK_FIXED_SUMS if debt.decimal < below), UK_FIXED_SUM_MOST)
    return Money.exact(found, debt.currency)


def uk_statutory(principal: Money, due_on: date, paid_on: date, base_rates: Sequence[Rate]) -> Late:
    """8 per cent above the base rate of the 31 December or 30 June before the day interest starts: one rate for the life of the debt.
    Nothing when paid on time. ValueError when no base rate of that day is known."""
    days = max(0, (paid_on - due_on).days)
    starts = due_on + timedelta(1)
    fixed_on = date(starts.year - 1, 12, 31) if starts.month <= 6 else date(starts.year, 6, 30)
    rate = in_force(base_rates, fixed_on) + UK_MARGIN_PCT
    fixed = uk_fixed_sum(principal) if days else Money.zero(principal.currency)
    return Late(days, rate, simple(principal, rate, days), fixed)


def eu_late(
    principal: Money, due_on: date, paid_on: date, reference_rates: Sequence[Rate], margin_pct: Decimal = Decimal(8),
    fixing: str = "per_half_year", round_rate_up_to: Decimal | None = None,
) -> Late:  # fmt: skip
    """The reference rate of 1 January or 1 July plus a margin, of the half-year a day is in (`per_half_year`), interest starts in
    (`at_default`) or payment is made in (`at_payment`, Ireland). `round_rate_up_to`: the step a rate is rounded up to (Belgium half a
    point). The fixed sum is 40 EUR, or as much of the principal's currency. ValueError for an unknown fixing or rate."""
    if fixing not in FIXINGS:
        raise ValueError(f"{fixing!r} is none of {', '.join(FIXINGS)}")
    days = max(0, (paid_on - due_on).days)
    starts = due_on + timedelta(1)

    def rate_of(half: date) -> Decimal:
        rate = in_force(reference_rates, half) + margin_pct
        return (
            rate
            if not round_rate_up_to
            else ceil(Fraction(rate) / Fraction(round_rate_up_to)) * round_rate_up_to
        )

    if fixing == "per_half_year":
        parts = [(rate_of(half), length) for half, length in _halves(starts, days)]
    else:
        parts = [(rate_of(_half_of(starts if fixing == "at_default" else paid_on)), days)]
    exact = sum((accrued(principal, rate, length) for rate, length in parts), Fraction(0))
    rates = {rate for rate, _ in parts}
    fixed = Money.exact(EU_FIXED_SUM.decimal, principal.currency) if days else Money.zero(principal.currency)
    return Late(days, rates.pop() if len(rates) == 1 else None, Money(_half_up(exact), principal.currency), fixed)  # fmt: skip


def in_msmed(principal: Money, bank_rate_pct: Decimal, months: int) -> Money:
    """India, a micro or small supplier: three times the bank rate, compounded monthly, for whole months."""
    if months < 0 or bank_rate_pct < 0:
        raise ValueError("months and rate cannot be negative")
    factor = (1 + 3 * Fraction(bank_rate_pct) / 1200) ** months
    return Money(_half_up(principal.minor * (factor - 1)), principal.currency)


def in_force(rates: Sequence[Rate], day: date) -> Decimal:
    """The rate in force on a day. ValueError when the table begins later: no rate is made up."""
    known = [each for each in rates if each.since <= day]
    if not known:
        raise ValueError(f"no rate is known for {day}")
    return max(known, key=lambda each: each.since).pct


def _half_of(day: date) -> date:
    return date(day.year, 1 if day.month <= 6 else 7, 1)


def _halves(starts: date, days: int) -> list[tuple[date, int]]:
    """The half-years that `days` days from `starts` touch, with how many fall into each."""
    parts = []
    while days > 0:
        half = _half_of(starts)
        following = date(half.year, 7, 1) if half.month == 1 else date(half.year + 1, 1, 1)
        length = min(days, (following - starts).days)
        parts.append((half, length))
        starts, days = following, days - length
    return parts


def _half_up(minor: Fraction) -> int:
    """Minor units, rounded half away from zero."""
    whole = abs(minor) + Fraction(1, 2)
    return (1 if minor >= 0 else -1) * (whole.numerator // whole.denominator)
