"""The balances: one row per customer, entity and currency, summed from the open items by SQL made from the rules' buckets.

`refresh` runs in the transaction that posts, for the customers it touched and locked; `roll` each night for those whose
items changed bucket; `rebuild` for everything. `compare` recomputes all of it and tells what differs.
"""

# ruff: noqa: S608  every piece of the SQL is written here or in rules/aging.py; values are parameters

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from dunlin.records import bulk
from dunlin.records.balances import BUCKET_COLUMNS, Balance
from dunlin.records.locks import lock_customers
from dunlin.rules.aging import BucketSet, buckets_of, late_case_sql, summary_case_sql
from dunlin.rules.policy import Policy

# A balance without open debits never crosses; the column wants a day all the same.
NEVER = date.max

_ROLL_CHUNK = 5_000

_BUCKETS = tuple(f"bucket_{index}" for index in range(BUCKET_COLUMNS))
_AMOUNTS = ("debits", "unapplied", "disputed", "past_due", "late", *_BUCKETS)
_COLUMNS = (
    "customer_id", "entity_id", "currency", *_AMOUNTS, "items", "items_past_due", "oldest_due_on", "next_crossing_on",
    "as_of",
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """A balance that is not what the open items make it; `stored` or `right` is None when the row is not there."""

    customer_id: int
    entity_id: int
    currency: str
    stored: dict[str, object] | None
    right: dict[str, object] | None

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the columns that differ; all of them when a row is missing."""
        if self.stored is None or self.right is None:
            return _COLUMNS[3:]
        return tuple(name for name in _COLUMNS[3:] if self.stored[name] != self.right[name])


def refresh(customer_ids: Iterable[int], today: date, policy: Policy) -> None:
    """Rewrite the balances of these customers as of `today`, in the caller's transaction and under its customer locks.

    Two statements per ten thousand customers.
    """
    for chunk in bulk.chunks(sorted(set(customer_ids))):
        chosen, parameters = bulk.among(chunk)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM records_balance WHERE customer_id {chosen}", parameters)
            cursor.execute(_insert(today, policy, f"AND customer_id {chosen}"), parameters)


def roll(today: date, policy: Policy) -> int:
    """Cut the buckets anew for customers with an item that has crossed into another by `today`; how many there were."""
    ids = sorted(
        set(Balance.objects.filter(next_crossing_on__lte=today).values_list("customer_id", flat=True))
    )
    for chunk in bulk.chunks(ids, _ROLL_CHUNK):
        with transaction.atomic():
            lock_customers(chunk)
            refresh(chunk, today, policy)
    return len(ids)


def rebuild(today: date, policy: Policy) -> int:
    """Write every balance anew as of `today`; how many there are. Needed after the buckets or the basis were changed."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Posting goes on until it comes to its balances, and writes those again after us.
            cursor.execute("LOCK TABLE records_balance IN EXCLUSIVE MODE")
            cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute("DELETE FROM records_balance")
        cursor.execute(_insert(today, policy))
        return cursor.rowcount


def compare(today: date, policy: Policy, first: int = 100) -> list[Difference]:
    """The first balances that differ from their recomputation, each as of the day it was cut; empty when all are right."""
    expected = _select(f"COALESCE(b.as_of, {_day(today)})", policy, joined=True)
    columns = ", ".join(_COLUMNS)
    sql = (
        f"WITH expected ({columns}) AS ({expected}) "
        f"SELECT customer_id, entity_id, currency FROM (SELECT {columns} FROM expected EXCEPT SELECT {columns} "
        f"FROM records_balance) AS wrong UNION SELECT customer_id, entity_id, currency FROM (SELECT {columns} FROM "
        f"records_balance EXCEPT SELECT {columns} FROM expected) AS stray ORDER BY 1, 2, 3 LIMIT {int(first)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        keys = cursor.fetchall()
        if not keys:
            return []
        ids = sorted({key[0] for key in keys})
        marks = ", ".join(["%s"] * len(ids))
        cursor.execute(
            f"SELECT * FROM ({expected}) AS e ({columns}) WHERE customer_id IN ({marks})"
            if connection.vendor == "postgresql"
            else f"WITH e ({columns}) AS ({expected}) SELECT * FROM e WHERE customer_id IN ({marks})",
            ids,
        )
        right = {row[:3]: dict(zip(_COLUMNS, row)) for row in cursor.fetchall()}
        cursor.execute(f"SELECT {columns} FROM records_balance WHERE customer_id IN ({marks})", ids)
        stored = {row[:3]: dict(zip(_COLUMNS, row)) for row in cursor.fetchall()}
    return [Difference(key[0], key[1], key[2], stored.get(key), right.get(key)) for key in keys]


def live(today: date, policy: Policy, where: str = "") -> str:
    """The SELECT of balances as of `today` from the open items `i`, in the order of COLUMNS: for those that have gone stale."""
    return _select(_day(today), policy, where)


def _insert(today: date, policy: Policy, where: str = "") -> str:
    columns = ", ".join(_COLUMNS)
    return f"INSERT INTO records_balance ({columns}) {_select(_day(today), policy, where)}"


def _select(day: str, policy: Policy, where: str = "", joined: bool = False) -> str:
    """The SELECT that makes balances in the order of `_COLUMNS`; `day` is the SQL of the day the buckets are cut."""
    buckets = buckets_of(policy.aging_basis, policy.aging_bucket_uppers)  # type: ignore[arg-type]
    # By due date the days of the buckets are the days past due: not worked out twice.
    age, age_column = (
        ("days", "") if buckets.basis == "due_date" else ("age", f", {_days(day, 'i.document_on')} AS age")
    )
    source = "records_item AS i"
    if joined:
        source += (
            " LEFT JOIN records_balance AS b ON b.customer_id = i.customer_id AND b.entity_id = i.entity_id "
            "AND b.currency = i.currency"
        )
    sums = summary_case_sql(buckets, age, "debit")
    sums += ["0"] * (BUCKET_COLUMNS - len(sums))
    return (
        "SELECT customer_id, entity_id, currency, SUM(debit), SUM(open - debit), SUM(disputed), "
        f"SUM(CASE WHEN days >= 1 THEN debit ELSE 0 END), {late_case_sql('days', 'debit', policy.late_bucket_from)}, "
        f"{', '.join(sums)}, SUM(side), SUM(CASE WHEN days >= 1 THEN side ELSE 0 END), "
        f"MIN(CASE WHEN side = 1 THEN due_on END), {_crossing(buckets, policy)}, cut "
        f"FROM (SELECT i.customer_id, i.entity_id, i.currency, i.due_on, i.open, {day} AS cut, "
        "CASE WHEN i.side = 1 THEN i.disputed ELSE 0 END AS disputed, CASE WHEN i.side = 1 THEN 1 ELSE 0 END AS side, "
        f"CASE WHEN i.side = 1 THEN i.open ELSE 0 END AS debit, {_days(day, 'i.due_on')} AS days{age_column} "
        f"FROM {source} WHERE i.open > 0 {where}{_NOT_FLATTENED[connection.vendor]}) AS open_items "
        "GROUP BY customer_id, entity_id, currency, cut"
    )


# SQLite would work the days out again for every bucket if it merged the inner query into the outer one.
_NOT_FLATTENED = {"sqlite": " LIMIT -1", "postgresql": ""}


def _crossing(buckets: BucketSet, policy: Policy) -> str:
    """SQL of the next day a debit item becomes past due, becomes late or changes its bucket."""
    by_due = {1, policy.late_bucket_from}
    edges = {upper + 1 for upper in buckets.uppers}
    if buckets.basis == "due_date":
        wait = _wait("days", by_due | edges)
    else:
        wait = f"LEAST({_wait('days', by_due)}, {_wait('age', edges)})"
    # Two thousand years away stands for never, so that the least of two waits is always a number.
    if connection.vendor == "postgresql":
        return f"COALESCE(cut + NULLIF(MIN({wait}), {_FAR}), DATE '{NEVER}')"
    wait = wait.replace("LEAST(", "MIN(")
    return f"COALESCE(date(cut, '+' || NULLIF(MIN({wait}), {_FAR}) || ' days'), '{NEVER}')"


_FAR = 730_000


def _wait(days: str, thresholds: Iterable[int]) -> str:
    """SQL of the days until the next threshold above `days`, for debit items."""
    steps = " ".join(f"WHEN {days} < {edge} THEN {edge} - {days}" for edge in sorted(thresholds))
    return f"CASE WHEN side = 0 THEN {_FAR} {steps} ELSE {_FAR} END"


def _days(day: str, column: str) -> str:
    if connection.vendor == "postgresql":
        return f"({day} - {column})"
    return f"CAST(julianday({day}) - julianday({column}) AS INTEGER)"


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'" if connection.vendor == "postgresql" else f"'{day.isoformat()}'"
