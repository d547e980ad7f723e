"""The bank's file of the morning, taken in by the product itself: most of it places itself, some is proposed, some is asked about."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

from dunlin.actions.doing import automatic_application
from dunlin.actions.process_waiting import process_waiting
from dunlin.actions.take_bank_file import name_bank_account, take_bank_file
from dunlin.records.models import BankAccount, Customer, Entity, Item
from dunlin.rules.money import Money
from examples.sample_company.bank_file import Line, camt

if TYPE_CHECKING:
    from collections.abc import Sequence

_CUSTOMERS = 24


def write_bank(today: date, seed: int, now: datetime) -> None:
    """One statement in the home currency: named invoices, several at once, a name alone, short pays, strangers, a return, a fee."""
    chance = Random(f"{seed}-bank")
    rows = Customer.objects.filter(
        items__open__gt=0, items__side=1, items__currency="USD", parent=None
    ).distinct()
    customers = list(rows.order_by("pk")[: 4 * _CUSTOMERS])
    lines: list[Line] = []
    for number, customer in enumerate(chance.sample(customers, min(_CUSTOMERS, len(customers)))):
        owed = list(
            Item.objects.filter(customer=customer, side=1, currency="USD", open__gt=0, disputed=0).order_by(
                "due_on", "pk"
            )[:3]
        )
        if owed:
            lines.append(_payment(number, customer, owed))
    lines += [
        Line("4250.00", "Northgate Holdings SA", "TRANSFER REF 88120", "STRANGER-1", _account("stranger")),
        Line("1.37", "Our bank", "Interest credited", "INTEREST-1"),
        Line("-18.50", "Our bank", "Account fee", "FEE-1"),
    ]
    paid = (
        Item.objects.filter(kind="payment", currency="USD", open=0, posted_on__lt=today)
        .order_by("-posted_on", "-pk")
        .first()
    )
    if paid is not None:
        lines.append(
            Line(
                f"-{_plain(paid.amount)}",
                paid.customer.name,
                "RETURNED ITEM",
                paid.reference or "R-1",
                _account(paid.customer.name),
                returned="AM04",
            )
        )
    who = automatic_application(today, now)
    take_bank_file(who, "statement-of-the-morning.xml", camt(lines, today, opening="250000.00"))
    home = Entity.objects.order_by("pk").first()
    if home is not None:
        name_bank_account(who, BankAccount.objects.get().pk, "First Harbor, operating", home.pk)
    process_waiting(today, now)


def _payment(number: int, customer: Customer, owed: Sequence[Item]) -> Line:
    """One of the ways people pay, by turns."""
    way, first = number % 6, owed[0]
    account, name = _account(customer.name), customer.name
    if way == 1 and len(owed) > 1:
        text = "Invoices " + ", ".join(each.number for each in owed)
        return Line(_plain(sum(each.open for each in owed)), name, text, f"P{number}", account)
    if way == 2:
        return Line(_plain(first.open), name.upper()[:18], "PAYMENT", f"P{number}", account)
    if way == 3:
        return Line(
            _plain(first.open * 9 // 10), name, f"{first.number} LESS 10 PCT DAMAGED", f"P{number}", account
        )
    if way == 4:
        return Line(_plain(first.open + 5_000), name, f"{first.number} and on account", f"P{number}", account)
    return Line(_plain(first.open), name, f"Invoice {first.number}", f"P{number}", account)


def _plain(minor: int) -> str:
    return str(Money(minor, "USD").decimal)


def _account(name: str) -> str:
    """An account number nobody has, the same for the same name."""
    return f"GB00TEST{int(sha256(name.encode()).hexdigest(), 16) % 10**14:014}"
