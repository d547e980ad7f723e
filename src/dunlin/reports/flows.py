"""What moved in a stretch of days: sales, money collected, the balance, and how late the invoices that closed were paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from dunlin.records.items import CREDIT_KINDS, MONEY_KINDS
from dunlin.reports.arrays import database_day, day_number, day_sql
from dunlin.reports.filters import ALL, Filters

# Sales are what is invoiced, with debit memos, less credit memos, tax included as the receivables include it.
SALES_SQL = "SUM(CASE WHEN i.kind IN ('invoice', 'debit_memo') THEN i.amount WHEN i.kind = 'credit_memo' THEN -i.amount ELSE 0 END)"
PAID_SQL = "SUM(CASE i.kind WHEN 'payment' THEN i.amount ELSE 0 END)"
_CREDITS = ", ".join(f"'{kind}'" for kind in CREDIT_KINDS)
NET_SQL = f"SUM(CASE WHEN i.kind IN ({_CREDITS}) THEN -i.amount ELSE i.amount END)"
# Payments that came back. A return names its payment, or nothing when a file brought it; what was granted with a payment, or a
# deposit, was never counted as collected.
RETURNS_SQL = (
    "FROM records_item i LEFT JOIN records_item p ON p.id = i.corrects_id "
    "WHERE i.kind = 'payment_return' AND (p.id IS NULL OR p.kind = 'payment')"
)


@dataclass
class Flow:
    """Minor units of one currency by day number. `collected` is less what came back that day; `net` is what all postings
    of the day add to the balance."""

    sales: dict[int, int] = field(default_factory=dict)
    collected: dict[int, int] = field(default_factory=dict)
    net: dict[int, int] = field(default_factory=dict)

    def sold(self, after: date, through: date) -> int:
        return _between(self.sales, after, through)

    def came(self, after: date, through: date) -> int:
        return _between(self.collected, after, through)

    def grew(self, after: date, through: date) -> int:
        return _between(self.net, after, through)


def _between(amounts: dict[int, int], after: date, through: date) -> int:
    first, last = day_number(after), day_number(through)
    return sum(amount for day, amount in amounts.items() if first < day <= last)


def flows(
    after: date, through: date, only: Filters = ALL, known_at: datetime | None = None
) -> dict[str, Flow]:
    """Sales, money and growth of every day after `after` through `through`, by currency and posting date. Two queries."""
    given, values = only.sql("i")
    params: list[Any] = [database_day(after), database_day(through)]
    known = ""
    if known_at is not None:
        known = "AND i.recorded_at <= %s"
        params.append(connection.ops.adapt_datetimefield_value(known_at))
    day = day_sql("i.posted_on")
    where = f"i.posted_on > %s AND i.posted_on <= %s {known} {given} GROUP BY i.posted_on, i.currency"
    found: dict[str, Flow] = defaultdict(Flow)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {day}, i.currency, {SALES_SQL}, {PAID_SQL}, {NET_SQL} FROM records_item i WHERE {where}",  # noqa: S608
            [*params, *values],
        )
        for number, currency, sales, paid, net in cursor.fetchall():
            flow = found[currency]
            flow.sales[number], flow.collected[number], flow.net[number] = int(sales), int(paid), int(net)
        cursor.execute(
            f"SELECT {day}, i.currency, SUM(i.amount) {RETURNS_SQL} AND {where}", [*params, *values]
        )
        for number, currency, back in cursor.fetchall():
            found[currency].collected[number] -= int(back)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Lateness:
    """Of invoices paid: how many, their amounts, Σ days late and Σ amount × days late (early is negative)."""

    count: int = 0
    amount: int = 0
    days: int = 0
    amount_days: int = 0

    def __add__(self, other: Lateness) -> Lateness:
        return Lateness(
            self.count + other.count, self.amount + other.amount, self.days + other.days,
            self.amount_days + other.amount_days,
        )  # fmt: skip


def lateness(
    after: date, through: date, only: Filters = ALL, known_at: datetime | None = None
) -> dict[str, Lateness]:
    """How late the invoices were paid that closed after `after` through `through`, by currency, as known at a moment. One query.

    An invoice closes on the posting day of its last application, as of the last day: what was undone later still counts.
    It is late from its due date, as it was then, to the value date of the last money. What no money closed, or what was
    written off on its own, was not paid and does not count.
    """
    sql, params = _paid_sql(after, through, only, known_at)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, COUNT(*), SUM(amount), SUM(late), SUM(amount * late) FROM "  # noqa: S608
            f"({sql}) closed WHERE late IS NOT NULL AND lost = 0 GROUP BY currency",
            params,
        )
        return {currency: Lateness(*map(int, sums)) for currency, *sums in cursor.fetchall()}


def _paid_sql(
    after: date, through: date, only: Filters, known_at: datetime | None
) -> tuple[str, dict[str, Any]]:
    """SQL of the invoices that closed: currency, amount, days late (null without money), and whether any of it was lost."""
    given, values = only.sql("i")
    names = iter(f"p{index}" for index in range(len(values)))
    given = _named(given, names)
    params: dict[str, Any] = {f"p{index}": value for index, value in enumerate(values)}
    params |= {"after": database_day(after), "through": database_day(through)}
    known = dict.fromkeys("iarhx", "")
    if known_at is not None:
        params["known"] = connection.ops.adapt_datetimefield_value(known_at)
        known = {row: f"AND {row}.recorded_at <= %(known)s" for row in known}
    money = ", ".join(f"'{kind}'" for kind in MONEY_KINDS)
    paid_on = f"MAX(CASE WHEN c.kind IN ({money}) AND a.amount > 0 AND r.id IS NULL THEN {day_sql('c.value_on')} END)"
    lost = "MAX(CASE WHEN c.kind = 'write_off' AND c.corrects_id IS NULL AND a.amount > 0 AND r.id IS NULL THEN 1 ELSE 0 END)"
    then = (
        "COALESCE((SELECT h.new_due_on FROM records_duedatechange h WHERE h.item_id = i.id AND h.posted_on <= %(through)s "  # noqa: S608
        f"{known['h']} ORDER BY h.id DESC LIMIT 1), (SELECT h.old_due_on FROM records_duedatechange h WHERE h.item_id = i.id "
        "ORDER BY h.id LIMIT 1), i.due_on)"
    )
    later = "i.id IN (SELECT item_id FROM records_duedatechange)"
    due = f"CASE WHEN {later} THEN {day_sql(then)} ELSE {day_sql('i.due_on')} END"
    sql = (
        f"SELECT i.currency, i.amount, {paid_on} - {due} AS late, {lost} AS lost FROM records_item i "  # noqa: S608
        "JOIN records_application a ON a.debit_id = i.id JOIN records_item c ON c.id = a.credit_id "
        f"LEFT JOIN records_application r ON r.reverses_id = a.id AND r.posted_on <= %(through)s {known['r']} "
        "WHERE i.kind = 'invoice' AND i.id IN (SELECT x.debit_id FROM records_application x WHERE x.posted_on > %(after)s "
        f"AND x.posted_on <= %(through)s {known['x']}) AND a.posted_on <= %(through)s {known['a']} {known['i']} {given} "
        "GROUP BY i.id, i.currency, i.amount, i.due_on HAVING SUM(a.amount) = i.amount AND MAX(a.posted_on) > %(after)s"
    )
    return sql, params


def _named(sql: str, names: Iterator[str]) -> str:
    """The SQL with its parameters by name instead of by place."""
    first, *rest = sql.split("%s")
    return first + "".join(f"%({next(names)})s{part}" for part in rest)
