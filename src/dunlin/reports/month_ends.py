"""The aging of many days from one extract: month-ends for trends and for filling in the history.

The items are sorted once by entity, currency, side and due date, so a bucket is a slice. Then time is walked backwards: what
was applied since the day before is given back, what was posted since is taken out, and the slices are added up.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dunlin.records.models import Dispute, DueDateChange
from dunlin.reports.arrays import Numbers, database_day, day_number, day_sql, fetch, unindexed
from dunlin.reports.books import CURRENCIES, currency_sql, give_back, places_of
from dunlin.reports.filters import ALL, Filters
from dunlin.rules.aging import BucketSet, bucket_index, buckets_of
from dunlin.rules.policy import Policy


@dataclass(frozen=True, eq=False)
class Standings:
    """Minor units by day and by (entity id, currency), in the order of `days` (rising) and `keys`.

    `buckets` has a third axis for the buckets, by due date. `late` and `disputed` are parts of the debits; `unapplied` is apart.
    """

    days: tuple[date, ...]
    keys: tuple[tuple[int, str], ...]
    bucket_set: BucketSet
    buckets: Numbers
    late: Numbers
    unapplied: Numbers
    disputed: Numbers

    @property
    def debits(self) -> Numbers:
        return self.buckets.sum(axis=2)

    @property
    def current(self) -> Numbers:
        return self.buckets[:, :, 0]

    def by_currency(self) -> dict[str, Standings]:
        """The same per currency, entities added up: one key a currency."""
        return {
            currency: self._only(
                [index for index, key in enumerate(self.keys) if key[1] == currency], currency
            )
            for currency in sorted({currency for _, currency in self.keys})
        }

    def _only(self, places: list[int], currency: str) -> Standings:
        parts = (getattr(self, name)[:, places].sum(axis=1, keepdims=True) for name in _FIGURES)
        return Standings(self.days, ((0, currency),), self.bucket_set, *parts)


# Eighteen bits hold the days of seven centuries.
_BITS = 18
_MASK = (1 << _BITS) - 1

_FIGURES = ("buckets", "late", "unapplied", "disputed")


def month_ends_between(first: date, last: date) -> list[date]:
    """Every last day of a month from `first` through `last`."""
    days = []
    year, month = first.year, first.month
    while (end := date(year, month, calendar.monthrange(year, month)[1])) <= last:
        days.append(end)
        year, month = year + month // 12, month % 12 + 1
    return [day for day in days if day >= first]


def month_ends(first: date, last: date, policy: Policy, only: Filters = ALL) -> Standings:
    """The book at every month-end from `first` through `last`, by due date, from one extract."""
    return standings(month_ends_between(first, last), policy, only)


def standings(days: Sequence[date], policy: Policy, only: Filters = ALL) -> Standings:
    """The book as of each of `days`, by due date, as known now. Four queries, however many days."""
    buckets = buckets_of("due_date", policy.aging_bucket_uppers)
    wanted = sorted(set(days))
    if not wanted:
        nothing = np.zeros((0, 0), np.int64)
        return Standings(
            (), (), buckets, np.zeros((0, 0, len(buckets.labels)), np.int64), nothing, nothing, nothing
        )
    return _Walk(wanted, buckets, policy, only).back()


class _Walk:
    """The book on its way back in time; its open amounts are those of the day it has come to."""

    def __init__(self, days: list[date], buckets: BucketSet, policy: Policy, only: Filters) -> None:
        self.days, self.buckets, self.late_from = days, buckets, policy.late_bucket_from
        self.book = _candidates(days[0], days[-1], only)
        self.uses = _uses_after(days[0])
        self.slices, self.keys = self._sort()
        self.posted_order = np.argsort(self.book.posted, kind="stable")
        self.posted_sorted = self.book.posted[self.posted_order]
        self.changes = _due_dates(self.book)
        self.contested = _contested(self.book, days[-1])

    def _sort(self) -> tuple[list[tuple[int, int, int, int]], tuple[tuple[int, str], ...]]:
        """The order of the slices: (key, side, first place, last place + 1) of each run of one key and side."""
        book = self.book
        kinds = (book.entity_id << 9) | (book.currency << 1) | (book.side < 0)
        self.by_due = np.argsort((kinds << 20) | book.due, kind="stable")
        self.due = book.due[self.by_due]
        runs, starts = np.unique(kinds[self.by_due], return_index=True)
        ends = [*starts.tolist()[1:], len(kinds)]
        keys = sorted({(run >> 9, CURRENCIES[run >> 1 & 0xFF]) for run in runs.tolist()})
        place = {key: index for index, key in enumerate(keys)}
        slices = [
            (place[run >> 9, CURRENCIES[run >> 1 & 0xFF]], -1 if run & 1 else 1, start, end)
            for run, start, end in zip(runs.tolist(), starts.tolist(), ends)
        ]
        return slices, tuple(keys)

    def back(self) -> Standings:
        shape = (len(self.days), len(self.keys))
        into = Standings(
            tuple(self.days), self.keys, self.buckets, np.zeros((*shape, len(self.buckets.labels)), np.int64),
            *(np.zeros(shape, np.int64) for _ in _FIGURES[1:]),
        )  # fmt: skip
        if not len(self.book):
            return into
        uses_end, posted_end = len(self.uses), len(self.book)
        for index in range(len(self.days) - 1, -1, -1):
            number = day_number(self.days[index])
            start = int(np.searchsorted(self.uses[:, 3], number, side="right"))
            since = self.uses[start:uses_end]
            give_back(self.book, since[:, 0], since[:, 2])
            give_back(self.book, since[:, 1], since[:, 2])
            first_later = int(np.searchsorted(self.posted_sorted, number, side="right"))
            self.book.open[self.posted_order[first_later:posted_end]] = 0
            uses_end, posted_end = start, first_later
            self._add_up(index, number, into)
        return into

    def _add_up(self, index: int, number: int, into: Standings) -> None:
        amounts = self.book.open[self.by_due]
        edges = [number - upper for upper in reversed(self.buckets.uppers)]
        for key, side, start, end in self.slices:
            if side < 0:
                into.unapplied[index, key] = amounts[start:end].sum()
                continue
            due = self.due[start:end]
            cuts = [start, *(start + np.searchsorted(due, edges)).tolist(), end]
            sums = [int(amounts[low:high].sum()) for low, high in pairwise(cuts)]
            into.buckets[index, key] += np.array(sums[::-1], np.int64)
            late_end = start + int(np.searchsorted(due, number - self.late_from, side="right"))
            into.late[index, key] += int(amounts[start:late_end].sum())
        self._correct_due_dates(index, number, into)
        place, amount, opened, resolved = self.contested
        live = (opened <= number) & (resolved > number)
        if live.any():
            items, inverse = np.unique(place[live], return_inverse=True)
            sums_of = np.zeros(len(items), np.int64)
            np.add.at(sums_of, inverse, amount[live])
            for item, contested in zip(items.tolist(), np.minimum(sums_of, self.book.open[items]).tolist()):
                into.disputed[index, self._key(item)] += contested

    def _key(self, place: int) -> int:
        return self.keys.index((int(self.book.entity_id[place]), CURRENCIES[self.book.currency[place]]))

    def _correct_due_dates(self, index: int, number: int, into: Standings) -> None:
        """Items whose due date was amended later stood in the bucket of the date they had then."""
        for place, history in self.changes.items():
            open_ = int(self.book.open[place])
            then = history[0][1]
            for posted, _, new in history:
                then = new if posted <= number else then
            now = int(self.book.due[place])
            if not open_ or then == now or self.book.side[place] < 0:
                continue
            key = self._key(place)
            into.buckets[index, key, bucket_index(self.buckets, number - now)] -= open_
            into.buckets[index, key, bucket_index(self.buckets, number - then)] += open_
            into.late[index, key] += open_ * (
                (number - then >= self.late_from) - (number - now >= self.late_from)
            )


@dataclass(eq=False, slots=True)
class _Items:
    """What a trend needs of the items, in order of id. `open` changes on the way."""

    id: Numbers
    entity_id: Numbers
    currency: Numbers
    side: Numbers
    open: Numbers
    due: Numbers
    posted: Numbers

    def __len__(self) -> int:
        return len(self.id)


def _candidates(first: date, last: date, only: Filters) -> _Items:
    """Everything open on at least one of the days, with its open amount of now."""
    given, values = only.sql("i")
    source = (
        f"FROM records_item i WHERE (i.closed_on IS NULL OR {unindexed('i.closed_on')} > %s) "
        f"AND {unindexed('i.posted_on')} <= %s {given}"
    )
    # Three words instead of the four of a book: reading is most of the time.
    words = (
        "(i.id << 1) | (CASE i.side WHEN 1 THEN 0 ELSE 1 END)",
        "i.open",
        f"((((i.entity_id << 8) | {currency_sql('i.currency')}) << {_BITS}) | {day_sql('i.due_on')}) << {_BITS} "
        f"| {day_sql('i.posted_on')}",
    )
    rows = fetch(words, source, [database_day(first), database_day(last), *values], "i.id")
    if np.any(rows[1:, 0] < rows[:-1, 0]):
        rows = rows[np.argsort(rows[:, 0])]
    head, word = rows[:, 0], rows[:, 2]
    return _Items(
        id=head >> 1,
        entity_id=word >> (2 * _BITS + 8),
        currency=word >> (2 * _BITS) & 0xFF,
        side=1 - 2 * (head & 1),
        open=rows[:, 1].copy(),
        due=word >> _BITS & _MASK,
        posted=word & _MASK,
    )


def _uses_after(first: date) -> Numbers:
    """(credit, debit, amount, day) of the applications posted after the first day, by day."""
    words = ("a.credit_id", "a.debit_id", "a.amount", day_sql("a.posted_on"))
    source = f"FROM records_application a WHERE {unindexed('a.posted_on')} > %s"
    rows = fetch(words, source, [database_day(first)], "a.id")
    return rows[np.argsort(rows[:, 3], kind="stable")]


def _due_dates(book: _Items) -> dict[int, list[tuple[int, int, int]]]:
    """By place in the book the amendments of an item: (day posted, old due, new due) as day numbers, in order."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    rows = DueDateChange.objects.order_by("item_id", "id").values_list(
        "item_id", "posted_on", "old_due_on", "new_due_on"
    )
    for item, posted, old, new in rows:
        place = int(places_of(book.id, np.array([item]))[0])
        if place >= 0:
            found.setdefault(place, []).append((day_number(posted), day_number(old), day_number(new)))
    return found


def _contested(book: _Items, last: date) -> tuple[npt.NDArray[np.int64], ...]:
    """Disputes as arrays: place, amount, day opened, day resolved (far away when not)."""
    never = day_number(date.max)
    rows = list(
        Dispute.objects.filter(item__posted_on__lte=last).values_list(
            "item_id", "amount", "opened_on", "resolved_on"
        )
    )
    columns = np.array(
        [
            (item, amount, day_number(opened), day_number(resolved) if resolved else never)
            for item, amount, opened, resolved in rows
        ],
        np.int64,
    ).reshape(-1, 4)
    places = places_of(book.id, columns[:, 0])
    held = places >= 0
    return places[held], columns[held, 1], columns[held, 2], columns[held, 3]
