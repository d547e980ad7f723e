"""The account at a glance: who, what is owed by age, what is contested, unapplied, promised, blocked, and what comes next.

Every figure is as of a day; a fixed number of queries, however many items.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from django.db.models import Q

from dunlin.records.models import (
    Address,
    Block,
    Call,
    Contact,
    ContactPoint,
    Customer,
    CustomerName,
    Decision,
)
from dunlin.reports.arrays import day_number, day_of
from dunlin.reports.books import CURRENCIES, Book, extract
from dunlin.reports.filters import Filters
from dunlin.reports.moments import day_ends
from dunlin.reports.rates import Rate, home_minor, rates_to
from dunlin.rules.aging import BucketSet, bucket_index, buckets_of
from dunlin.rules.codes import Refused
from dunlin.rules.discounts import annualised
from dunlin.rules.measures import ratio
from dunlin.rules.policy import Policy
from dunlin.rules.terms import Terms, in_words, terms_of


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """What is owed in one currency, minor units. `debits` is the sum of `buckets`; `net` is the balance.

    `oldest_due_on` is of the open debits, `oldest_days` their days past due (negative: not due yet).
    """

    currency: str
    buckets: tuple[int, ...]
    debits: int
    unapplied: int
    disputed: int
    past_due: int
    late: int
    items: int
    items_past_due: int
    oldest_due_on: date | None
    oldest_days: int | None

    @property
    def net(self) -> int:
        return self.debits - self.unapplied


@dataclass(frozen=True, slots=True)
class CreditLine:
    """The line in the customer's currency. `used` is the open debits at the day's rates; unapplied credit does not reduce it.

    `limit` None: none is set. `used` None: a currency has no rate. `used_pct` None without a limit or with a limit of zero.
    """

    currency: str
    limit: int | None
    used: int | None
    available: int | None
    used_pct: Decimal | None
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class Relative:
    """Another account of the group."""

    id: int
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """The latest decision of a day not after the one looked at; `code` and `facts` make its sentence (rules/reasons.py)."""

    day: date
    step: str
    tier: str
    code: str
    facts: dict[str, Any]
    rank: int | None
    look_again_on: date | None


@dataclass(frozen=True, slots=True)
class BlockShown:
    """Why nobody asks: of the account, or of one item (`item_id`)."""

    id: int
    kind: str
    item_id: int | None
    item_number: str
    from_on: date
    until_on: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class Point:
    """An e-mail address or telephone number; `state` ok, wrong or bounced."""

    id: int
    kind: str
    value: str
    label: str
    state: str


@dataclass(frozen=True, slots=True)
class ContactShown:
    """A person at the customer; empty zone or language are the customer's."""

    id: int
    name: str
    title: str
    roles: tuple[str, ...]
    time_zone: str
    language: str
    do_not_call: bool
    cease_contact: bool
    active: bool
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class LastCall:
    """The latest call by the day."""

    day: date
    started_at: datetime
    outcome: str
    spoke_to: str
    by: str


@dataclass(frozen=True)
class Account:
    """The head of the account page. `people` maps collector, sales_rep, business_manager to names; absent when none.

    `group` are the balances of the top account and all below it together; empty when the account stands alone.
    """

    as_of: date
    id: int
    number: str
    name: str
    other_names: tuple[str, ...]
    status: str
    segment: str
    currency: str
    language: str
    time_zone: str
    country: str
    region: str
    terms_code: str
    terms_words: str
    discount_words: str
    collector_id: int | None
    people: dict[str, str]
    bucket_set: BucketSet
    balances: tuple[AccountBalance, ...]
    credit_line: CreditLine
    parent: Relative | None
    children: tuple[Relative, ...]
    group: tuple[AccountBalance, ...]
    next_step: NextStep | None
    last_call: LastCall | None
    blocks: tuple[BlockShown, ...]
    contacts: tuple[ContactShown, ...]
    addresses: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        return self.bucket_set.labels


_PEOPLE = ("collector", "sales_rep", "business_manager")


