"""The drill: the items behind any cell of an aging, today from the items themselves, for another day from arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, F, Q, QuerySet, Sum

from dunlin.records.models import Item
from dunlin.reports.arrays import day_number, day_of
from dunlin.reports.books import CURRENCIES, Book, extract
from dunlin.reports.filters import ALL, Filters
from dunlin.reports.standing import posted_ahead
from dunlin.rules.aging import Basis, BucketSet, bucket_index, buckets_of
from dunlin.rules.policy import Policy

CELLS = ("all", "debits", "unapplied", "disputed", "past_due", "late")
SORTS = ("open", "due_on", "document_on")
PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class AgedItem:
    """One item of a cell. `open` and `disputed` are minor units as of the day; `days` by the basis, `days_past_due` by due date."""

    id: int
    customer_id: int
    customer_number: str
    customer_name: str
    entity: str
    kind: str
    invoice_class: str
    number: str
    instalment: int
    side: int
    document_on: date
    due_on: date
    days: int
    days_past_due: int
    bucket: int | None  # index of the bucket; none for a credit
    currency: str
    amount: int
    open: int
    disputed: int
    collector: str


@dataclass(frozen=True)
class AgedItems:
    """One page of the items of a cell; `count` of all, and `totals`, what the cell says per currency.

    The total of "disputed" is what is disputed, of "all" the net (debits less credits), of the rest what is open.
    """

    as_of: date
    buckets: BucketSet
    cell: str | int
    items: tuple[AgedItem, ...]
    count: int
    totals: dict[str, int]
    page: int
    page_size: int


def aging_items(
    as_of: date,
    today: date,
    policy: Policy,
    *,
    known_at: datetime | None = None,
    basis: Basis | None = None,
    only: Filters = ALL,
    cell: str | int = "all",
    page: int = 1,
    page_size: int = PAGE_SIZE,
    sort: str = "-open",
) -> AgedItems:
    """The items of a cell: one of CELLS, or the index of a bucket. `aging.inside` turns a row's key into filters.

    ValueError for an unknown cell or order. Three queries for today, seven for another day.
    """
    chosen: Basis = basis or policy.aging_basis  # type: ignore[assignment]
    buckets = buckets_of(chosen, policy.aging_bucket_uppers)
    if cell not in CELLS and not (isinstance(cell, int) and 0 <= cell < len(buckets.labels)):
        raise ValueError(f"an aging has no cell {cell!r}")
    if sort.removeprefix("-") not in SORTS:
        raise ValueError(f"items are sorted by {', '.join(SORTS)}, not by {sort!r}")
    start = (page - 1) * page_size
    if as_of == today and known_at is None and not posted_ahead(today):
        found = _today(today, policy, buckets, only, cell)
        summed = {"disputed": F("disputed"), "all": F("open") * F("side")}.get(str(cell), F("open"))
        by_currency = found.order_by().values_list("currency").annotate(count=Count("pk"), total=Sum(summed))
        counted = [(currency, count, int(total)) for currency, count, total in by_currency]
        order = (
            (sort, "pk")
            if cell != "unapplied" or "due" not in sort
            else (sort.replace("due", "document"), "pk")
        )
        rows = _rows(found.order_by(*order)[start : start + page_size], as_of, buckets, None)
        totals = {currency: total for currency, _, total in counted}
        return AgedItems(
            as_of, buckets, cell, rows, sum(each[1] for each in counted), totals, page, page_size
        )
    book = extract(as_of, known_at, only=only)
    book = book.only(_in_cell(book, policy, buckets, cell))
    value = {"open": book.open, "due_on": book.due, "document_on": book.document}[sort.removeprefix("-")]
    order_of = np.lexsort((book.id, -value if sort.startswith("-") else value))[start : start + page_size]  # type: ignore[arg-type, operator]
    shown = book.only(order_of)
    rows = _rows(Item.objects.filter(pk__in=shown.id.tolist()), as_of, buckets, shown)
    return AgedItems(as_of, buckets, cell, rows, len(book), _totals(book, cell), page, page_size)


def _totals(book: Book, cell: str | int) -> dict[str, int]:
    what = {"disputed": book.disputed, "all": book.open * book.side}.get(str(cell), book.open)
    return {
        CURRENCIES[currency]: int(what[book.currency == currency].sum())
        for currency in np.unique(book.currency).tolist()
    }


def _in_cell(book: Book, policy: Policy, buckets: BucketSet, cell: str | int) -> Any:
    debit, days = book.side == 1, book.days_past_due()
    if cell == "all":
        return np.ones(len(book), bool)
    if isinstance(cell, int):
        age = days if buckets.basis == "due_date" else np.int32(day_number(book.as_of)) - book.document
        return debit & (bucket_index(buckets, age) == cell)
    return {
        "debits": debit,
        "unapplied": ~debit,
        "disputed": debit & (book.disputed > 0),
        "past_due": debit & (days >= 1),
        "late": debit & (days >= policy.late_bucket_from),
    }[cell]


def _today(today: date, policy: Policy, buckets: BucketSet, only: Filters, cell: str | int) -> QuerySet[Item]:
    """The open items of a cell. Days are compared as dates, so that an index on the due date serves."""
    found = Item.objects.filter(open__gt=0, **_item_filters(only))
    customers = only.customers()
    if customers is not None:
        found = found.filter(customer__in=customers.values("pk"))
    if cell == "all":
        return found
    if cell == "unapplied":
        return found.filter(side=-1)
    found = found.filter(side=1)
    if isinstance(cell, int):
        column = "due_on" if buckets.basis == "due_date" else "document_on"
        if cell < len(buckets.uppers):
            found = found.filter(**{f"{column}__gte": today - timedelta(buckets.uppers[cell])})
        if cell > 0:
            found = found.filter(**{f"{column}__lt": today - timedelta(buckets.uppers[cell - 1])})
        return found
    return found.filter(
        {
            "debits": Q(),
            "disputed": Q(disputed__gt=0),
            "past_due": Q(due_on__lt=today),
            "late": Q(due_on__lte=today - timedelta(policy.late_bucket_from)),
        }[cell]
    )


def _item_filters(only: Filters) -> dict[str, Any]:
    names = ("entity", "customer", "kind", "currency", "invoice_class")
    return {name: getattr(only, name) for name in names if getattr(only, name) is not None}


_FIELDS = (
    "id", "customer_id", "customer__number", "customer__name", "entity__code", "kind", "invoice_class", "number",
    "instalment", "side", "document_on", "due_on", "currency", "amount", "open", "disputed",
    "customer__collector__first_name", "customer__collector__last_name", "customer__collector__username",
)  # fmt: skip


def _rows(found: QuerySet[Item], as_of: date, buckets: BucketSet, then: Book | None) -> tuple[AgedItem, ...]:
    """The rows of a page; `then` holds what was different as of the day, in the order of the page."""
    read = {row[0]: row for row in found.values_list(*_FIELDS)}
    order = list(read) if then is None else then.id.tolist()
    rows = []
    for place, item in enumerate(order):
        *head, document_on, due_on, currency, amount, open_, disputed, first, last, username = read[item]
        if then is not None:
            due_on, open_, disputed = (
                day_of(then.due[place]),
                int(then.open[place]),
                int(then.disputed[place]),
            )
        past_due = (as_of - due_on).days
        days = past_due if buckets.basis == "due_date" else (as_of - document_on).days
        bucket = int(bucket_index(buckets, days)) if head[-1] == 1 else None
        collector = f"{first or ''} {last or ''}".strip() or username or ""
        rows.append(
            AgedItem(
                *head,
                document_on,
                due_on,
                days,
                past_due,
                bucket,
                currency,
                amount,
                open_,
                disputed,
                collector,
            )  # type: ignore[call-arg]
        )
    return tuple(rows)
