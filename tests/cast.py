"""The cast of the tests: who they are, what they owe, and short ways to write books down.

    alice   collector of Lakeside and its branch      mona   AR manager, may nearly everything
    bob     collector of Harbour, a stranger to Alice fred   finance manager
    lena    team lead of both                         adam   administrator, no books

Amounts are texts in major units ("1,000.00"). Days default to the cast's own: TODAY is Wednesday, 25 November 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from django.db import connection

from dunlin.actions import postings
from dunlin.actions.doing import Who
from dunlin.records import balance_sums, guards
from dunlin.records.models import (
    Application,
    Contact,
    ContactPoint,
    Customer,
    Entity,
    Item,
    PaymentTerms,
    Period,
    User,
)
from dunlin.records.policies import current_policy
from dunlin.rules.money import Money

TODAY = date(2026, 11, 25)
PASSWORD = "correct horse battery staple"  # of no real account

_numbers = count(1)


def minor(amount: str | int, currency: str = "USD") -> int:
    """Minor units of "1,000.00"; a whole number already is one."""
    return amount if isinstance(amount, int) else Money.exact(amount.replace(",", ""), currency).minor


def moment(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of a day, in UTC."""
    return datetime.combine(day, time(hour, minute), UTC)


# People


def user(role: str = "collector", username: str = "", **more: Any) -> User:
    """A person of the team with a working password (`PASSWORD`)."""
    name = username or f"{role}{next(_numbers)}"
    found = User.objects.filter(username=name).first()
    if found:
        return found
    first = more.pop("first_name", name.capitalize())
    return User.objects.create_user(
        name, f"{name}@dunlin.test", PASSWORD, role=role, first_name=first, **more
    )


def who(role: str | User = "ar_manager", today: date = TODAY, at: datetime | None = None, **more: Any) -> Who:
    """The one who acts: a user, or just a role without one."""
    now = at or moment(today)
    if isinstance(role, User):
        return Who(role.pk, role.name, role.role, more.pop("door", "desk"), today, now, **more)
    return Who(None, role, role, more.pop("door", "desk"), today, now, **more)


# Accounts


def entity(code: str = "US01", currency: str = "USD", **more: Any) -> Entity:
    """The legal entity of that code, made when it is not there."""
    more.setdefault("name", f"Dunlin Trading {code}")
    return Entity.objects.get_or_create(code=code, defaults={"currency": currency, **more})[0]


def terms(code: str = "NET30", **rule: Any) -> PaymentTerms:
    """Terms by code; net 30 unless the rule says otherwise."""
    return PaymentTerms.objects.get_or_create(
        code=code, defaults={"rule": rule or {"kind": "net_days", "days": 30}}
    )[0]


def customer(name: str = "", *, number: str = "", **more: Any) -> Customer:
    """An account; name and number are made up when not given."""
    serial = next(_numbers)
    more.setdefault("currency", "USD")
    more.setdefault("created_at", moment(TODAY - timedelta(days=400)))
    return Customer.objects.create(
        number=number or f"C{serial:05d}", name=name or f"Customer {serial}", **more
    )


def contact(
    of: Customer, name: str = "Priya Raman", *, phone: str = "+1 212 555 0143", email: str = "", **more: Any
) -> Contact:
    """A person at a customer, with a telephone number and an address."""
    more.setdefault("roles", ["ap"])
    made = Contact.objects.create(customer=of, name=name, **more)
    if phone:
        ContactPoint.objects.create(contact=made, kind="phone", value=phone)
    address = email or f"{name.split()[0].lower()}@{of.number.lower()}.test"
    ContactPoint.objects.create(contact=made, kind="email", value=address)
    return made


def period(of: Entity, starts: date, ends: date, *, locked: bool = False) -> Period:
    """A stretch of an entity's books."""
    return Period.objects.create(
        entity=of, starts_on=starts, ends_on=ends, locked_at=moment(ends) if locked else None
    )


# Documents


def invoice(
    of: Customer,
    amount: str | int,
    *,
    due: date | None = None,
    document: date | None = None,
    posted: date | None = None,
    number: str | None = None,
    invoice_class: str = "standard",
    recorded: datetime | None = None,
    **more: Any,
) -> Item:
    """An invoice: 30 days net, due today unless said otherwise."""
    due = due or (document + timedelta(days=30) if document else TODAY)
    document = document or due - timedelta(days=30)
    return item(
        of, "invoice", amount, document=document, due=due, posted=posted, recorded=recorded,
        number=f"INV-{next(_numbers):05d}" if number is None else number, invoice_class=invoice_class, **more,
    )  # fmt: skip


def payment(
    of: Customer, amount: str | int, *, on: date = TODAY, applied_to: Item | None = None, **more: Any
) -> Item:
    """Money received on a day; all of it, or what the item can take, applied to `applied_to`."""
    made = item(of, "payment", amount, document=on, **more)
    if applied_to is not None:
        apply(made, applied_to, min(made.open, applied_to.open), on=made.posted_on)
        made.refresh_from_db()
    return made


def credit_memo(of: Customer, amount: str | int, *, on: date = TODAY, **more: Any) -> Item:
    """A credit memo, not yet applied."""
    more.setdefault("reason", "price")
    return item(of, "credit_memo", amount, document=on, **more)


