"""Past due in the bands of the tracking reports, and 31 and up against its target, as of any day. P16, P17; docs/rules/tracking.md.

Amounts are per currency, and together in the home currency at the rates of the day. The late amount and what is past due are those
of the aging, to the cent; the bands of a currency add up to what is past due, in the home currency too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dunlin.reports.arrays import Numbers, day_of
from dunlin.reports.books import CURRENCIES, Book
from dunlin.reports.rates import Rate, home_minor, rates_to
from dunlin.rules.money import Money, allocate
from dunlin.rules.policy import Policy
from dunlin.rules.tracking import (
    BANDS,
    CUMULATIVE_DAYS,
    Debit,
    PastDue31Plus,
    against_target,
    bands,
    past_due_31_plus,
)

LABELS = BANDS.labels[1:]
# First and last day past due of each band; the last band has no end.
EDGES = tuple(zip((low + 1 for low in BANDS.uppers), (*BANDS.uppers[1:], None)))
_DAY_BITS = 20


class PastDue(NamedTuple):
    """Minor units of `currency`. `bands` and `items` (open debits) in the order of LABELS; `or_more` in that of CUMULATIVE_DAYS."""

    currency: str
    not_due: int
    bands: tuple[int, ...]
    or_more: tuple[int, ...]
    items: tuple[int, ...]
    late: int

    @property
    def past_due(self) -> int:
        return sum(self.bands)

    @property
    def documents(self) -> int:
        """How many open debits are past due."""
        return sum(self.items)


@dataclass(frozen=True)
class Home:
    """The home currency, the rates used, and what has none and is left out of every figure in it."""

    currency: str
    rates: tuple[Rate, ...]
    missing: tuple[Money, ...]


@dataclass(frozen=True)
class PastDueReport:
    """`total` is all that has a rate, in the home currency; `late` is its 31 and up, judged against `target.late_total`."""

    by_currency: tuple[PastDue, ...]
    total: PastDue
    late: PastDue31Plus
    home: Home


def past_due(book: Book, policy: Policy) -> PastDueReport:
    """The bands of a book. One query, for the rates.

    Items of one currency that are due on one day are one debit to the rule: the bands depend on nothing else.
    """
    debits = book.only(book.side == 1)
    found = tuple(_of_currency(*each, book, policy) for each in _by_due_day(debits))
    rates = rates_to(policy.home_currency, [each.currency for each in found], book.as_of)
    home = home_of({each.currency: each.not_due + each.past_due for each in found}, rates, policy)
    total = _together(found, rates, policy.home_currency)
    limit = Money.rounded(policy.target_late_total, policy.home_currency).minor
    late = against_target([_home(each.late, each.currency, rates, policy) for each in found], limit)
    return PastDueReport(found, total._replace(late=int(late.total)), late, home)


def home_of(owed: Mapping[str, int], rates: Mapping[str, Rate], policy: Policy) -> Home:
    """The rates used for these currencies, and the amounts of those without one."""
    home = policy.home_currency
    return Home(
        home,
        tuple(each for base, each in sorted(rates.items()) if base != home),
        tuple(Money(minor, currency) for currency, minor in sorted(owed.items()) if currency not in rates),
    )


def _home(minor: int, currency: str, rates: Mapping[str, Rate], policy: Policy) -> int:
    return home_minor(minor, currency, rates, policy.home_currency) or 0


def _by_due_day(debits: Book) -> list[tuple[str, Numbers, Numbers, Numbers]]:
    """(currency, day numbers, open on each day, items of each day) by currency code."""
    keys, inverse = np.unique(
        (debits.currency.astype(np.int64) << _DAY_BITS) | debits.due, return_inverse=True
    )
    sums = np.zeros(len(keys), np.int64)
    np.add.at(sums, inverse, debits.open)
    counts = np.bincount(inverse, minlength=len(keys)).astype(np.int64)
    currency = keys >> _DAY_BITS
    found = []
    for code in np.unique(currency).tolist():
        of = currency == code
        found.append((CURRENCIES[code], keys[of] & ((1 << _DAY_BITS) - 1), sums[of], counts[of]))
    return sorted(found, key=lambda each: each[0])


def _of_currency(
    currency: str, days: Numbers, sums: Numbers, counts: Numbers, book: Book, policy: Policy
) -> PastDue:
    due = [day_of(day) for day in days.tolist()]
    debits = [Debit("", on, minor) for on, minor in zip(due, sums.tolist())]
    amounts = bands(debits, book.as_of)
    items = bands([Debit("", on, count) for on, count in zip(due, counts.tolist())], book.as_of)
    return PastDue(
        currency,
        int(amounts.not_due),
        tuple(int(amounts.bands[label]) for label in LABELS),
        tuple(int(amounts.or_more[days]) for days in CUMULATIVE_DAYS),
        tuple(int(items.bands[label]) for label in LABELS),
        int(past_due_31_plus(debits, book.as_of, 0, policy.late_bucket_from).total),
    )


def _together(found: tuple[PastDue, ...], rates: Mapping[str, Rate], home: str) -> PastDue:
    """All currencies in one. What is past due is converted and rounded once, as the aging does, and shared out over its bands."""
    sums = [0] * len(LABELS)
    counts = [0] * len(LABELS)
    not_due = 0
    for each in found:
        if each.currency not in rates:
            continue
        not_due += home_minor(each.not_due, each.currency, rates, home) or 0
        counts = [count + more for count, more in zip(counts, each.items)]
        if each.past_due:
            whole = Money(home_minor(each.past_due, each.currency, rates, home) or 0, home)
            sums = [minor + part.minor for minor, part in zip(sums, allocate(whole, each.bands))]
    or_more = tuple(
        sum(minor for minor, (first, _) in zip(sums, EDGES) if first >= least) for least in CUMULATIVE_DAYS
    )
    return PastDue(home, not_due, tuple(sums), or_more, tuple(counts), 0)
