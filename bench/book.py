"""A generated book for the benchmarks: many customers, three currencies, a third of the items open, all invariants kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.db import connection, transaction

from dunlin.records import bulk
from dunlin.records.models import (
    Application,
    Contact,
    ContactPoint,
    Customer,
    Entity,
    ExchangeRate,
    Item,
    PaymentTerms,
    User,
)

EPOCH = date(1970, 1, 1)
CURRENCIES = ("USD", "EUR", "GBP")


@dataclass(frozen=True)
class Size:
    """How large: a third of `items` are open invoices, a third closed ones, a third the payments that closed them."""

    customers: int
    items: int


SIZES = {"small": Size(2_000, 60_000), "medium": Size(20_000, 600_000), "full": Size(100_000, 3_000_000)}

CUSTOMER_FIELDS = (
    "id", "number", "name", "sort_name", "status", "segment", "currency", "language", "time_zone", "country", "region",
    "collector", "assigned_by_hand", "created_at",
)  # fmt: skip
ITEM_FIELDS = (
    "id", "entity", "customer", "kind", "side", "invoice_class", "number", "instalment", "currency", "amount", "tax",
    "document_on", "due_on", "posted_on", "value_on", "recorded_at", "service_month", "terms", "discount",
    "po_number", "order_number", "reference", "description", "reason", "source", "open", "disputed",
    "last_applied_on", "closed_on", "closed_at", "stage",
)  # fmt: skip
APPLICATION_FIELDS = ("credit", "debit", "amount", "posted_on", "value_on", "recorded_at", "why", "evidence")


class Days:
    """Dates and noons by day number, made once."""

    def __init__(self, first: date, last: date) -> None:
        self.first = (first - EPOCH).days
        self.dates = [first + timedelta(n) for n in range((last - first).days + 1)]
        self.noons = [datetime(on.year, on.month, on.day, 12, tzinfo=UTC) for on in self.dates]

    def day(self, number: int) -> date:
        return self.dates[number - self.first]

    def moment(self, number: int) -> datetime:
        return self.noons[number - self.first]


def load(size: Size, today: date, seed: int = 11) -> None:
    """Fill an empty, migrated database. The stored balances are not made here; the benchmark rebuilds them."""
    with transaction.atomic():
        entities = [
            Entity.objects.create(code="US01", name="Larkspur Data Inc.", currency="USD", country="US"),
            Entity.objects.create(code="EU01", name="Larkspur Data GmbH", currency="EUR", country="DE"),
        ]
        terms = PaymentTerms.objects.create(code="N30", rule={"kind": "net_days", "days": 30})
        collectors = [_collector(n) for n in range(max(4, min(100, size.customers // 1000)))]
        for quote, rate in (("EUR", "1.085000"), ("GBP", "1.271000")):
            ExchangeRate.objects.create(
                base=quote, quote="USD", on=today - timedelta(800), rate=rate, source="bench"
            )
        bulk.insert(Customer, CUSTOMER_FIELDS, _customers(size, [c.pk for c in collectors]))
        _contacts(size)
        days = Days(today - timedelta(900), today + timedelta(120))
        plan = _plan(size, today, seed)
        bulk.insert(Item, ITEM_FIELDS, _items(plan, size, days, today, [e.pk for e in entities], terms.pk))
        bulk.insert(Application, APPLICATION_FIELDS, _applications(plan, size, days, today))
        _move_sequences()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _collector(n: int) -> User:
    return User.objects.create(username=f"collector{n}", role="collector", password="!")


def _customers(size: Size, collectors: list[int]) -> Iterator[tuple]:
    made = datetime(2024, 1, 1, tzinfo=UTC)
    for n in range(1, size.customers + 1):
        name = f"Company {n * 7919 % 999983} {('Works', 'Trading', 'Labs', 'Freight')[n % 4]}"
        currency = CURRENCIES[n % 3]
        yield (
            n, f"C{n:07d}", name, name.lower(), "active", ("smb", "mid", "large")[n % 3], currency, "en",
            ("America/New_York", "Europe/Berlin", "Europe/London")[n % 3], ("US", "DE", "GB")[n % 3], "",
            collectors[n % len(collectors)], False, made,
        )  # fmt: skip


def _contacts(size: Size) -> None:
    ids = range(1, size.customers + 1)
    bulk.insert(
        Contact,
        (
            "id",
            "customer",
            "name",
            "title",
            "roles",
            "time_zone",
            "language",
            "do_not_call",
            "cease_contact",
            "active",
            "position",
        ),
        ((n, n, f"Pat Payer {n}", "", '["ap"]', "", "", False, False, True, 0) for n in ids),
    )
    bulk.insert(
        ContactPoint,
        ("contact", "kind", "value", "label", "state", "position"),
        (
            row
            for n in ids
            for row in (
                (n, "phone", f"+1 212 555 {n % 10000:04d}", "", "ok", 0),
                (n, "email", f"ap{n}@customer.example", "", "ok", 1),
            )
        ),
    )


def _items(
    plan: Plan, size: Size, days: Days, today: date, entities: list[int], terms: int
) -> Iterator[tuple]:
    third = size.items // 3
    day, moment, classes = days.day, days.moment, ("standard", "mrr", "final")
    now = (today - EPOCH).days
    for n in range(third):  # open invoices, one in ten part-paid
        c, doc, due, amount, paid = (
            plan.open_customer[n],
            plan.open_doc[n],
            plan.open_due[n],
            plan.open_amount[n],
            plan.open_paid[n],
        )
        klass = classes[n % 3]
        yield (
            n + 1, entities[c % 2], c, "invoice", 1, klass, f"INV{n:08d}", 0, CURRENCIES[c % 3], amount, 0,
            day(doc), day(due), day(doc), day(doc), moment(doc), day(doc).replace(day=1) if klass == "mrr" else None, terms, 0,
            "", "", "", "", "", "bench", amount - paid, 0, day(now) if paid else None, None, None, 0,
        )  # fmt: skip
    for n in range(third):  # closed invoices
        c, doc, paid_on, amount = (
            plan.closed_customer[n],
            plan.closed_doc[n],
            plan.closed_paid[n],
            plan.closed_amount[n],
        )
        yield (
            third + n + 1, entities[c % 2], c, "invoice", 1, classes[n % 3], f"OLD{n:08d}", 0, CURRENCIES[c % 3], amount, 0,
            day(doc), day(doc + 30), day(doc), day(doc), moment(doc), None, terms, 0,
            "", "", "", "", "", "bench", 0, 0, day(paid_on), day(paid_on), moment(paid_on), 0,
        )  # fmt: skip
    for n in range(third):  # their payments
        c, paid_on, amount = plan.closed_customer[n], plan.closed_paid[n], plan.closed_amount[n]
        part = plan.part_of.get(n, 0)
        last = day(now) if part else day(paid_on)
        yield (
            2 * third + n + 1, entities[c % 2], c, "payment", -1, "", f"PAY{n:08d}", 0, CURRENCIES[c % 3], amount + part, 0,
            day(paid_on), day(paid_on), day(paid_on), day(paid_on), moment(paid_on), None, None, 0,
            "", "", "", "", "", "bench", 0, 0, last, last, moment(now) if part else moment(paid_on), 0,
        )  # fmt: skip


def _applications(plan: Plan, size: Size, days: Days, today: date) -> Iterator[tuple]:
    third = size.items // 3
    day, moment, now = days.day, days.moment, (today - EPOCH).days
    for n in range(third):
        paid_on = plan.closed_paid[n]
        yield (
            2 * third + n + 1,
            third + n + 1,
            plan.closed_amount[n],
            day(paid_on),
            day(paid_on),
            moment(paid_on),
            "by_reference",
            "",
        )
    for payment, part in plan.part_of.items():
        yield (
            2 * third + payment + 1,
            plan.part_debit[payment] + 1,
            part,
            day(now),
            day(now),
            moment(now),
            "by_hand",
            "",
        )


@dataclass(frozen=True)
class Plan:
    """The random part of the book as plain lists."""

    open_customer: list[int]
    open_doc: list[int]
    open_due: list[int]
    open_amount: list[int]
    open_paid: list[int]
    closed_customer: list[int]
    closed_doc: list[int]
    closed_paid: list[int]
    closed_amount: list[int]
    part_of: dict[int, int]  # payment → minor units it also put on an open invoice
    part_debit: dict[int, int]  # payment → that open invoice


def _plan(size: Size, today: date, seed: int) -> Plan:
    """Customers follow a long tail: a few have hundreds of items, most a handful."""
    random = np.random.default_rng(seed)
    third, now = size.items // 3, (today - EPOCH).days
    tail = (random.pareto(1.2, third) * size.customers / 40).astype(int) % size.customers + 1
    open_customer = random.permutation(np.concatenate([np.arange(1, size.customers + 1), tail])[:third])
    open_doc = now - random.integers(0, 160, third)
    open_amount = random.lognormal(11, 1.4, third).astype(np.int64) + 100
    closed_customer = np.sort(random.permutation(open_customer))
    closed_doc = now - random.integers(75, 730, third)
    closed_paid = np.minimum(closed_doc + random.integers(5, 70, third), now - 1)
    closed_amount = random.lognormal(11, 1.4, third).astype(np.int64) + 100
    first_payment = {int(c): n for n, c in reversed(list(enumerate(closed_customer.tolist())))}
    part_of: dict[int, int] = {}
    part_debit: dict[int, int] = {}
    open_paid = np.zeros(third, dtype=np.int64)
    for n in range(0, third, 10):
        payment = first_payment.get(int(open_customer[n]))
        if payment is not None and payment not in part_of and open_doc[n] <= now:
            open_paid[n] = open_amount[n] // 3
            part_of[payment], part_debit[payment] = int(open_paid[n]), n
    return Plan(
        open_customer.tolist(), open_doc.tolist(), (open_doc + 30).tolist(), open_amount.tolist(), open_paid.tolist(),
        closed_customer.tolist(), closed_doc.tolist(), closed_paid.tolist(), closed_amount.tolist(), part_of, part_debit,
    )  # fmt: skip


def _move_sequences() -> None:
    """PostgreSQL hands out numbers from sequences that explicit keys do not move."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in (Customer, Item, Contact):
            table = model._meta.db_table
            cursor.execute(f'SELECT setval(\'"{table}_id_seq"\', (SELECT MAX(id) FROM "{table}"))')


def peak_memory_mb() -> float:
    """The process's peak resident memory in megabytes."""
    with open(f"/proc/{os.getpid()}/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
