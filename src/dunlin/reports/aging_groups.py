"""The cells of an aging: sums by group and currency, once from the stored balances in SQL, once from arrays in numpy.

Both give the same rows for the same day; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from dunlin.records.models import Customer
from dunlin.reports.arrays import day_number
from dunlin.reports.books import CLASSES, CURRENCIES, KINDS, Book, extract, places_of
from dunlin.reports.filters import Filters, top_accounts
from dunlin.reports.rates import Rate, rates_to
from dunlin.reports.standing import BUCKETS, standing_sql
from dunlin.rules.aging import BucketSet, bucket_index, is_late
from dunlin.rules.money import minor_digits
from dunlin.rules.policy import Policy

# The fields of aging.Figures in order: currency, buckets, debits, unapplied, disputed, past_due, late, items,
# items_past_due, customers.
FigureRow = tuple[Any, ...]
_AMOUNTS = ("debits", "unapplied", "disputed", "past_due", "late", "items", "items_past_due")


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows of (group key, figures), how many there are in all, and the totals per currency."""

    rows: list[tuple[Any, FigureRow]]
    row_count: int
    totals: list[FigureRow]


# Today, in SQL

# The group of a row, and the customer whose name it is sorted by. `up` is the way to the top account of a group.
_GROUP_SQL = {
    "customer": "s.customer_id",
    "parent": "COALESCE(up.top, s.customer_id)",
    "collector": "c.collector_id",
    "entity": "s.entity_id",
    "country": "c.country",
    "region": "c.region",
    "segment": "c.segment",
    "currency": "s.currency",
}
_UP = (
    "WITH RECURSIVE up (id, top) AS (SELECT p.id, p.id FROM records_customer p WHERE p.parent_id IS NULL AND EXISTS "
    "(SELECT 1 FROM records_customer k WHERE k.parent_id = p.id) UNION ALL SELECT k.id, up.top FROM records_customer k "
    "JOIN up ON k.parent_id = up.id) "
)


def from_balances(
    today: date,
    policy: Policy,
    buckets: BucketSet,
    by: str | None,
    only: Filters,
    sort: str,
    page: int,
    page_size: int | None,
) -> Cells:
    """The cells of today. Groups by account are sorted and cut into pages by the database."""
    inner, params = standing_sql(today, policy, only)
    width = len(buckets.labels)
    select = _sums(width, "NULL", "COUNT(DISTINCT s.customer_id)")
    read = _read(f"{select} {_source(None, inner)} GROUP BY s.currency ORDER BY s.currency", params, width)
    totals = [row for _, row in read]
    if by is None:
        return Cells(read, len(read), totals)
    group, by_account = _GROUP_SQL[by], by in ("customer", "parent")
    source = _source(by, inner, named=sort.removeprefix("-") == "label")
    select = f"{_sums(width, group, _customers(by, only))} {source} GROUP BY {group}, s.currency"
    rates = rates_to(policy.home_currency, [row[0] for row in totals], today)
    if not by_account:
        rows = _in_order(_read(select, params, width), sort, rates, policy.home_currency)
        return _page(rows, page, page_size, totals)
    order = f"{_order_sql(sort, rates, policy.home_currency)}, 1, s.currency"
    if page_size is None:
        rows = _read(f"{select} ORDER BY {order}", params, width, by=by)
        return Cells(rows, len(rows), totals)
    count = _count(f"SELECT 1 AS one {source} GROUP BY {group}, s.currency", by, params)
    cut = f"LIMIT {int(page_size)} OFFSET {(int(page) - 1) * int(page_size)}"
    return Cells(_read(f"{select} ORDER BY {order} {cut}", params, width, by=by), count, totals)


def _customers(by: str, only: Filters) -> str:
    """SQL of how many accounts a group has; one balance is one account unless entities are added up."""
    if by == "customer":
        return "1"
    return "COUNT(*)" if by == "entity" or only.entity is not None else "COUNT(DISTINCT s.customer_id)"


def _sums(width: int, group: str, customers: str) -> str:
    """The group, the currency, and the other figures in the order of aging.Figures."""
    # PostgreSQL adds whole numbers up to decimals, which are slow to read.
    whole = "::bigint" if connection.vendor == "postgresql" else ""
    sums = ", ".join(f"SUM(s.{name}){whole}" for name in (*BUCKETS[:width], *_AMOUNTS))
    return f"SELECT {group}, s.currency, {sums}, {customers}"


