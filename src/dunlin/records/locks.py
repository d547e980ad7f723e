"""The locks of customers: whoever changes a customer's books or decisions holds its row."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from dunlin.records import bulk


def lock_customers(ids: Iterable[int]) -> None:
    """Take the customers' row locks in one order, so that two acts never wait for each other in a circle; held to the end of the
    caller's transaction.

    SQLite needs none: its transactions are IMMEDIATE and hold the only write lock.
    """
    wanted = sorted(set(ids))
    if not wanted or connection.vendor == "sqlite":
        return
    chosen, parameters = bulk.among(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM records_customer WHERE id {chosen} ORDER BY id FOR UPDATE",  # noqa: S608
            parameters,
        )
