"""The items of an account, grouped by what matters, as of any day: past due, due soon, disputed, credits, closed.

Each open item is in exactly one group, so the groups add up to the balance. What is partly disputed stands under disputed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db.models import Q, QuerySet

from dunlin.records.models import Block, Item, PromiseItem
from dunlin.reports.arrays import day_of
from dunlin.reports.books import CURRENCIES, Book, extract
from dunlin.reports.filters import Filters
from dunlin.reports.moments import day_ends
from dunlin.rules.policy import Policy

GROUPS = ("past_due", "due_soon", "disputed", "credits", "closed")
SORTS = ("due_on", "document_on", "open", "number")
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class AccountItem:
    """One item as of the day. `open`, `disputed` minor units then; `days_past_due` None for credits and closed items.

    `promised_on` is the date of the newest open promise that covers it; `block` why nobody asks for it, or empty.
    """

    id: int
    entity: str
    kind: str
    invoice_class: str
    number: str
    instalment: int
    side: int
    currency: str
    amount: int
    open: int
    disputed: int
    document_on: date
    due_on: date
    days_past_due: int | None
    closed_on: date | None
    discount: int
    discount_until: date | None
    service_month: date | None
    po_number: str
    order_number: str
    reference: str
    description: str
    reason: str
    stage: int
    promised_on: date | None
    block: str


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """How many items a group has, and their open amounts by currency (of the disputed: `disputed` too)."""

    count: int
    open: dict[str, int]
    disputed: dict[str, int]


@dataclass(frozen=True)
class AccountItems:
    """One page of one group, and the totals of all groups. `closed` is counted only when it is the group shown (else None)."""

    as_of: date
    group: str
    items: tuple[AccountItem, ...]
    totals: dict[str, GroupTotal]
    closed: int | None
    page: int
    page_size: int


def account_items(
    customer_id: int,
    as_of: date,
    policy: Policy,
    *,
    known_at: datetime | None = None,
    group: str = "past_due",
    page: int = 1,
    page_size: int = PAGE_SIZE,
    sort: str = "due_on",
) -> AccountItems:
    """One page of a group of an account's items as of a day. ValueError for an unknown group or order. At most ten queries."""
    if group not in GROUPS:
        raise ValueError(f"items are grouped as {', '.join(GROUPS)}, not {group!r}")
    if sort.removeprefix("-") not in SORTS:
        raise ValueError(f"items are sorted by {', '.join(SORTS)}, not by {sort!r}")
    ends = day_ends(as_of, policy.ledger_time_zone)
    book = extract(as_of, known_at, only=Filters(customer=customer_id), keep_closed=True)
    reopened = book.only(book.open == 0).id.tolist()
    book = book.only(book.open > 0)
    masks = _masks(book)
    totals = {name: _total(book.only(mask)) for name, mask in masks.items()}
    start = (page - 1) * page_size
    if group == "closed":
        found = _closed(customer_id, as_of, known_at, reopened)
        rows = found.order_by(sort, "pk")[start : start + page_size]
        return AccountItems(
            as_of, group, _rows(rows, as_of, ends, None), totals, found.count(), page, page_size
        )
    shown = book.only(masks[group])
    if sort.removeprefix("-") == "number":
        # Few hundred numbers at most matter here; the database knows them, the arrays do not.
        ids = Item.objects.filter(pk__in=shown.id.tolist()).order_by(sort, "pk").values_list("pk", flat=True)
        order = shown.places(np.array(ids[start : start + page_size], np.int64))
    else:
        value = {"due_on": shown.due, "document_on": shown.document, "open": shown.open}[
            sort.removeprefix("-")
        ]
        order = np.lexsort((shown.id, -value if sort.startswith("-") else value))[start : start + page_size]  # type: ignore[arg-type, operator]
    shown = shown.only(order)
    rows_of = _rows(Item.objects.filter(pk__in=shown.id.tolist()), as_of, ends, shown)
    return AccountItems(as_of, group, rows_of, totals, None, page, page_size)


def _masks(book: Book) -> dict[str, Any]:
    debit, disputed, due = book.side == 1, book.disputed > 0, book.days_past_due() >= 1
    return {
        "past_due": debit & ~disputed & due,
        "due_soon": debit & ~disputed & ~due,
        "disputed": debit & disputed,
        "credits": ~debit,
    }


def _total(book: Book) -> GroupTotal:
    open_: dict[str, int] = {}
    disputed: dict[str, int] = {}
    for index in np.unique(book.currency).tolist():
        of = book.currency == index
        open_[CURRENCIES[index]] = int(book.open[of].sum())
        disputed[CURRENCIES[index]] = int(book.disputed[of].sum())
    return GroupTotal(len(book), open_, disputed)


