"""Today's figures as one relation: the stored balances, and the open items themselves where a balance has gone stale.

A balance is right until the first day one of its items crosses into another bucket. When the night run was late, the
accounts that crossed are summed from their items in the same statement, so a page is never wrong, only slower.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from dunlin.records.balance_sums import live
from dunlin.records.balances import BUCKET_COLUMNS
from dunlin.records.models import Application, Balance, Item
from dunlin.reports.arrays import database_day
from dunlin.reports.filters import ALL, Filters
from dunlin.rules.policy import Policy

BUCKETS = tuple(f"bucket_{index}" for index in range(BUCKET_COLUMNS))
_COLUMNS = ", ".join(
    (
        "customer_id", "entity_id", "currency", "debits", "unapplied", "disputed", "past_due", "late", *BUCKETS, "items",
        "items_past_due", "oldest_due_on", "next_crossing_on", "as_of",
    )
)  # fmt: skip


def posted_ahead(today: date) -> bool:
    """Whether anything is posted for a day to come; balances count it already, so such days are asked in arrays."""
    return (
        Item.objects.filter(posted_on__gt=today).exists()
        or Application.objects.filter(posted_on__gt=today).exists()
    )


def standing_sql(
    today: date, policy: Policy, only: Filters = ALL, customers: str = ""
) -> tuple[str, list[Any]]:
    """SQL and parameters of the balances as of `today`, with the columns of Balance. One query looks for stale ones.

    `customers` is a further condition in SQL, written by us, on a column `customer_id`.
    """
    given, values = only.sql("b")
    also = f"AND {customers}" if customers else ""
    stored = f"SELECT {_COLUMNS} FROM records_balance b WHERE 1 = 1 {given} {also}"  # noqa: S608
    if not Balance.objects.filter(next_crossing_on__lte=today).exists():
        return stored, values
    stale = "customer_id IN (SELECT customer_id FROM records_balance WHERE next_crossing_on <= %s)"
    day = database_day(today)
    given_items, values_items = only.sql("i")
    fresh = live(today, policy, f"AND {stale} {given_items} {also}")
    return f"{stored} AND NOT ({stale}) UNION ALL {fresh}", [*values, day, day, *values_items]
