"""A book for the simulator of receipts: customers with names and groups, invoices with the day each was paid.

The days and amounts are those of a real ledger when one is given (CSV: customer_id, posting_date, due_date, clear_date, amount,
currency); otherwise they are made up. Names, order numbers and groups are made up in both cases.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

FIRST = "Alder Anchor Basin Birch Cobalt Corner Dover Eagle Elm Fjord Garnet Grove Hazel Ivory Kestrel Linden Maple North Oak Pioneer Quill River Sable Union Vale Willow".split()
SECOND = "Apparel Bakery Beverages Catering Chemicals Dairy Distribution Electric Foods Freight Hardware Hospitality Imports Logistics Markets Medical Packaging Partners Pharmacy Produce Supply Systems Tools Trading Wholesale".split()
FORMS = "Inc|LLC|Ltd|Corp|Co|Company|LP|GmbH|S.A.|& Sons Inc|Group Inc|International Ltd".split("|")
DAY_ZERO = date(2024, 1, 1)


@dataclass
class Customer:
    """A customer of the book; `discount` is its habit in hundredths of a per cent, 0 for none."""

    id: str
    name: str
    parent: str = ""
    currency: str = "USD"
    account: str = ""
    discount: int = 0
    lists: bool = False


@dataclass
class Invoice:
    """An invoice; `until` is the day it was paid (None: still open)."""

    id: str
    customer: str
    issued: date
    due: date
    amount: int
    currency: str
    order: str
    since: date
    until: date | None
    kind: str = "INV"


@dataclass
class Book:
    """Customers by id, and invoices in order of their days."""

    customers: dict[str, Customer]
    invoices: list[Invoice]


def made_book(random: Random, ledger: Path | None, invoices: int) -> Book:
    """The book of a real ledger, or one made up with so many invoices."""
    rows = list(_ledger(ledger)) if ledger else list(_made_up(random, invoices))
    rows.sort(key=lambda row: row[1])
    customers: dict[str, Customer] = {}
    names: set[str] = set()
    found: list[Invoice] = []
    number = random.randrange(1_300_000_000, 1_900_000_000)
    for key, issued, due, paid, amount, currency in rows:
        if key not in customers:
            customers[key] = _customer(random, len(customers), currency, names)
        number += random.randrange(1, 60)
        order = f"45{random.randrange(10**8):08d}"
        customer = customers[key]
        found.append(
            Invoice(str(number), customer.id, issued, due, amount, customer.currency, order, issued, paid)
        )
    all_of_them = list(customers.values())
    for parent in random.sample(all_of_them, len(all_of_them) // 25):
        for child in random.sample(all_of_them, 2):
            if (
                child is not parent
                and not child.parent
                and not parent.parent
                and child.currency == parent.currency
            ):
                child.parent = parent.id
    return Book({each.id: each for each in all_of_them}, found)


def _customer(random: Random, place: int, currency: str, names: set[str]) -> Customer:
    name = ""
    while not name or name in names:
        name = f"{random.choice(FIRST)} {random.choice(SECOND)} {random.choice(FORMS)}"
    names.add(name)
    id_ = str(300_000_000 + place * 6_121)
    account = f"AC{random.randrange(10**10):010d}"
    discount = random.choice((100, 200, 200, 250, 300)) if random.random() < 0.05 else 0
    return Customer(id_, name, "", currency, account, discount, random.random() < 0.35)


def _ledger(path: Path) -> Iterator[tuple[str, date, date, date | None, int, str]]:
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as stream
    ):
        for row in csv.DictReader(stream):
            whole, _, cents = row["amount"].partition(".")
            amount = int(whole) * 100 + int((cents + "00")[:2])
            if amount > 0:
                paid = date.fromisoformat(row["clear_date"]) if row["clear_date"] else None
                issued, due = date.fromisoformat(row["posting_date"]), date.fromisoformat(row["due_date"])
                yield (
                    row["customer_id"],
                    issued,
                    due,
                    max(issued, paid) if paid else None,
                    amount,
                    row["currency"],
                )


def _made_up(random: Random, invoices: int) -> Iterator[tuple[str, date, date, date | None, int, str]]:
    """Few large customers and many small ones; some pay runs of all that is due, some buy at list prices again and again."""
    count = max(20, invoices // 40)
    busy = [1 / (place + 4) for place in range(count)]
    habits = [
        (random.choice((10, 15, 30, 45)), random.choice((1, 3, 7, 14)), random.random() < 0.3)
        for _ in range(count)
    ]
    prices = [
        [random.choice((4_900, 9_900, 19_900, 25_000, 54_017, 99_900)) for _ in range(3)]
        for _ in range(count)
    ]
    for _ in range(invoices):
        place = random.choices(range(count), busy)[0]
        terms, every, listed = habits[place]
        issued = DAY_ZERO + timedelta(random.randrange(420))
        due = issued + timedelta(terms)
        amount = (
            random.choice(prices[place])
            if listed and random.random() < 0.6
            else int(random.lognormvariate(12.3, 1.3))
        )
        late = due + timedelta(random.randrange(-4, 25))
        paid = late + timedelta((every - late.toordinal()) % every)
        yield str(place), issued, due, max(paid, issued), max(amount, 500), "USD" if place % 9 else "CAD"
