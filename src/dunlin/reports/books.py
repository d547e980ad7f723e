"""The book as arrays: everything open as of a day, as known at a moment, read once and then asked in numpy.

As of day D an item is open with `open + Σ applications posted after D`: what was used later is given back. Candidates are the
items not closed by D, so an index on the closing date keeps the past from reading all history. Known at T, entries
recorded after T are taken out the same way. Due dates and disputes are those of that day. See docs/rules/as-of.md.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Max, Min, Q

from dunlin.records.items import CREDIT_KINDS, DEBIT_KINDS, INVOICE_CLASSES
from dunlin.records.models import Application, Dispute, DueDateChange
from dunlin.reports.arrays import Numbers, database_day, day_number, day_sql, fetch, unindexed
from dunlin.reports.filters import ALL, Filters
from dunlin.rules.money import MINOR_DIGITS

KINDS = (*DEBIT_KINDS, *CREDIT_KINDS)
CLASSES = ("", *INVOICE_CLASSES)
# The order is only that of a CASE: what is common comes first.
_COMMON = ("USD", "EUR", "GBP", "CAD", "INR", "JPY", "AUD", "CHF")
CURRENCIES = (*_COMMON, *sorted(set(MINOR_DIGITS) - set(_COMMON)))

_DAY_BITS = 20
_DAY_MASK = (1 << _DAY_BITS) - 1
# Above this a table of all ids costs more memory than it saves time.
_LARGEST_TABLE = 60_000_000


@dataclass(frozen=True, eq=False, slots=True)
class Book:
    """Items open as of `as_of`, one place per item in every array, in order of id.

    `side` is 1 or -1; `open` and `disputed` are minor units above or equal zero; `currency`, `kind` and `invoice_class` index
    CURRENCIES, KINDS and CLASSES; `due`, `document` and `posted` are day numbers (arrays.day_number).
    """

    as_of: date
    known_at: datetime | None
    id: Numbers
    customer_id: Numbers
    entity_id: npt.NDArray[np.int32]
    currency: npt.NDArray[np.int16]
    kind: npt.NDArray[np.int8]
    invoice_class: npt.NDArray[np.int8]
    side: npt.NDArray[np.int8]
    open: Numbers
    due: npt.NDArray[np.int32]
    document: npt.NDArray[np.int32]
    posted: npt.NDArray[np.int32]
    disputed: Numbers

    def __len__(self) -> int:
        return len(self.id)

    def only(self, wanted: npt.NDArray[Any]) -> Book:
        """The part of the book at these places (a mask or indexes)."""
        return replace(self, **{each.name: getattr(self, each.name)[wanted] for each in fields(self)[2:]})

    def places(self, ids: Numbers) -> Numbers:
        """The place of each id; -1 for an item that is not in the book."""
        return places_of(self.id, ids)

    def days_past_due(self) -> npt.NDArray[np.int32]:
        return np.int32(day_number(self.as_of)) - self.due


def extract(
    as_of: date, known_at: datetime | None = None, *, only: Filters = ALL, keep_closed: bool = False
) -> Book:
    """Read what was open as of `as_of`, as known at `known_at` (now when not given). Four queries, whatever the size.

    `keep_closed` also keeps the candidates whose open amount was zero that day: closed then, reopened later.
    """
    book = _candidates(as_of, known_at, only)
    _undo_applications(book, as_of, known_at, only)
    _undo_due_dates(book, as_of, known_at)
    _disputed_then(book, as_of, known_at)
    return book if keep_closed else book.only(book.open > 0)


def places_of(sorted_ids: Numbers, ids: Numbers) -> Numbers:
    """The place of each of `ids` in `sorted_ids`; -1 where it is missing."""
    if not len(sorted_ids) or not len(ids):
        return np.full(len(ids), -1, np.int64)
    largest = int(sorted_ids[-1])
    if largest <= _LARGEST_TABLE and len(ids) > 1000:
        table = np.full(largest + 1, -1, np.int32)
        table[sorted_ids] = np.arange(len(sorted_ids), dtype=np.int32)
        found = table[np.minimum(ids, largest)].astype(np.int64)
        found[ids > largest] = -1
        return found
    found = np.minimum(np.searchsorted(sorted_ids, ids), len(sorted_ids) - 1)
    return np.where(sorted_ids[found] == ids, found, -1)


def item_words(row: str = "i") -> tuple[str, ...]:
    """The columns of an item packed into four whole numbers; `unpacked` is the way back."""
    # Both engines read << and | from left to right with equal rank, hence every parenthesis.
    code = f"({_case(f'{row}.kind', KINDS)} << 2) | {_case(f'{row}.invoice_class', CLASSES)}"
    due, document, posted = (day_sql(f"{row}.{name}_on") for name in ("due", "document", "posted"))
    currency = currency_sql(f"{row}.currency")
    return (
        f"({row}.id << 6) | ({code})",
        f"({row}.customer_id << 24) | ({row}.entity_id << 8) | {currency}",
        f"{row}.open",
        f"({due} << 40) | ({document} << 20) | {posted}",
    )


def currency_sql(column: str) -> str:
    """SQL of the index of a currency in CURRENCIES."""
    return _case(column, CURRENCIES)


def unpacked(rows: Numbers, as_of: date, known_at: datetime | None) -> Book:
    """A book from rows of `item_words`, sorted by id, nothing disputed yet."""
    ids = rows[:, 0]
    if len(ids) > 1 and not np.all(ids[1:] > ids[:-1]):
        rows = rows[np.argsort(ids)]
    head, whose, days = rows[:, 0], rows[:, 1], rows[:, 3]
    kind = (head >> 2 & 15).astype(np.int8)
    return Book(
        as_of=as_of,
        known_at=known_at,
        id=head >> 6,
        customer_id=whose >> 24,
        entity_id=(whose >> 8 & 0xFFFF).astype(np.int32),
        currency=(whose & 0xFF).astype(np.int16),
        kind=kind,
        invoice_class=(head & 3).astype(np.int8),
        side=np.where(kind < len(DEBIT_KINDS), 1, -1).astype(np.int8),
        open=rows[:, 2].copy(),
        due=(days >> 40).astype(np.int32),
        document=(days >> 20 & _DAY_MASK).astype(np.int32),
        posted=(days & _DAY_MASK).astype(np.int32),
        disputed=np.zeros(len(rows), np.int64),
    )


def _candidates(as_of: date, known_at: datetime | None, only: Filters) -> Book:
    given, values = only.sql("i")
    still = ["i.closed_on IS NULL", f"{_table('i.closed_on', only)} > %s"]
    known = ""
    params: list[Any] = [database_day(as_of), database_day(as_of)]
    if known_at is not None:
        still.append("i.closed_at > %s")
        known = "AND i.recorded_at <= %s"
        moment = connection.ops.adapt_datetimefield_value(known_at)
        params = [database_day(as_of), moment, database_day(as_of), moment]
    source = f"FROM records_item i WHERE ({' OR '.join(still)}) AND {_table('i.posted_on', only)} <= %s {known} {given}"
    return unpacked(fetch(item_words(), source, [*params, *values], "i.id"), as_of, known_at)


def _table(column: str, only: Filters) -> str:
    """A whole book is read in one pass over the table; a few accounts by the index of their customer."""
    return column if only.narrow and connection.vendor != "sqlite" else unindexed(column)


def _undo_applications(book: Book, as_of: date, known_at: datetime | None, only: Filters) -> None:
    """Give back to both items what was applied after the day, or recorded after the moment."""
    later, params = later_sql("a", as_of, known_at, walk=only.narrow or not _mostly_later(as_of))
    if only.narrow:
        if not len(book):
            return
        given, values = only.sql("i")
        inner = f"SELECT i.id FROM records_item i WHERE 1 = 1 {given}"  # noqa: S608
        for column in ("credit_id", "debit_id"):
            source = f"FROM records_application a WHERE {later} AND a.{column} IN ({inner})"
            rows = fetch((f"a.{column}", "a.amount"), source, [*params, *values], "a.id")
            give_back(book, rows[:, 0], rows[:, 1])
        return
    source = f"FROM records_application a WHERE {later}"
    rows = fetch(("a.credit_id", "a.debit_id", "a.amount"), source, params, "a.id")
    give_back(book, rows[:, 0], rows[:, 2])
    give_back(book, rows[:, 1], rows[:, 2])


def later_sql(row: str, as_of: date, known_at: datetime | None, walk: bool = True) -> tuple[str, list[Any]]:
    """Condition and parameters of entries that the book of that day and moment does not hold."""
    posted = f"{row}.posted_on" if walk else unindexed(f"{row}.posted_on")
    if known_at is None:
        return f"{posted} > %s", [database_day(as_of)]
    moment = connection.ops.adapt_datetimefield_value(known_at)
    return f"({unindexed(f'{row}.posted_on')} > %s OR {row}.recorded_at > %s)", [database_day(as_of), moment]


class _Places(Protocol):
    @property
    def id(self) -> Numbers: ...
    @property
    def open(self) -> Numbers: ...


def give_back(book: _Places, ids: Numbers, amounts: Numbers) -> None:
    """Add each amount to the open of its item, where the book holds it. Whole numbers only: sums stay exact."""
    places = places_of(book.id, ids)
    held = places >= 0
    np.add.at(book.open, places[held], amounts[held])


def _mostly_later(as_of: date) -> bool:
    """Whether so much was applied after the day that reading the whole table beats walking the index of its dates."""
    first, last = Application.objects.aggregate(first=Min("posted_on"), last=Max("posted_on")).values()
    return first is not None and (last - as_of).days * 5 > (last - first).days


def _undo_due_dates(book: Book, as_of: date, known_at: datetime | None) -> None:
    for item_id, due in due_dates_then(as_of, known_at).items():
        place = int(book.places(np.array([item_id]))[0])
        if place >= 0:
            book.due[place] = day_number(due)


def due_dates_then(as_of: date, known_at: datetime | None) -> dict[int, date]:
    """The due dates that differed then from those of today, by item: amendments made later do not count yet."""
    later = Q(posted_on__gt=as_of)
    if known_at is not None:
        later |= Q(recorded_at__gt=known_at)
    moved = DueDateChange.objects.filter(later).values("item_id")
    changes = DueDateChange.objects.filter(item_id__in=moved).order_by("item_id", "id")
    then: dict[int, date] = {}
    for item, old, new, posted, recorded in changes.values_list(
        "item_id", "old_due_on", "new_due_on", "posted_on", "recorded_at"
    ):
        then.setdefault(item, old)
        if posted <= as_of and (known_at is None or recorded <= known_at):
            then[item] = new
    return then


def _disputed_then(book: Book, as_of: date, known_at: datetime | None) -> None:
    disputes = Dispute.objects.filter(opened_on__lte=as_of)
    settled = Q(resolved_on__lte=as_of)
    if known_at is not None:
        disputes = disputes.filter(recorded_at__lte=known_at)
        settled &= Q(resolved_at__lte=known_at)
    contested: dict[int, int] = defaultdict(int)
    for item, amount in disputes.exclude(settled).values_list("item_id", "amount"):
        contested[item] += amount
    ids, amounts = np.array(list(contested), np.int64), np.array(list(contested.values()), np.int64)
    places = book.places(ids)
    held = places >= 0
    book.disputed[places[held]] = np.minimum(amounts[held], book.open[places[held]])


def _case(column: str, names: tuple[str, ...]) -> str:
    whens = " ".join(f"WHEN '{name}' THEN {index}" for index, name in enumerate(names))
    return f"(CASE {column} {whens} END)"
