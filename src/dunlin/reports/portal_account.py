"""What a customer sees of its own account: what is owed, in which currency, and the documents behind it (E7).

Figures are those of today as the books keep them. Nothing internal is read: no notes, no reasons, no names of colleagues (P38).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, Count, F, Min, Q, QuerySet, Sum, Value, When

from dunlin.records.documents import NEEDS_APPROVAL
from dunlin.records.models import Document, Item, Promise, PromiseItem
from dunlin.reports.online_payments import on_the_way

PAGE_SIZE = 50
PAID_DAYS = 365
GROUPS = ("late", "due", "credits", "paid")


@dataclass(frozen=True, slots=True)
class Owed:
    """One currency of an account, in minor units: all that is open, of it past due and in dispute; `credit` is not used yet."""

    currency: str
    open: int
    late: int
    disputed: int
    credit: int
    next_due_on: date | None

    @property
    def balance(self) -> int:
        return self.open - self.credit


@dataclass(frozen=True, slots=True)
class Line:
    """One document. `days_late` 0 when it is not due; `promised_on` the day of an open promise; `document_id` its file, if there is
    one that may be handed out."""

    id: int
    kind: str
    number: str
    instalment: int
    reference: str
    currency: str
    amount: int
    open: int
    disputed: int
    document_on: date
    due_on: date
    days_late: int
    closed_on: date | None
    promised_on: date | None
    document_id: int | None
    coming: int = 0  # minor units that a bank debit on its way is to pay


@dataclass(frozen=True)
class Lines:
    """A page of a group, and how many there are in each."""

    group: str
    lines: tuple[Line, ...]
    counts: dict[str, int]
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.counts[self.group] // PAGE_SIZE))


def owed(customer_ids: Iterable[int], today: date) -> dict[int, list[Owed]]:
    """Customer → what is open by currency, the largest first. One query for all of them."""
    rows = Item.objects.filter(customer__in=list(customer_ids), open__gt=0).values("customer", "currency")
    late = Q(side=1, due_on__lt=today)
    sums = rows.annotate(
        owing=Sum("open", filter=Q(side=1), default=0), late=Sum("open", filter=late, default=0),
        contested=Sum("disputed", filter=Q(side=1), default=0), credit=Sum("open", filter=Q(side=-1), default=0),
        soonest=Min("due_on", filter=Q(side=1, due_on__gte=today)),
    )  # fmt: skip
    found: dict[int, list[Owed]] = {}
    for row in sums.order_by("currency"):
        found.setdefault(row["customer"], []).append(
            Owed(row["currency"], row["owing"], row["late"], row["contested"], row["credit"], row["soonest"])
        )
    for each in found.values():
        each.sort(key=lambda one: -one.open)
    return found


def lines(customer_id: int, today: date, group: str, page: int = 1) -> Lines:
    """A page of a group of GROUPS; `paid` are those settled within a year. Five queries."""
    groups = {
        "late": Q(side=1, open__gt=0, due_on__lt=today),
        "due": Q(side=1, open__gt=0, due_on__gte=today),
        "credits": Q(side=-1, open__gt=0),
        "paid": Q(side=1, open=0, closed_on__gte=today - timedelta(PAID_DAYS)),
    }
    counts = Item.objects.filter(customer=customer_id).aggregate(
        **{name: Count("pk", filter=condition) for name, condition in groups.items()}
    )
    last = max(1, -(-counts[group] // PAGE_SIZE))
    page = max(1, min(page, last))
    order = ("-closed_on", "-pk") if group == "paid" else ("due_on", "pk")
    found = Item.objects.filter(groups[group], customer=customer_id).order_by(*order)
    items = list(found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
    return Lines(group, tuple(_lines(customer_id, items, today)), counts, page)


def lines_of(customer_id: int, items: Iterable[Item], today: date) -> list[Line]:
    """Some items of an account as lines. Three queries."""
    return _lines(customer_id, list(items), today)


def _lines(customer_id: int, items: list[Item], today: date) -> list[Line]:
    ids = [item.pk for item in items]
    open_promises = PromiseItem.objects.filter(
        item__in=ids, promise__status="open", promise__replaced_by=None, promise__due_on__gte=today
    )
    promised = dict(open_promises.order_by("promise__due_on").values_list("item", "promise__due_on"))
    coming = on_the_way(ids)
    files: dict[int, int] = {}
    for item_id, pk in (
        handed_out(customer_id)
        .filter(item__in=ids, kind__in=("invoice", "credit_memo"))
        .order_by("pk")
        .values_list("item", "pk")
    ):
        files[item_id] = pk  # the newest stands
    return [
        Line(
            item.pk, item.kind, item.number or f"#{item.pk}", item.instalment, item.po_number or item.reference, item.currency,
            item.amount, item.open, item.disputed, item.document_on, item.due_on,
            max(0, (today - item.due_on).days) if item.side == 1 and item.open else 0, item.closed_on, promised.get(item.pk),
            files.get(item.pk), coming.get(item.pk, 0),
        )
        for item in items
    ]  # fmt: skip


def ids_of(customer_id: int, today: date, which: str, most: int) -> list[int]:
    """The open items of an account: all that is past due (`late`), or all (`open`), oldest first. What is wholly in dispute is not asked
    for."""
    found = Item.objects.filter(customer=customer_id, side=1, open__gt=F("disputed"))
    if which == "late":
        found = found.filter(due_on__lt=today)
    return list(found.order_by("due_on", "pk").values_list("pk", flat=True)[:most])


def handed_out(customer_id: int) -> QuerySet[Document]:
    """The documents a customer may take: in force, approved where their kind asks for it, of a file that may be opened."""
    found = Document.objects.filter(customer=customer_id, withdrawn_at=None, file__refused="")
    return found.filter(~Q(kind__in=NEEDS_APPROVAL) | Q(approved_at__isnull=False))


def promises_of(customer_id: int, today: date) -> list[tuple[date, int, str]]:
    """The open promises that are still to come: day, minor units, currency; soonest first. One query."""
    whole = Sum(Case(When(amount=None, then="items__open_then"), default=Value(0)))
    found = Promise.objects.filter(customer=customer_id, status="open", replaced_by=None, due_on__gte=today)
    rows = found.annotate(whole=whole).order_by("due_on", "pk")
    return [(each.due_on, each.amount or each.whole or 0, each.currency) for each in rows[:20]]