def account(customer_id: int, as_of: date, policy: Policy, *, known_at: datetime | None = None) -> Account:
    """The account as of a day. Refused (`customer_unknown`) when there is none. At most twenty queries."""
    customer = Customer.objects.select_related("terms", "parent", *_PEOPLE).filter(pk=customer_id).first()
    if customer is None:
        raise Refused("customer_unknown", customer=customer_id)
    buckets = buckets_of(policy.aging_basis, policy.aging_bucket_uppers)  # type: ignore[arg-type]
    balances = balances_of(extract(as_of, known_at, only=Filters(customer=customer_id)), buckets, policy)
    below = Customer.objects.filter(parent=customer).values_list("pk", "number", "name")
    # Sorted here: to avoid a sort, SQLite would walk the index of all names.
    children = tuple(sorted((Relative(*row) for row in below), key=lambda each: (each.name, each.number)))
    parent = (
        Relative(customer.parent.pk, customer.parent.number, customer.parent.name)
        if customer.parent
        else None
    )
    group: tuple[AccountBalance, ...] = ()
    if children or parent:
        group = balances_of(extract(as_of, known_at, only=Filters(parent=_top(customer))), buckets, policy)
    terms = customer.terms
    return Account(
        as_of=as_of,
        id=customer.pk,
        number=customer.number,
        name=customer.name,
        other_names=_other_names(customer),
        **{name: getattr(customer, name) for name in _PLAIN},
        terms_code=terms.code if terms else "",
        terms_words=terms_words(terms.code, terms.description, terms.rule) if terms else "",
        discount_words=discount_words(terms.code, terms.rule) if terms else "",
        people={name: getattr(customer, name).name for name in _PEOPLE if getattr(customer, name)},
        bucket_set=buckets,
        balances=balances,
        credit_line=_credit_line(customer, balances, as_of),
        parent=parent,
        children=children,
        group=group,
        next_step=_next_step(customer_id, as_of),
        last_call=_last_call(customer_id, as_of),
        blocks=blocks_of(customer_id, as_of, policy.ledger_time_zone),
        contacts=contacts_of(customer_id),
        addresses=_addresses(customer_id),
    )


_PLAIN = ("status", "segment", "currency", "language", "time_zone", "country", "region", "collector_id")


def balances_of(book: Book, buckets: BucketSet, policy: Policy) -> tuple[AccountBalance, ...]:
    """What a book of one account, or of one group, comes to, per currency."""
    rows = []
    days = book.days_past_due()
    age = days if buckets.basis == "due_date" else np.int32(day_number(book.as_of)) - book.document
    bucket = bucket_index(buckets, age)
    for index in np.unique(book.currency).tolist():
        of = book.currency == index
        debit = of & (book.side == 1)
        sums = tuple(int(book.open[debit & (bucket == each)].sum()) for each in range(len(buckets.labels)))
        oldest = day_of(book.due[debit].min()) if debit.any() else None
        rows.append(
            AccountBalance(
                CURRENCIES[index], sums, sum(sums), int(book.open[of & ~debit].sum()), int(book.disputed[debit].sum()),
                int(book.open[debit & (days >= 1)].sum()), int(book.open[debit & (days >= policy.late_bucket_from)].sum()),
                int(debit.sum()), int((debit & (days >= 1)).sum()), oldest,
                (book.as_of - oldest).days if oldest else None,
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: row.currency))


def terms_words(code: str, description: str, rule: Mapping[str, Any]) -> str:
    """The terms as a sentence; what the rules cannot read is told by its description."""
    try:
        terms = terms_of(code, rule)
    except (TypeError, ValueError, ArithmeticError):
        terms = None
    return in_words(terms) if terms else description or in_words(Terms(code, "unknown"))