def _source(by: str | None, inner: str, named: bool = False) -> str:
    joins = ""
    if by == "parent":
        joins = " LEFT JOIN up ON up.id = s.customer_id"
    if by in ("collector", "country", "region", "segment") or (by == "customer" and named):
        joins += " JOIN records_customer c ON c.id = s.customer_id"
    elif by == "parent" and named:
        joins += " JOIN records_customer c ON c.id = COALESCE(up.top, s.customer_id)"
    return f"FROM ({inner}) s{joins}"


def _order_sql(sort: str, rates: Mapping[str, Rate], home: str) -> str:
    falling = " DESC" if sort.startswith("-") else ""
    column = sort.removeprefix("-")
    if column == "label":
        return f"MIN(c.sort_name){falling}"
    if column == "customers":
        return f"COUNT(DISTINCT s.customer_id){falling}"
    value = "SUM(s.debits - s.unapplied)" if column == "net" else f"SUM(s.{column})"
    if column == "items":
        return f"{value}{falling}"
    # Only the order of rows rests on this; no figure that is shown does.
    worth = " ".join(f"WHEN '{base}' THEN {factor}" for base, factor in worth_of(rates, home).items())
    return f"{value} * (CASE s.currency {worth} ELSE 0 END){falling}" if worth else f"{value}{falling}"


def worth_of(rates: Mapping[str, Rate], home: str) -> dict[str, int]:
    """Hundred-millionths of a home minor unit for one minor unit, for ordering only."""
    return {
        base: int(each.rate.scaleb(8 + minor_digits(home) - minor_digits(base)))
        for base, each in sorted(rates.items())
    }


def _read(sql: str, params: list[Any], width: int, by: str | None = None) -> list[tuple[Any, FigureRow]]:
    with connection.cursor() as cursor:
        cursor.execute((_UP if by == "parent" else "") + sql, params)
        return [(row[0], (row[1], row[2 : width + 2], *row[width + 2 :])) for row in cursor.fetchall()]


def _count(sql: str, by: str, params: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"{_UP if by == 'parent' else ''}SELECT COUNT(*) FROM ({sql}) g", params)  # noqa: S608
        return int(cursor.fetchone()[0])


# Any day, in numpy


def from_arrays(
    as_of: date,
    known_at: datetime | None,
    policy: Policy,
    buckets: BucketSet,
    by: str | None,
    only: Filters,
    sort: str,
    page: int,
    page_size: int | None,
) -> Cells:
    """The cells of any day, as known at any moment, from one extract."""
    book = extract(as_of, known_at, only=only)
    totals = [row for _, row in _summed(book, np.zeros(len(book), np.int64), [None], buckets, policy)]
    totals.sort(key=lambda row: row[0])
    if by is None:
        return Cells([(None, row) for row in totals], len(totals), totals)
    codes, keys = group_codes(book, by)
    rows = _summed(book, codes, keys, buckets, policy)
    if by in ("customer", "parent") and sort.removeprefix("-") == "label":
        names = dict(Customer.objects.values_list("pk", "sort_name"))
        rows.sort(key=lambda row: (row[0], row[1][0]))
        rows.sort(key=lambda row: names[row[0]], reverse=sort.startswith("-"))
    else:
        rates = rates_to(policy.home_currency, [row[0] for row in totals], as_of)
        rows = _in_order(rows, sort, rates, policy.home_currency)
    return _page(rows, page, page_size, totals)


def group_codes(book: Book, by: str) -> tuple[npt.NDArray[np.int64], list[Any]]:
    """For every item the index of its group in the list of keys. Two queries at most."""
    if by in ("kind", "invoice_class", "currency"):
        names = {"kind": KINDS, "invoice_class": CLASSES, "currency": CURRENCIES}[by]
        return getattr(book, by).astype(np.int64), list(names)
    if by == "entity":
        values: npt.NDArray[Any] = book.entity_id
    elif by == "customer":
        values = book.customer_id
    elif by == "parent":
        values = book.customer_id.copy()
        tops = top_accounts()
        below = np.array(sorted(tops), np.int64)
        places = places_of(below, values)
        values[places >= 0] = np.array([tops[each] for each in below.tolist()], np.int64)[places[places >= 0]]
    else:
        return _by_customer_field(book, "collector_id" if by == "collector" else by)
    distinct, codes = np.unique(values, return_inverse=True)
    return codes.astype(np.int64), distinct.tolist()


