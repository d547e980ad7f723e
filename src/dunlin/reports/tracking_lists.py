"""The lists of the tracking reports: large debits, old credits, the items of a band. Each line with owner, last and next action (P17)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from dunlin.records.models import Item
from dunlin.reports.arrays import Numbers, day_number, day_of
from dunlin.reports.books import CURRENCIES, Book
from dunlin.reports.next_actions import LastContact, NextAction, worked
from dunlin.reports.rates import Rate, home_minor, rates_to
from dunlin.reports.tracking import Home, home_of
from dunlin.rules import tracking as rules
from dunlin.rules.money import Money, minor_digits
from dunlin.rules.policy import Policy

LARGE, OLD, BAND = "large_debits", "old_credits", "band"
PAGE_SIZE = 100
_PIECE = 2_000
_CURRENCY_BITS = 8
_WIDE = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Line:
    """One document. `open` and `disputed` in minor units as of the day, `open` above zero for a credit too; `days` past due, or of
    age for a credit. `together`: what of its customer is on the list, in the home currency for large debits."""

    item_id: int
    customer_id: int
    customer_number: str
    customer_name: str
    entity: str
    kind: str
    invoice_class: str
    number: str
    instalment: int
    document_on: date
    due_on: date
    days: int
    currency: str
    open: int
    disputed: int
    together: Money | None
    owner: str
    last: LastContact | None
    next: NextAction | None


@dataclass(frozen=True)
class Listed:
    """The documents of one report in order; lines are read when they are asked for. `totals` by currency are of all of them.

    `over` is the amount and `days` the number of days that a document or its customer must exceed to be here. `total` is in the
    home currency; None when nothing of it has a rate.
    """

    report: str
    policy: Policy
    book: Book
    days: Numbers
    totals: dict[str, int]
    total: Money
    home: Home
    over_days: int
    over: Money | None = None
    together: Mapping[Any, Money] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.book)

    @property
    def customers(self) -> int:
        return len(np.unique(self.book.customer_id))

    def lines(self, start: int = 0, stop: int | None = PAGE_SIZE) -> tuple[Line, ...]:
        """The lines from `start` up to `stop`. Six queries, however many lines."""
        part, days = self.book.only(np.arange(len(self.book))[start:stop]), self.days[start:stop].tolist()
        known = worked(part.customer_id.tolist(), part.as_of, self.policy.ledger_time_zone, part.known_at)
        read = {row[0]: row for row in Item.objects.filter(pk__in=part.id.tolist()).values_list(*_FIELDS)}
        made = []
        for place, item in enumerate(part.id.tolist()):
            row = read[item]
            of = known[row[1]]
            currency = CURRENCIES[part.currency[place]]
            made.append(
                Line(
                    *row, day_of(part.due[place]), days[place], currency, int(part.open[place]), int(part.disputed[place]),
                    self.together.get((row[1], currency), self.together.get(row[1])), of.owner, of.last, of.next,
                )  # type: ignore[call-arg]  # the row holds the first ten
            )  # fmt: skip
        return tuple(made)

    def every(self) -> Iterator[Line]:
        """All lines, read piece by piece."""
        for start in range(0, self.count, _PIECE):
            yield from self.lines(start, start + _PIECE)


_FIELDS = (
    "id", "customer_id", "customer__number", "customer__name", "entity__code", "kind", "invoice_class", "number",
    "instalment", "document_on",
)  # fmt: skip


def large_debits(book: Book, policy: Policy) -> Listed:
    """Items of customers whose items of more than `report.large_debit_days_over` days past due add up to more than
    `report.large_debit_over`, the largest customer first, its oldest item first. One query.

    A customer's items of all currencies count, at the rates of the day; what has no rate counts for nobody and is named.
    """
    days = book.days_past_due()
    older = book.only((book.side == 1) & (days > policy.large_debit_days_over))
    rates = _rates(older, policy)
    home = home_of(_totals(older), rates, policy)
    over = Money.rounded(policy.large_debit_over, policy.home_currency)
    older = older.only(_has_rate(older, rates))
    large = rules.large_debits(
        _debits(older, rates, over), book.as_of, Decimal(over.minor), policy.large_debit_days_over
    )
    place = {each.customer: at for at, each in enumerate(large)}
    older = older.only(np.isin(older.customer_id, list(place)))
    at = np.array([place[customer] for customer in older.customer_id.tolist()], np.int64)
    together = {
        each.customer: Money(
            int(Decimal(each.total).to_integral_value(ROUND_HALF_UP, _WIDE)), policy.home_currency
        )
        for each in large
    }
    older = older.only(np.lexsort((older.id, older.due, at)))
    return _listed(
        LARGE, older, older.days_past_due(), policy, rates, home, policy.large_debit_days_over, over, together
    )


def old_credits(book: Book, policy: Policy) -> Listed:
    """Credits older than `report.credit_age_over` days by their own date, oldest first. One query."""
    held = book.only(book.side == -1)
    credits = [
        rules.Credit(at, (customer, CURRENCIES[currency]), day_of(dated), open_)
        for at, (customer, currency, dated, open_) in enumerate(
            zip(held.customer_id.tolist(), held.currency.tolist(), held.document.tolist(), held.open.tolist())
        )
    ]
    old = rules.credit_balances(credits, book.as_of, policy.credit_age_over + 1)
    held = held.only(np.array([each.id for each in old.items], np.int64))
    rates = _rates(held, policy)
    together = {key: Money(int(minor), key[1]) for key, minor in old.by_customer.items()}
    ages = np.int32(day_number(book.as_of)) - held.document
    home = home_of(_totals(held), rates, policy)
    return _listed(OLD, held, ages, policy, rates, home, policy.credit_age_over, None, together)


def band_items(book: Book, policy: Policy, first: int, last: int | None) -> Listed:
    """Open debits from `first` through `last` days past due, oldest first; without `last` all from `first` on. One query."""
    days = book.days_past_due()
    within = (book.side == 1) & (days >= first)
    found = book.only(within if last is None else within & (days <= last))
    found = found.only(np.lexsort((found.id, -found.open, found.due)))
    rates = _rates(found, policy)
    home = home_of(_totals(found), rates, policy)
    return _listed(BAND, found, found.days_past_due(), policy, rates, home, first - 1)


def _listed(
    report: str, book: Book, days: npt.NDArray[Any], policy: Policy, rates: Mapping[str, Rate], home: Home, over_days: int,
    over: Money | None = None, together: Mapping[Any, Money] | None = None,
) -> Listed:  # fmt: skip
    totals = _totals(book)
    minor = sum(home_minor(each, code, rates, policy.home_currency) or 0 for code, each in totals.items())
    total = Money(minor, policy.home_currency)
    return Listed(
        report, policy, book, days.astype(np.int64), totals, total, home, over_days, over, together or {}
    )


def _rates(book: Book, policy: Policy) -> dict[str, Rate]:
    return rates_to(
        policy.home_currency, [CURRENCIES[code] for code in np.unique(book.currency).tolist()], book.as_of
    )


def _totals(book: Book) -> dict[str, int]:
    found = {
        CURRENCIES[code]: int(book.open[book.currency == code].sum())
        for code in np.unique(book.currency).tolist()
    }
    return dict(sorted(found.items()))


def _has_rate(book: Book, rates: Mapping[str, Rate]) -> npt.NDArray[np.bool_]:
    known = np.array([code in rates for code in CURRENCIES], bool)
    return known[book.currency]


def _debits(older: Book, rates: Mapping[str, Rate], over: Money) -> Iterator[rules.Debit]:
    """What each customer owes in each currency as one debit, worth in exact minor units of `over`'s currency.

    All of `older` is past the days that the rule asks for, so the newest due date speaks for the rest, and the rule need not
    look at a million items.
    """
    factor = {
        code: each.rate.scaleb(minor_digits(over.currency) - minor_digits(code), _WIDE)
        for code, each in rates.items()
    }
    keys, inverse = np.unique(
        (older.customer_id << _CURRENCY_BITS) | older.currency.astype(np.int64), return_inverse=True
    )
    sums, newest = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    np.add.at(sums, inverse, older.open)
    np.maximum.at(newest, inverse, older.due)
    for key, due, minor in zip(keys.tolist(), newest.tolist(), sums.tolist()):
        currency = CURRENCIES[key & ((1 << _CURRENCY_BITS) - 1)]
        yield rules.Debit(
            key >> _CURRENCY_BITS, day_of(due), _WIDE.multiply(Decimal(minor), factor[currency])
        )
