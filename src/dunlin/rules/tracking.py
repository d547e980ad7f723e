"""Tracking reports: past-due bands, large debits, old credits, the 31+ target. Rules P16 and P17.

Amounts are Decimals or whole minor units, and all of one currency: the caller converts and says so, or asks per currency.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Context, localcontext
from typing import Any

from dunlin.rules.aging import LATE_FROM, BucketSet, bucket_index, days_between, is_late
from dunlin.rules.measures import Number, target_met
from dunlin.rules.money import Money

# The bands do not overlap and add up to all that is open; the first of the set is what is not past due.
BANDS = BucketSet("past-due bands", "due_date", (0, 4, 9, 14, 29, 59, 89))
CUMULATIVE_DAYS = (5, 10, 15, 30, 60, 90)

LARGE_DEBIT_OVER_DAYS = 10
LARGE_DEBIT_OVER = Money.exact("50000.00", "USD")
OLD_CREDIT_FROM = 31
PAST_DUE_31_PLUS_TARGET = Money.exact("2000000.00", "USD")

# What names a customer or an item: its number, or the id of its row. One kind of it in one report.
Key = Any

_WIDE = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Debit:
    """An open debit item, or several of a customer that are due on one day: what is still to pay and since when."""

    customer: Key
    due_on: date
    open: Number


@dataclass(frozen=True, slots=True)
class Credit:
    """An open credit item: what is unused of it and its own date."""

    id: Key
    customer: Key
    dated_on: date
    open: Number


@dataclass(frozen=True, slots=True)
class Bands:
    """`bands`: total by label, each item in one. `or_more`: total by "N or more" days. `not_due`: what is not past due."""

    bands: dict[str, Number]
    or_more: dict[int, Number]
    not_due: Number


@dataclass(frozen=True, slots=True)
class LargeDebits:
    """A customer and the total of its items of more than ten days past due."""

    customer: Key
    total: Number


@dataclass(frozen=True, slots=True)
class OldCredits:
    """Old credits, oldest first, and their total by customer."""

    items: tuple[Credit, ...]
    by_customer: dict[Key, Number]


@dataclass(frozen=True, slots=True)
class PastDue31Plus:
    """What is 31 days or more past due, gross of unapplied credits, against its target."""

    total: Number
    below_target: bool
    target: Number


def bands(items: Iterable[Debit], as_of: date) -> Bands:
    """Past due in the bands 1-4, 5-9, 10-14, 15-29, 30-59, 60-89, 90+, and cumulated as 5, 10, 15, 30, 60, 90 or more."""
    totals: dict[str, Number] = dict.fromkeys(BANDS.labels, 0)
    or_more: dict[int, Number] = dict.fromkeys(CUMULATIVE_DAYS, 0)
    labels = BANDS.labels
    with localcontext(_WIDE):
        for item in items:
            days = days_between(item.due_on, as_of)
            totals[labels[bucket_index(BANDS, days)]] += item.open
            for least in CUMULATIVE_DAYS:
                if days >= least:
                    or_more[least] += item.open
    not_due = totals.pop(BANDS.labels[0])
    return Bands(totals, or_more, not_due)


def large_debits(
    items: Iterable[Debit], as_of: date, over: Number, over_days: int = LARGE_DEBIT_OVER_DAYS
) -> list[LargeDebits]:
    """Customers whose items of dpd > `over_days` add up to > `over`, largest first. `over` is in the unit of the amounts."""
    late = (item for item in items if days_between(item.due_on, as_of) > over_days)
    totals = _totals((item.customer, item.open) for item in late)
    large = [LargeDebits(customer, total) for customer, total in sorted(totals.items()) if total > over]
    return sorted(large, key=lambda line: line.total, reverse=True)


def credit_balances(credits: Iterable[Credit], as_of: date, from_days: int = OLD_CREDIT_FROM) -> OldCredits:
    """Credits with something unused whose age, from their own date, is `from_days` or more: older than 30 days."""
    old = [item for item in credits if item.open != 0 and days_between(item.dated_on, as_of) >= from_days]
    old.sort(key=lambda item: (item.dated_on, item.customer, item.id))
    return OldCredits(tuple(old), _totals((item.customer, item.open) for item in old))


def past_due_31_plus(
    items: Iterable[Debit], as_of: date, target: Number, late_from: int = LATE_FROM
) -> PastDue31Plus:
    """Total of dpd ≥ 31 against the target (P16); exactly at the target is missed. Credits are not netted."""
    late = (item.open for item in items if is_late(days_between(item.due_on, as_of), late_from))
    return against_target(late, target)


def against_target(late: Iterable[Number], target: Number) -> PastDue31Plus:
    """Late amounts of one currency, added up and judged: below the target is met, exactly at it is missed."""
    with localcontext(_WIDE):
        total = sum(late)
    return PastDue31Plus(total, bool(target_met(total, target, "below")), target)


def _totals(rows: Iterable[tuple[Key, Number]]) -> dict[Key, Number]:
    totals: dict[Key, Number] = {}
    with localcontext(_WIDE):
        for key, amount in rows:
            totals[key] = totals.get(key, 0) + amount
    return totals
