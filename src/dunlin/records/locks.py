"""The locks: whoever changes a customer's books or decisions holds its row; what only one may do at a time takes turns."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from dunlin.records import bulk


def lock_customers(ids: Iterable[int]) -> None:
    """Take the customers' row locks in one order, so that two acts never wait for each other in a circle; held to the end of the
    caller's transaction.

    Not FOR UPDATE: a row elsewhere that only names the customer must not wait for it, nor take it out of order.
    SQLite needs none: its transactions are IMMEDIATE and hold the only write lock.
    """
    wanted = sorted(set(ids))
    if not wanted or connection.vendor == "sqlite":
        return
    chosen, parameters = bulk.among(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM records_customer WHERE id {chosen} ORDER BY id FOR NO KEY UPDATE",  # noqa: S608
            parameters,
        )


def one_at_a_time(what: str) -> None:
    """Those who do `what` take turns, each to the end of its transaction. SQLite's write lock does it anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"dunlin {what}"])
