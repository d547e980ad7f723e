"""The limits: the least work that could answer the same question on the same rows: reading them, and numpy."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import connection, transaction

from bench.book import EPOCH, ITEM_FIELDS
from dunlin.cli.init import prepare
from dunlin.records import bulk
from dunlin.records.models import Item
from dunlin.reports.arrays import day_sql, fetch
from dunlin.reports.books import currency_sql

EDGES = np.array([0, 30, 60, 90])
BUCKETS = 5


def fresh() -> None:
    """An empty, migrated database, whatever was in it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connection.close()
    else:
        connection.close()
        for file in Path(settings.DATABASES["default"]["NAME"]).parent.glob("dunlin.sqlite3*"):
            file.unlink()
    prepare()


def tidy_up() -> None:
    """What a PostgreSQL server does by itself between two nights: clear away old rows and count anew."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def open_rows_as_tuples() -> None:
    """Fetch what the night's decision looks at: the open items, as tuples, in order of customer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, customer_id, number, kind, invoice_class, due_on, open, disputed, currency, service_month, "
            "stage FROM records_item WHERE open > 0 AND side = 1 ORDER BY customer_id"
        )
        rows = cursor.fetchall()
    assert rows


def _items(where: str, *params: object) -> np.ndarray:
    words = (
        "i.customer_id",
        currency_sql("i.currency"),
        day_sql("i.due_on"),
        "i.open",
        "i.side",
        "i.id",
        day_sql("i.posted_on"),
    )
    return fetch(words, f"FROM records_item i WHERE {where}", list(params), "i.id")


def _aged(
    customer: np.ndarray, currency: np.ndarray, due: np.ndarray, amount: np.ndarray, today: date
) -> np.ndarray:
    bucket = np.searchsorted(EDGES, (today - EPOCH).days - due)
    group = (customer * 4 + currency % 4) * BUCKETS + bucket
    return (
        np.bincount(group, weights=None, minlength=1)
        if not len(amount)
        else np.bincount(group, amount.astype(np.float64))
    )


def aging_now(today: date) -> None:
    """Extract the open items to arrays; sum by customer, currency and bucket."""
    rows = _items("i.open > 0 AND i.side = 1")
    _aged(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], today)


def read_both() -> tuple[np.ndarray, np.ndarray]:
    """Every item and every application as arrays."""
    items = _items("1 = 1")
    uses = fetch(
        ("a.credit_id", "a.debit_id", "a.amount", day_sql("a.posted_on")),
        "FROM records_application a WHERE 1 = 1",
        [],
        "a.id",
    )
    return items, uses


def aging_past(past: date) -> None:
    """Extract both tables, undo what came later, sum."""
    items, uses = read_both()
    _as_of(items, uses, past)


def _as_of(items: np.ndarray, uses: np.ndarray, past: date) -> None:
    number = (past - EPOCH).days
    open_then = np.zeros(int(items[:, 5].max()) + 1, np.int64)
    open_then[items[:, 5]] = items[:, 3]
    later = uses[uses[:, 3] > number]
    np.add.at(open_then, later[:, 0], later[:, 2])
    np.add.at(open_then, later[:, 1], later[:, 2])
    then = items[(items[:, 6] <= number) & (items[:, 4] == 1)]
    _aged(then[:, 0], then[:, 1], then[:, 2], open_then[then[:, 5]], past)


def trend(today: date) -> None:
    """One extract and 24 passes."""
    items, uses = read_both()
    for month in range(24):
        _as_of(items, uses, today - timedelta(30 * month))


def bare_write(count: int) -> float:
    """Seconds to write `count` item rows in bulk, with no checks but the database's own, undone afterwards."""
    import time

    template = dict.fromkeys(ITEM_FIELDS, "")
    first = Item.objects.order_by("pk").values("entity_id", "customer_id", "terms_id").first()
    assert first is not None
    day, moment = date(2026, 1, 5), datetime(2026, 1, 5, 12, tzinfo=UTC)
    template |= {
        "entity": first["entity_id"], "customer": first["customer_id"], "kind": "invoice", "side": 1, "currency": "USD", "amount": 100,
        "tax": 0, "document_on": day, "due_on": day, "posted_on": day, "value_on": day, "recorded_at": moment, "service_month": None,
        "terms": first["terms_id"], "discount": 0, "open": 100, "disputed": 0, "last_applied_on": None, "closed_on": None,
        "closed_at": None, "stage": 0, "instalment": 0, "invoice_class": "standard", "source": "bare",
    }  # fmt: skip
    fields = [name for name in ITEM_FIELDS if name != "id"] + ["source_key"]
    rows = [(*(template[name] for name in fields[:-1]), f"bare{n}") for n in range(count)]
    started = time.perf_counter()
    with transaction.atomic():
        bulk.insert(Item, fields, rows)
        if connection.vendor == "postgresql":
            # What a commit would check; these rows are never committed, because posted items cannot be deleted.
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        took = time.perf_counter() - started
        transaction.set_rollback(True)
    return took