def _by_customer_field(book: Book, field: str) -> tuple[npt.NDArray[np.int64], list[Any]]:
    rows = list(Customer.objects.order_by("pk").values_list("pk", field))
    keys = sorted({value for _, value in rows}, key=lambda value: (value is None, value))
    index = {key: code for code, key in enumerate(keys)}
    of_customer = np.array([index[value] for _, value in rows], np.int64)
    places = places_of(np.array([pk for pk, _ in rows], np.int64), book.customer_id)
    return of_customer[places] if len(book) else np.empty(0, np.int64), keys


def _summed(
    book: Book, codes: npt.NDArray[np.int64], keys: list[Any], buckets: BucketSet, policy: Policy
) -> list[tuple[Any, FigureRow]]:
    """One row per group and currency that has anything open. Sums are of whole numbers."""
    width = len(buckets.labels)
    cells, inverse = np.unique(codes * len(CURRENCIES) + book.currency, return_inverse=True)
    debit = book.side == 1
    days = book.days_past_due()
    age = days if buckets.basis == "due_date" else np.int32(day_number(book.as_of)) - book.document
    due = debit & (days >= 1)
    late = debit & is_late(days, policy.late_bucket_from)
    sums = np.zeros((len(cells), width), np.int64)
    np.add.at(sums, (inverse[debit], bucket_index(buckets, age[debit])), book.open[debit])

    def total(where: npt.NDArray[np.bool_], what: npt.NDArray[np.int64] | int) -> list[int]:
        into = np.zeros(len(cells), np.int64)
        np.add.at(into, inverse[where], what if isinstance(what, int) else what[where])
        return into.tolist()

    columns = (
        total(debit, book.open), total(~debit, book.open), total(debit, book.disputed), total(due, book.open),
        total(late, book.open), total(debit, 1), total(due, 1), _accounts(book, inverse, len(cells)),
    )  # fmt: skip
    rows = zip(
        (cells // len(CURRENCIES)).tolist(),
        (cells % len(CURRENCIES)).tolist(),
        map(tuple, sums.tolist()),
        *columns,
    )
    return [(keys[code], (CURRENCIES[currency], *figures)) for code, currency, *figures in rows]


def _accounts(book: Book, inverse: npt.NDArray[np.int64], count: int) -> list[int]:
    pairs = (
        np.unique(np.stack((inverse, book.customer_id)), axis=1) if len(book) else np.empty((2, 0), np.int64)
    )
    return np.bincount(pairs[0], minlength=count).tolist()


# Either way


def _in_order(
    rows: list[tuple[Any, FigureRow]], sort: str, rates: Mapping[str, Rate], home: str
) -> list[tuple[Any, FigureRow]]:
    column = sort.removeprefix("-")
    worth = worth_of(rates, home)
    rows = sorted(rows, key=lambda row: (row[0] is None, row[0] if row[0] is not None else 0, row[1][0]))
    if column == "label":
        rows.sort(
            key=lambda row: (row[0] is None, row[0] if row[0] is not None else 0),
            reverse=sort.startswith("-"),
        )
        return rows

    def value(row: tuple[Any, FigureRow]) -> int:
        currency, buckets, debits, unapplied, disputed, past_due, late, items, _, customers = row[1]
        if column in ("items", "customers"):
            return items if column == "items" else customers
        named = {"net": debits - unapplied, "debits": debits, "unapplied": unapplied, "disputed": disputed,
                 "past_due": past_due, "late": late}  # fmt: skip
        amount = named[column] if column in named else buckets[int(column.removeprefix("bucket_"))]
        return amount * worth.get(currency, 0) if worth else amount

    return sorted(rows, key=value, reverse=sort.startswith("-"))


def _page(
    rows: list[tuple[Any, FigureRow]], page: int, page_size: int | None, totals: list[FigureRow]
) -> Cells:
    shown = rows if page_size is None else rows[(page - 1) * page_size : page * page_size]
    return Cells(shown, len(rows), totals)