def item(
    of: Customer,
    kind: str,
    amount: str | int,
    *,
    document: date = TODAY,
    due: date | None = None,
    posted: date | None = None,
    value: date | None = None,
    recorded: datetime | None = None,
    of_entity: Entity | None = None,
    currency: str = "",
    number: str = "",
    **more: Any,
) -> Item:
    """Any document. Posted and valued on its document date, recorded the same day, unless said otherwise."""
    currency = currency or of.currency
    posted = posted or document
    debit = kind in ("invoice", "debit_memo", "finance_charge", "chargeback", "refund", "payment_return")
    made = Item.objects.create(
        entity=of_entity or entity(), customer=of, kind=kind, side=1 if debit else -1, number=number,
        currency=currency, amount=minor(amount, currency), open=minor(amount, currency), document_on=document,
        due_on=due or document, posted_on=posted, value_on=value or document,
        recorded_at=recorded or moment(posted), **more,
    )  # fmt: skip
    balance_sums.refresh([of.pk], TODAY, current_policy())
    return made


def draft(
    of: Customer, kind: str, amount: str | int, document: date = TODAY, due: date | None = None, **more: Any
) -> postings.Draft:
    """A document as `post_item` takes it, of the entity US01 unless said otherwise."""
    more.setdefault("entity_id", entity().pk)
    currency = more.pop("currency", "") or of.currency
    return postings.Draft(
        customer_id=of.pk,
        kind=kind,
        amount=Money(minor(amount, currency), currency),
        document_on=document,
        due_on=due,
        **more,
    )


def apply(
    credit: Item,
    debit: Item,
    amount: str | int | None = None,
    *,
    on: date | None = None,
    recorded: datetime | None = None,
    why: str = "by_hand",
) -> Application:
    """Use a credit against a debit as an action would: all that fits, unless an amount is given; kept on both objects."""
    posted = on or max(credit.posted_on, debit.posted_on)
    used = min(credit.open, debit.open) if amount is None else minor(amount, credit.currency)
    made = postings.apply(
        who(today=max(posted, TODAY), at=recorded or moment(posted)), credit, debit, used,
        posted_on=posted, value_on=credit.value_on, why=why, in_open_period=True,
    )  # fmt: skip
    balance_sums.refresh([credit.customer_id, debit.customer_id], TODAY, current_policy())
    return made


def reverse(application: Application, *, on: date, recorded: datetime | None = None) -> Application:
    """Undo an application; objects that were read before do not know it."""
    fresh = Application.objects.select_related("credit", "debit").get(pk=application.pk)
    actor = who(today=max(on, TODAY), at=recorded or moment(on))
    made = postings.reverse(
        actor, fresh, posted_on=on, value_on=on, why="reversed_by_hand", in_open_period=True
    )
    balance_sums.refresh([fresh.credit.customer_id, fresh.debit.customer_id], TODAY, current_policy())
    return made


def corrupt(statement: str, values: Sequence[Any] = ()) -> None:
    """Change posted rows behind the books' back, as a program with the database's password might."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        guards.remove(connection)
        cursor.execute(statement, values)
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        guards.install(connection)


# The books


@dataclass(frozen=True)
class Books:
    """A small set of books. Lakeside owes 1,500.00 (500.00 of it 40 days past due) and has 200.00 unapplied; its branch
    owes 300.00; Harbour owes 750.00, 10 days past due, and paid 250.00 of what were 1,000.00."""

    entity: Entity
    alice: User
    bob: User
    lena: User
    mona: User
    fred: User
    adam: User
    lakeside: Customer
    branch: Customer
    harbour: Customer
    late: Item
    current: Item
    unapplied: Item
    branch_invoice: Item
    part_paid: Item
    part_payment: Item


def books() -> Books:
    """Write the small set of books down and return its parts."""
    ours = entity()
    lena = user("team_lead", "lena")
    alice, bob = user("collector", "alice", lead=lena), user("collector", "bob", lead=lena)
    lakeside = customer(
        "Lakeside Hotels",
        number="L-100",
        collector=alice,
        country="US",
        time_zone="America/New_York",
        terms=terms(),
    )
    branch = customer("Lakeside Hotels West", number="L-101", parent=lakeside, collector=alice, country="US")
    harbour = customer(
        "Harbour & Söhne", number="H-200", collector=bob, country="US", time_zone="America/Chicago"
    )
    contact(lakeside, "Priya Raman")
    contact(harbour, "Jonas Weber", phone="+1 312 555 0188")
    part_paid = invoice(harbour, "1,000.00", due=TODAY - timedelta(days=10), number="INV-2001")
    return Books(
        entity=ours,
        alice=alice,
        bob=bob,
        lena=lena,
        mona=user("ar_manager", "mona"),
        fred=user("finance_manager", "fred"),
        adam=user("administrator", "adam"),
        lakeside=lakeside,
        branch=branch,
        harbour=harbour,
        late=invoice(lakeside, "500.00", due=TODAY - timedelta(days=40), number="INV-1001"),
        current=invoice(lakeside, "1,000.00", due=TODAY + timedelta(days=10), number="INV-1002"),
        unapplied=payment(lakeside, "200.00", on=TODAY - timedelta(days=3), reference="WIRE 4711"),
        branch_invoice=invoice(branch, "300.00", due=TODAY, number="INV-1101"),
        part_payment=payment(harbour, "250.00", on=TODAY - timedelta(days=5), applied_to=part_paid),
        part_paid=Item.objects.get(pk=part_paid.pk),
    )