def discount_words(code: str, rule: Mapping[str, Any]) -> str:
    """What taking the discount is worth to the customer in a year, one place; empty unless the terms are of net days."""
    try:
        terms = terms_of(code, rule)
    except (TypeError, ValueError, ArithmeticError):
        return ""
    if terms is None or terms.kind != "net_days" or not terms.discount_pct:
        return ""
    pct = annualised(terms.discount_pct, terms.discount_days, terms.days)
    return (
        ""
        if pct is None
        else f"Taking the discount is worth {pct.quantize(Decimal('0.1'), ROUND_HALF_UP):,f} % a year."
    )


def blocks_of(customer_id: int, as_of: date, zone: str) -> tuple[BlockShown, ...]:
    """The blocks in force on the day, of the account and of its items. One query."""
    found = Block.objects.filter(customer=customer_id, from_on__lte=as_of)
    found = found.filter(Q(until_on=None) | Q(until_on__gte=as_of))
    found = found.filter(Q(lifted_at=None) | Q(lifted_at__gte=day_ends(as_of, zone)))
    rows = found.order_by("from_on", "id").values_list(
        "id", "kind", "item_id", "item__number", "from_on", "until_on", "reason"
    )
    return tuple(BlockShown(*row[:3], row[3] or "", *row[4:]) for row in rows)


def contacts_of(customer_id: int) -> tuple[ContactShown, ...]:
    """The people of a customer with their points, active ones first. Two queries."""
    points: dict[int, list[Point]] = {}
    found = ContactPoint.objects.filter(contact__customer=customer_id).order_by(
        "contact", "kind", "position", "id"
    )
    for row in found.values_list("contact_id", "id", "kind", "value", "label", "state"):
        points.setdefault(row[0], []).append(Point(*row[1:]))
    return tuple(
        ContactShown(
            each.pk, each.name, each.title, tuple(each.roles), each.time_zone, each.language, each.do_not_call,
            each.cease_contact, each.active, tuple(points.get(each.pk, ())),
        )
        for each in Contact.objects.filter(customer=customer_id).order_by("-active", "position", "id")
    )  # fmt: skip


def _credit_line(customer: Customer, balances: tuple[AccountBalance, ...], as_of: date) -> CreditLine:
    rates = rates_to(customer.currency, [each.currency for each in balances], as_of)
    parts = [home_minor(each.debits, each.currency, rates, customer.currency) for each in balances]
    used = None if None in parts else sum(part for part in parts if part is not None)
    limit = customer.credit_limit
    available = None if limit is None or used is None else limit - used
    pct = None if limit is None or used is None else ratio(used, limit, 100)
    others = tuple(rate for base, rate in sorted(rates.items()) if base != customer.currency)
    return CreditLine(customer.currency, limit, used, available, pct, others)


def _top(customer: Customer) -> int:
    """The top account; the walk up stops at a circle."""
    seen = {customer.pk}
    while customer.parent is not None and customer.parent.pk not in seen:
        customer = customer.parent
        seen.add(customer.pk)
    return customer.pk


def _other_names(customer: Customer) -> tuple[str, ...]:
    names = CustomerName.objects.filter(customer=customer).exclude(name=customer.name).order_by("name")
    return tuple(names.values_list("name", flat=True))


def _next_step(customer_id: int, as_of: date) -> NextStep | None:
    found = Decision.objects.filter(customer=customer_id, day__lte=as_of).order_by("-day", "-revision")
    row = found.values_list("day", "step", "tier", "code", "facts", "rank", "look_again_on").first()
    return NextStep(*row) if row else None


def _last_call(customer_id: int, as_of: date) -> LastCall | None:
    calls = (
        Call.objects.filter(customer=customer_id, day__lte=as_of)
        .select_related("by")
        .order_by("-started_at", "-id")
    )
    call = calls.first()
    return LastCall(call.day, call.started_at, call.outcome, call.spoke_to, call.by.name) if call else None


def _addresses(customer_id: int) -> tuple[str, ...]:
    rows = (
        Address.objects.filter(customer=customer_id)
        .order_by("id")
        .values_list("lines", "postcode", "city", "region", "country")
    )
    return tuple(", ".join(part for part in row if part) for row in rows)