def _closed(customer_id: int, as_of: date, known_at: datetime | None, reopened: list[int]) -> QuerySet[Item]:
    """Items that were closed on the day: closed by then and still so, or opened again only later."""
    shut = Q(closed_on__lte=as_of)
    if known_at is not None:
        shut &= Q(closed_at__lte=known_at)
    return Item.objects.filter(Q(customer=customer_id) & (shut | Q(pk__in=reopened)))


_FIELDS = (
    "id", "entity__code", "kind", "invoice_class", "number", "instalment", "side", "currency", "amount", "open", "disputed",
    "document_on", "due_on", "closed_on", "discount", "discount_until", "service_month", "po_number", "order_number",
    "reference", "description", "reason", "stage",
)  # fmt: skip


def _rows(found: QuerySet[Item], as_of: date, ends: datetime, then: Book | None) -> tuple[AccountItem, ...]:
    """`then` holds the amounts and due dates of the day in the order of the page; None: closed items, nothing open."""
    read = {row["id"]: row for row in found.values(*_FIELDS)}
    order = list(read) if then is None else then.id.tolist()
    promised, blocked = _promised(order, as_of), _blocked(order, as_of, ends)
    rows = []
    for place, item in enumerate(order):
        row = read[item]
        row["entity"] = row.pop("entity__code")
        if then is None:
            row |= {"open": 0, "disputed": 0, "days_past_due": None}
        else:
            due_on = day_of(then.due[place])
            late = (as_of - due_on).days if row["side"] == 1 else None
            row |= {
                "open": int(then.open[place]), "disputed": int(then.disputed[place]), "due_on": due_on,
                "days_past_due": late, "closed_on": None,
            }  # fmt: skip
        rows.append(AccountItem(**row, promised_on=promised.get(item), block=blocked.get(item, "")))
    return tuple(rows)


def _promised(items: list[int], as_of: date) -> dict[int, date]:
    found = PromiseItem.objects.filter(
        item__in=items, promise__made_on__lte=as_of, promise__due_on__gte=as_of
    )
    found = found.filter(Q(promise__status="open") | Q(promise__judged_on__gt=as_of))
    return dict(found.order_by("promise__made_on", "promise_id").values_list("item_id", "promise__due_on"))


def _blocked(items: list[int], as_of: date, ends: datetime) -> dict[int, str]:
    found = Block.objects.filter(item__in=items, from_on__lte=as_of)
    found = found.filter(Q(until_on=None) | Q(until_on__gte=as_of)).filter(
        Q(lifted_at=None) | Q(lifted_at__gte=ends)
    )
    return dict(found.order_by("from_on", "id").values_list("item_id", "kind"))


@dataclass(frozen=True, slots=True)
class Use:
    """A part of a credit used against a debit, seen from one of them: `other_*` is the item on the other side.

    A reversal is a negative amount that names the application it undoes (`reverses_id`).
    """

    id: int
    other_id: int
    other_kind: str
    other_number: str
    other_reference: str
    other_document_on: date
    other_customer_id: int
    amount: int
    posted_on: date
    value_on: date
    recorded_at: datetime
    why: str
    evidence: str
    reverses_id: int | None
    by: str


@dataclass(frozen=True, slots=True)
class WhereItWent:
    """What was paid on an item, or where a credit went: `amount` = `used` + `open`, minor units as of the day."""

    item_id: int
    kind: str
    number: str
    currency: str
    amount: int
    used: int
    open: int
    uses: tuple[Use, ...]


def where_it_went(item_id: int, as_of: date, *, known_at: datetime | None = None) -> WhereItWent | None:
    """Every application of an item up to a day, oldest first, either way round (B9). None when there is no such item. Two queries."""
    item = Item.objects.filter(pk=item_id).values_list("kind", "number", "currency", "amount", "side").first()
    if item is None:
        return None
    kind, number, currency, amount, side = item
    mine, other = ("settlements", "credit") if side == 1 else ("uses", "debit")
    found = getattr(Item(pk=item_id), mine).filter(posted_on__lte=as_of)
    if known_at is not None:
        found = found.filter(recorded_at__lte=known_at)
    names = ("pk", "kind", "number", "reference", "document_on", "customer_id")
    rows = found.order_by("posted_on", "id").values_list(
        "id", *(f"{other}__{name}" for name in names), "amount", "posted_on", "value_on", "recorded_at", "why", "evidence",
        "reverses_id", "by__first_name", "by__last_name", "by__username",
    )  # fmt: skip
    uses = tuple(Use(*row, full_name(first, last, username)) for *row, first, last, username in rows)  # type: ignore[call-arg]
    used = sum(each.amount for each in uses)
    return WhereItWent(item_id, kind, number, currency, amount, used, amount - used, uses)


def full_name(first: str | None, last: str | None, username: str | None) -> str:
    """As User.name says it, from its columns; empty for nobody."""
    return f"{first or ''} {last or ''}".strip() or username or ""
