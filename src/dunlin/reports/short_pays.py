"""Short pays and overpayments: the open cases by deadline, one with what it rests on, and what a customer does again and again (E3, P27).

Read-only. A short pay is a dispute that names the payment it was kept back from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from dunlin.records.models import Approval, Dispute, Item, Overpayment, Receipt
from dunlin.rules.cash.short_pays import REASONS, WINDOW, ShortPay, habit_of, told
from dunlin.rules.cash.tolerances import SMALL
from dunlin.rules.money import Money

PAGE_SIZE = 50
MOST = 50  # of the short pays of a customer, newest first


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One open case in a list. `kind` is short or over; `days` since it was opened; `light` green, amber on its last day, red after."""

    kind: str
    id: int
    customer_id: int
    customer: str
    number: str
    document: str
    amount: Money
    reason: str
    reason_words: str
    owner: str
    opened_on: date
    due_on: date | None
    days: int
    light: str
    next: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of cases by deadline; `next` is the place to go on after, "" at the end."""

    rows: tuple[CaseRow, ...]
    next: str


def open_short_pays(sight: Q) -> QuerySet[Dispute]:
    """The short pays nobody has decided yet, of customers in sight."""
    return Dispute.objects.filter(sight, payment__isnull=False, resolved_on__isnull=True)


def open_overpayments(sight: Q) -> QuerySet[Overpayment]:
    """Money over about which nobody has decided, of customers in sight."""
    return Overpayment.objects.filter(sight, outcome="", payment__open__gt=0)


def case_sums(sight: Q) -> list[tuple[str, str, int, int]]:
    """(kind, currency, number, minor units) of what is open. Two queries."""
    short = (
        open_short_pays(sight).values_list("item__currency").annotate(Count("pk"), Sum("amount")).order_by()
    )
    over = open_overpayments(sight).values_list("payment__currency").annotate(Count("pk"), Sum("payment__open")).order_by()  # fmt: skip
    return [("short", *row) for row in sorted(short)] + [("over", *row) for row in sorted(over)]


def short_page(
    sight: Q, today: date, *, reason: str = "", owner: int | None = None, search: str = "", after: str = ""
) -> CasePage:
    """Open short pays by deadline. Two queries a page."""
    found = open_short_pays(sight)
    if reason:
        found = found.filter(reason=reason)
    if owner is not None:
        found = found.filter(owner=owner)
    if search:
        found = found.filter(
            Q(customer__name__icontains=search) | Q(customer__number=search) | Q(item__number=search)
        )
    rows, more = _page(found.select_related("customer", "item", "owner"), after)
    asked = set(
        Approval.objects.filter(
            about__in=[f"short_pay:{each.pk}" for each in rows], state="requested"
        ).values_list("about", flat=True)
    )
    return CasePage(tuple(_short_row(each, today, f"short_pay:{each.pk}" in asked) for each in rows), more)


def over_page(
    sight: Q, today: date, *, owner: int | None = None, search: str = "", after: str = ""
) -> CasePage:
    """Open overpayments by deadline. One query a page."""
    found = open_overpayments(sight)
    if owner is not None:
        found = found.filter(owner=owner)
    if search:
        found = found.filter(Q(customer__name__icontains=search) | Q(customer__number=search))
    rows, more = _page(found.select_related("customer", "payment", "owner"), after)
    return CasePage(tuple(_over_row(each, today) for each in rows), more)


def _page(found: QuerySet[Any], after: str) -> tuple[list[Any], str]:
    """A page in the order of deadlines; who has none comes last, as both engines are told."""
    day, _, pk = after.partition(".")
    if pk.isascii() and pk.isdigit() and len(pk) < 12:
        try:
            on = date.fromisoformat(day)
        except ValueError:
            found = found.filter(due_on__isnull=True, pk__gt=int(pk)) if day == "none" else found
        else:
            found = found.filter(Q(due_on__gt=on) | Q(due_on=on, pk__gt=int(pk)) | Q(due_on__isnull=True))
    rows = list(found.order_by(F("due_on").asc(nulls_last=True), "pk")[: PAGE_SIZE + 1])
    last = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    more = f"{last.due_on.isoformat() if last.due_on else 'none'}.{last.pk}" if last is not None else ""
    return rows[:PAGE_SIZE], more


def _light(due_on: date | None, today: date) -> str:
    return "green" if due_on is None or today < due_on else "amber" if today == due_on else "red"


def _owner(row: Any) -> str:
    return row.owner.name if row.owner is not None else ""


def _short_row(row: Dispute, today: date, asked: bool) -> CaseRow:
    item = row.item
    step = (
        "Waits for approval"
        if asked
        else "Paid since: close it"
        if item.open == 0
        else f"Ask {row.department}"
        if row.department
        else "Ask the customer"
    )
    return CaseRow(
        "short", row.pk, row.customer_id, row.customer.name, row.customer.number, item.number or item.reference,
        Money(row.amount, item.currency), row.reason, REASONS.get(row.reason, row.reason), _owner(row), row.opened_on, row.due_on,
        (today - row.opened_on).days, _light(row.due_on, today), step,
    )  # fmt: skip


def _over_row(row: Overpayment, today: date) -> CaseRow:
    payment = row.payment
    return CaseRow(
        "over", row.pk, row.customer_id, row.customer.name, row.customer.number, payment.reference or f"of {payment.value_on}",
        Money(payment.open, payment.currency), "over", "Paid too much", _owner(row), row.opened_on, row.due_on,
        (today - row.opened_on).days, _light(row.due_on, today), "Ask what to do with it",
    )  # fmt: skip


def short_pays_of(customer_id: int, today: date) -> list[ShortPay]:
    """The short pays and small differences of a customer within the 90 days up to `today`, newest first. Two queries.

    What went back with its payment is none: money that came back was never short.
    """
    since = today - WINDOW
    cases = Dispute.objects.filter(
        customer=customer_id, payment__isnull=False, opened_on__range=(since, today)
    )
    cases = cases.exclude(resolution="withdrawn")
    rows = [
        ShortPay(on, amount, whole, reason, number, currency)
        for on, amount, whole, reason, number, currency in cases.order_by("-opened_on", "-pk").values_list(
            "opened_on", "amount", "item__amount", "reason", "item__number", "item__currency"
        )[:MOST]
    ]
    small = Item.objects.filter(
        customer=customer_id,
        kind="write_off",
        reason=SMALL,
        corrects__isnull=False,
        posted_on__range=(since, today),
    ).exclude(corrections__kind="payment_return")
    rows += [
        ShortPay(on, amount, whole or amount, SMALL, number or "", currency)
        for on, amount, currency, whole, number in small.order_by("-posted_on", "-pk").values_list(
            "posted_on", "amount", "currency", "uses__debit__amount", "uses__debit__number"
        )[:MOST]
    ]
    return sorted(rows, key=lambda each: (each.on, each.document), reverse=True)


def habit_told(customer_id: int, today: date) -> list[str]:
    """What a customer keeps back again and again, a sentence each, oldest first; empty when nothing repeats. Two queries."""
    return [told(each) for each in habit_of(short_pays_of(customer_id, today), today)]


@dataclass(frozen=True, slots=True)
class Case:
    """A short pay with all one needs to decide it. `terms` says what discount was offered until when; `history` are those of the
    customer before it, of the same reason first told."""

    dispute: Dispute
    item: Item
    payment: Item
    receipt: Receipt | None
    advice: tuple[Mapping[str, Any], ...]
    terms: str
    history: tuple[Dispute, ...]
    habit: tuple[str, ...]
    waiting: Approval | None
    refused: Approval | None


def case_of(dispute: Dispute, today: date) -> Case:
    """One case. Seven queries."""
    item = Item.objects.select_related("terms").get(pk=dispute.item_id)
    payment = Item.objects.get(short_pays=dispute)
    receipt = Receipt.objects.filter(payment=payment, kind="credit").first()
    said: Sequence[Mapping[str, Any]] = receipt.documents if receipt is not None else ()
    advice = tuple(each for each in said if each.get("number") == item.number) or tuple(said[:5])
    terms = ""
    if item.discount and item.discount_until:
        terms = f"{Money(item.discount, item.currency)} for payment through {item.discount_until}; this payment is of {payment.value_on}"
    before = Dispute.objects.filter(
        customer=dispute.customer_id, payment__isnull=False, reason=dispute.reason
    )
    history = tuple(before.exclude(pk=dispute.pk).select_related("item").order_by("-opened_on", "-pk")[:10])
    asked = list(Approval.objects.filter(about=f"short_pay:{dispute.pk}").order_by("-pk")[:5])
    waiting = next((each for each in asked if each.state == "requested"), None)
    refused = asked[0] if asked and asked[0].state == "refused" else None
    return Case(
        dispute, item, payment, receipt, advice, terms, history,
        tuple(habit_told(dispute.customer_id, today)), waiting, refused,
    )  # fmt: skip
