"""The books as the decisions read them: open items and unapplied credit of many customers, now or as of a past day.

Today's come from the stored open amounts; those of a past day have later postings undone. See reports/situations.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q, Sum

from dunlin.records.items import STAGES
from dunlin.records.models import Application, Dispute, DueDateChange, Item
from dunlin.rules.situations import OpenItem

# Money for an order not billed yet: a liability, and no credit that covers what is owed (P24).
_OF_AN_ORDER = ("deposit",)

# Item.stage is the highest stage done or skipped; the rule wants the names of all up to it.
STAGES_DONE: tuple[tuple[str, ...], ...] = tuple(STAGES[1 : index + 1] for index in range(len(STAGES)))


class Chosen(NamedTuple):
    """Which customers: a range of ids, or a few of them."""

    first: int
    last: int
    only: Collection[int]

    def lookup(self, name: str) -> dict[str, Any]:
        """The filter on the field that names the customer."""
        if self.only:
            return {f"{name}__in": self.only}
        return {f"{name}__gte": self.first, f"{name}__lte": self.last}

    def holds(self, customer: int) -> bool:
        """Whether the customer is one of them."""
        return customer in self.only if self.only else self.first <= customer <= self.last

    @property
    def few(self) -> bool:
        return bool(self.only) or self.first == self.last

    @property
    def sql(self) -> str:
        return f"IN ({', '.join(['%s'] * len(self.only))})" if self.only else "BETWEEN %s AND %s"

    @property
    def parameters(self) -> list[int]:
        return [*self.only] if self.only else [self.first, self.last]


@dataclass(slots=True)
class Books:
    """Open debits, and unapplied credit by (entity, currency) in minor units, by customer."""

    items: dict[int, list[OpenItem]] = field(default_factory=dict)
    unapplied: dict[int, dict[tuple[int, str], int]] = field(default_factory=dict)


class _Days(dict[Any, Any]):
    """ISO text → date, each text read once: a book has few different days and many items."""

    def __missing__(self, text: str | None) -> date | None:
        read = self[text] = None if text is None else date.fromisoformat(text[:10])
        return read


def _items_sql(chosen: Chosen, where: str) -> tuple[str, Callable[[Any], Any]]:
    """The query of open items, and what turns a day of its rows into a date.

    SQLite parses every date it is told is one; a unary plus hides that, and the rows of a book share their few days.
    """
    plain = "+" if connection.vendor == "sqlite" else ""
    sql = (
        f"SELECT customer_id, side, id, number, kind, invoice_class, {plain}due_on, open, disputed, "  # noqa: S608
        f"currency, {plain}service_month, stage, entity_id FROM records_item WHERE customer_id {chosen.sql} AND {where} "
        "ORDER BY customer_id"
    )
    return sql, _Days().__getitem__ if plain else _same


def _same(value: Any) -> Any:
    return value


def books_now(chosen: Chosen, day: date, item_blocks: Mapping[int, str]) -> Books:
    """Open items by the stored open amounts. This loop sees every open item of the book."""
    books = Books()
    items, unapplied = books.items, books.unapplied
    sql, to_day = _items_sql(chosen, "open > 0 AND posted_on <= %s")
    block_of, make, done = item_blocks.get, tuple.__new__, STAGES_DONE
    current, group = None, []
    with connection.cursor() as cursor:
        cursor.execute(sql, [*chosen.parameters, day])
        for (
            customer, side, pk, number, kind, klass, due, open_, disputed, currency, month, stage, entity,
        ) in cursor.fetchall():  # fmt: skip
            if side == 1:
                if customer != current:
                    current, group = customer, items.setdefault(customer, [])
                # As OpenItem(...) makes it, without the call in between: a fifth of the time of reading a book.
                group.append(
                    make(
                        OpenItem,
                        (
                            pk, number, kind, klass, to_day(due), open_, disputed, currency,
                            to_day(month), block_of(pk, ""), done[stage], entity,
                        ),
                    )
                )  # fmt: skip
            elif kind not in _OF_AN_ORDER:
                credit = unapplied.setdefault(customer, {})
                credit[entity, currency] = credit.get((entity, currency), 0) + open_
    return books


def books_then(chosen: Chosen, day: date, item_blocks: Mapping[int, str]) -> Books:
    """Open items as the books said on a past day: later applications, due dates and disputes are undone."""
    books = Books()
    sql, to_day = _items_sql(chosen, "posted_on <= %s AND (closed_on IS NULL OR closed_on > %s)")
    with connection.cursor() as cursor:
        later: dict[int, int] = {}
        for side in ("debit_id", "credit_id"):
            cursor.execute(
                f"SELECT a.{side}, SUM(a.amount) FROM records_application a JOIN records_item i ON i.id = a.{side} "  # noqa: S608
                f"WHERE a.posted_on > %s AND i.customer_id {chosen.sql} GROUP BY a.{side}",
                [day, *chosen.parameters],
            )
            later.update((pk, int(minor)) for pk, minor in cursor)
        due_then = _due_dates_then(chosen, day)
        disputed_then = _disputed_then(chosen, day)
        cursor.execute(sql, [*chosen.parameters, day, day])
        for (
            customer,
            side,
            pk,
            number,
            kind,
            klass,
            due,
            open_,
            _,
            currency,
            month,
            stage,
            entity,
        ) in cursor:
            then = open_ + later.get(pk, 0)
            if then <= 0:
                continue
            if side == -1:
                if kind not in _OF_AN_ORDER:
                    credit = books.unapplied.setdefault(customer, {})
                    credit[entity, currency] = credit.get((entity, currency), 0) + then
                continue
            books.items.setdefault(customer, []).append(
                OpenItem(
                    pk, number, kind, klass, due_then.get(pk) or to_day(due), then,
                    min(then, disputed_then.get(pk, 0)), currency, to_day(month), item_blocks.get(pk, ""), STAGES_DONE[stage], entity,
                )
            )  # fmt: skip
    return books


def group_credit(chosen: Chosen, day: date, past: bool) -> dict[int, dict[tuple[int, str], int]]:
    """Customer → unapplied credit of the customer above it, by entity and currency: it may be applied here too."""
    rows = Item.objects.filter(side=-1, posted_on__lte=day, **chosen.lookup("customer__children")).exclude(
        kind__in=_OF_AN_ORDER
    )
    rows = rows.filter(Q(closed_on=None) | Q(closed_on__gt=day)) if past else rows.filter(open__gt=0)
    later: dict[int, int] = {}
    if past:
        used = Application.objects.filter(posted_on__gt=day, credit__in=rows.order_by().values("pk"))
        later = dict(
            used.order_by().values("credit").annotate(minor=Sum("amount")).values_list("credit", "minor")
        )
    found: dict[int, dict[tuple[int, str], int]] = {}
    listed = rows.values_list("pk", "customer__children", "entity", "currency", "open")
    for pk, customer, entity, currency, open_ in listed.iterator():
        credit = found.setdefault(customer, {})
        credit[entity, currency] = credit.get((entity, currency), 0) + open_ + int(later.get(pk, 0))
    return found


def _due_dates_then(chosen: Chosen, day: date) -> dict[int, date]:
    """Item → due date before the first change posted after `day`."""
    changes = DueDateChange.objects.filter(posted_on__gt=day, **chosen.lookup("item__customer")).order_by(
        "-posted_on", "-pk"
    )
    return dict(changes.values_list("item", "old_due_on"))


def _disputed_then(chosen: Chosen, day: date) -> dict[int, int]:
    rows = Dispute.objects.filter(
        Q(resolved_on=None) | Q(resolved_on__gt=day),
        **chosen.lookup("customer"),
        opened_on__lte=day,
    )
    found: dict[int, int] = {}
    for item, minor in rows.values_list("item", "amount"):
        found[item] = found.get(item, 0) + minor
    return found
