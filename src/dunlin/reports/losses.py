"""Roll rates between the last two month-ends, and the expected credit loss by the provision matrix. DOMAIN section 3; docs/rules/losses.md.

Both go by days past due, in the buckets of the aging, per currency and together at the rates of the day looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from dunlin.reports.books import CURRENCIES, Book
from dunlin.reports.month_ends import month_ends_between
from dunlin.reports.rates import Rate, home_minor, rates_to
from dunlin.reports.tracking import Home, home_of
from dunlin.rules import losses as rules
from dunlin.rules.aging import BucketSet, bucket_index, buckets_of
from dunlin.rules.money import Money, allocate
from dunlin.rules.policy import Policy


class Roll(NamedTuple):
    """`balance`: open in the bucket at the first month-end; `rolled`: what of it stood in a later bucket at the second.

    Minor units. `rate_pct` of the balance; `reach_pct`: the product of the rates from here to the last bucket. The last bucket has
    nowhere to go, an empty one has no rate.
    """

    label: str
    balance: int
    rolled: int
    rate_pct: Decimal | None
    reach_pct: Decimal | None


class RollRates(NamedTuple):
    """The rows of one currency, in the order of the buckets."""

    currency: str
    rows: tuple[Roll, ...]


@dataclass(frozen=True)
class RollReport:
    """`first` and `second` are the month-ends; `home` adds the currencies at the rates of `as_of`, the same for both, so that a
    rate that moved looks like no roll."""

    first: date
    second: date
    by_currency: tuple[RollRates, ...]
    total: RollRates
    home: Home


class LossLine(NamedTuple):
    """One bucket: what is open, the loss rate in per cent after the adjustment, the expected loss."""

    label: str
    balance: int
    rate_pct: Decimal
    loss: int


class Allowance(NamedTuple):
    """The lines add up to the allowance. Minor units of `currency`."""

    currency: str
    lines: tuple[LossLine, ...]
    allowance: int

    @property
    def balance(self) -> int:
        return sum(line.balance for line in self.lines)


@dataclass(frozen=True)
class LossReport:
    """`why_not` says why nothing could be computed; then there are no figures."""

    by_currency: tuple[Allowance, ...]
    total: Allowance | None
    home: Home
    factor: Decimal
    why_not: str = ""


def month_ends_of(as_of: date) -> tuple[date, date]:
    """The last two month-ends through the day."""
    first, second = month_ends_between(as_of - timedelta(days=62), as_of)[-2:]
    return first, second


def roll_rates(before: Book, after: Book, as_of: date, policy: Policy) -> RollReport:
    """Roll rates between two books of the same accounts. One query, for the rates of `as_of`.

    Only what was in a bucket before counts, and no more of an item than was open then.
    """
    buckets = _buckets(policy)
    width = len(buckets.labels)
    before = before.only(before.side == 1)
    later = after.places(before.id)
    held = later >= 0
    then = bucket_index(buckets, before.days_past_due())
    now = np.zeros(len(before), np.int64)
    still = np.zeros(len(before), np.int64)
    now[held] = bucket_index(buckets, after.days_past_due()[later[held]])
    still[held] = np.minimum(after.open[later[held]], before.open[held])
    still[now <= then] = 0
    found = {}
    for code in np.unique(before.currency).tolist():
        of = before.currency == code
        sums = np.zeros((2, width), np.int64)
        np.add.at(sums[0], then[of], before.open[of])
        np.add.at(sums[1], then[of], still[of])
        found[CURRENCIES[code]] = sums.tolist()
    home = policy.home_currency
    rates = rates_to(home, sorted(found), as_of)
    together = [
        [
            sum(home_minor(sums[row][at], code, rates, home) or 0 for code, sums in found.items())
            for at in range(width)
        ]
        for row in (0, 1)
    ]
    by_currency = tuple(_rolls(code, buckets, *sums) for code, sums in sorted(found.items()))
    owed = {code: sum(sums[0]) for code, sums in found.items()}
    return RollReport(
        before.as_of, after.as_of, by_currency, _rolls(home, buckets, *together), home_of(owed, rates, policy)
    )


def _rolls(currency: str, buckets: BucketSet, balances: list[int], rolled: list[int]) -> RollRates:
    last = len(balances) - 1
    rates = [rules.roll_rate_single(balance, moved) for balance, moved in zip(balances[:last], rolled)]
    rows = []
    for at, label in enumerate(buckets.labels):
        way = [rate for rate in rates[at:] if rate is not None]
        reach = rules.roll_rate_chain(way) if len(way) == last - at else None
        rows.append(Roll(label, balances[at], rolled[at], rates[at] if at < last else None, reach))
    return RollRates(currency, tuple(rows))


def expected_loss(book: Book, policy: Policy) -> LossReport:
    """The allowance for what is open as of the day. Credits never reduce it. One query, for the rates of exchange."""
    buckets = _buckets(policy)
    pcts = policy.loss_rates_pct
    debits = book.only(book.side == 1)
    index = bucket_index(buckets, debits.days_past_due())
    found = {}
    for code in np.unique(debits.currency).tolist():
        sums = np.zeros(len(buckets.labels), np.int64)
        of = debits.currency == code
        np.add.at(sums, index[of], debits.open[of])
        found[CURRENCIES[code]] = sums.tolist()
    rates = rates_to(policy.home_currency, sorted(found), book.as_of)
    home = home_of({code: sum(sums) for code, sums in found.items()}, rates, policy)
    if len(pcts) != len(buckets.labels):
        why = f"There are {len(pcts)} loss rates (loss.rates_pct) for {len(buckets.labels)} buckets: {', '.join(buckets.labels)}."
        return LossReport((), None, home, policy.loss_adjustment_factor, why)
    by_currency = tuple(_allowance(code, sums, buckets, policy) for code, sums in sorted(found.items()))
    return LossReport(
        by_currency, _together(by_currency, rates, buckets, policy), home, policy.loss_adjustment_factor
    )


def _allowance(currency: str, sums: list[int], buckets: BucketSet, policy: Policy) -> Allowance:
    matrix = [(Money(minor, currency), pct) for minor, pct in zip(sums, policy.loss_rates_pct)]
    made = rules.provision(matrix, currency, policy.loss_adjustment_factor)
    lines = tuple(
        LossLine(label, minor, pct, loss.minor)
        for label, minor, pct, loss in zip(buckets.labels, sums, _adjusted(policy), made.lines)
    )
    return Allowance(currency, lines, made.allowance.minor)


def _adjusted(policy: Policy) -> list[Decimal]:
    return [min(pct * policy.loss_adjustment_factor, Decimal(100)) for pct in policy.loss_rates_pct]


def _together(
    found: tuple[Allowance, ...], rates: Mapping[str, Rate], buckets: BucketSet, policy: Policy
) -> Allowance:
    """The allowances of all currencies, each converted and rounded once and shared out over its lines."""
    home = policy.home_currency
    balances, losses = [0] * len(buckets.labels), [0] * len(buckets.labels)
    for each in found:
        if each.currency not in rates:
            continue
        for at, line in enumerate(each.lines):
            balances[at] += home_minor(line.balance, each.currency, rates, home) or 0
        if each.allowance:
            whole = Money(home_minor(each.allowance, each.currency, rates, home) or 0, home)
            parts = allocate(whole, [line.loss for line in each.lines])
            losses = [minor + part.minor for minor, part in zip(losses, parts)]
    lines = tuple(LossLine(*row) for row in zip(buckets.labels, balances, _adjusted(policy), losses))
    return Allowance(home, lines, sum(losses))


def _buckets(policy: Policy) -> BucketSet:
    return buckets_of("due_date", policy.aging_bucket_uppers)
