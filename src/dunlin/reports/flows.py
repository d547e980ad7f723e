"""What moved in a stretch of days: sales, money collected, and how late the items that closed were paid."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Sum

from dunlin.records.models import Application, Item
from dunlin.reports.arrays import database_day, day_number, day_sql
from dunlin.reports.filters import ALL, Filters

# Sales are what is invoiced, with debit memos, less credit memos, tax included as the receivables include it.
SALES_SQL = "SUM(CASE i.kind WHEN 'payment' THEN 0 WHEN 'credit_memo' THEN -i.amount ELSE i.amount END)"
COLLECTED_SQL = "SUM(CASE i.kind WHEN 'payment' THEN i.amount ELSE 0 END)"
FLOW_KINDS = "i.kind IN ('invoice', 'debit_memo', 'credit_memo', 'payment')"


@dataclass
class Flow:
    """Minor units of one currency by day number."""

    sales: dict[int, int] = field(default_factory=dict)
    collected: dict[int, int] = field(default_factory=dict)

    def sold(self, after: date, through: date) -> int:
        return _between(self.sales, after, through)

    def came(self, after: date, through: date) -> int:
        return _between(self.collected, after, through)


def _between(amounts: dict[int, int], after: date, through: date) -> int:
    first, last = day_number(after), day_number(through)
    return sum(amount for day, amount in amounts.items() if first < day <= last)


def flows(
    after: date, through: date, only: Filters = ALL, known_at: datetime | None = None
) -> dict[str, Flow]:
    """Sales and money of every day after `after` through `through`, by currency and posting date. One query."""
    given, values = only.sql("i")
    params: list[Any] = [database_day(after), database_day(through)]
    known = ""
    if known_at is not None:
        known = "AND i.recorded_at <= %s"
        params.append(connection.ops.adapt_datetimefield_value(known_at))
    sql = (
        f"SELECT {day_sql('i.posted_on')}, i.currency, {SALES_SQL}, {COLLECTED_SQL} FROM records_item i "  # noqa: S608
        f"WHERE i.posted_on > %s AND i.posted_on <= %s AND {FLOW_KINDS} {known} {given} GROUP BY i.posted_on, i.currency"
    )
    found: dict[str, Flow] = defaultdict(Flow)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, *values])
        for day, currency, sales, collected in cursor.fetchall():
            found[currency].sales[day] = int(sales)
            found[currency].collected[day] = int(collected)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Lateness:
    """Of invoices that closed: how many, their amounts, Σ days late and Σ amount × days late (early is negative)."""

    count: int = 0
    amount: int = 0
    days: int = 0
    amount_days: int = 0

    def __add__(self, other: Lateness) -> Lateness:
        return Lateness(
            self.count + other.count, self.amount + other.amount, self.days + other.days,
            self.amount_days + other.amount_days,
        )  # fmt: skip


def lateness(after: date, through: date, only: Filters = ALL) -> dict[str, Lateness]:
    """How late the invoices were that closed after `after` through `through`, by currency. Three queries.

    An invoice that was closed then and was opened again later still counts as it stood on that day.
    """
    given, values = only.sql("i")
    late = f"({day_sql('i.closed_on')} - {day_sql('i.due_on')})"
    sql = (
        f"SELECT i.currency, COUNT(*), SUM(i.amount), SUM({late}), SUM(i.amount * {late}) FROM records_item i "  # noqa: S608
        f"WHERE i.closed_on > %s AND i.closed_on <= %s AND i.kind = 'invoice' {given} GROUP BY i.currency"
    )
    found: dict[str, Lateness] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, [database_day(after), database_day(through), *values])
        for currency, *sums in cursor.fetchall():
            found[currency] = Lateness(*map(int, sums))
    for currency, more in _opened_again(after, through, only):
        found[currency] = found.get(currency, Lateness()) + more
    return found


def _opened_again(after: date, through: date, only: Filters) -> list[tuple[str, Lateness]]:
    """Invoices closed by `through` that a later reversal opened: few, so they are looked at one by one."""
    undone = Application.objects.filter(posted_on__gt=through, amount__lt=0).values("debit_id")
    items = Item.objects.filter(pk__in=undone, kind="invoice").exclude(closed_on__lte=through)
    names = ("entity", "customer", "currency", "invoice_class")
    items = items.filter(**{name: getattr(only, name) for name in names if getattr(only, name) is not None})
    customers = only.customers()
    if customers is not None:
        items = items.filter(customer__in=customers.values("pk"))
    standing = {
        pk: (currency, amount, due)
        for pk, currency, amount, due in items.values_list("pk", "currency", "amount", "due_on")
    }
    if not standing:
        return []
    uses: dict[int, list[tuple[date, int]]] = defaultdict(list)
    then = Application.objects.filter(debit__in=items, posted_on__lte=through)
    for debit, day, amount in then.values_list("debit_id", "posted_on").annotate(Sum("amount")):
        uses[debit].append((day, amount))
    closed = []
    for item, applied in uses.items():
        currency, amount, due = standing[item]
        last = max(day for day, _ in applied)
        if sum(each for _, each in applied) == amount and last > after:
            days = (last - due).days
            closed.append((currency, Lateness(1, amount, days, amount * days)))
    return closed
