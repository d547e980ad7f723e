"""Payments by card and bank debit as others need them: what a choice costs by each way, what is on its way, what was waived (E7, E8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Sum

from dunlin.records.models import Approval, Customer, OnlinePayment, PaymentChoice, PaymentChoiceItem
from dunlin.records.online_payments import UNDER_WAY, UNSETTLED, WITH_MONEY
from dunlin.rules.card_payments import fee_by_policy
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy


@dataclass(frozen=True)
class CardPrice:
    """What paying a choice by card costs on top; minor units. `waiver_id`: the approval that makes a fee of `waived` zero."""

    fee: int
    waived: int = 0
    waiver_id: int | None = None


def card_price(choice: PaymentChoice, customer: Customer, policy: Policy, now: datetime) -> CardPrice:
    """The fee on a choice paid by card, before the card is known (rule P12). Two queries where there is a fee, else none."""
    payment = Money(choice.amount, choice.currency)
    fee = fee_by_policy(policy, payment, customer.country, customer.region).minor
    if not fee:
        return CardPrice(0)
    waiver = usable_waiver(choice, now)
    return CardPrice(fee) if waiver is None else CardPrice(0, fee, waiver.pk)


def usable_waiver(choice: PaymentChoice, now: datetime) -> Approval | None:
    """The approved waiver that covers paying the choice by card and that no other payment under way rests on, the smallest first."""
    approved = Approval.objects.filter(
        kind="fee_waiver", customer=choice.customer_id, state="approved", expires_at__gt=now
    )
    others = OnlinePayment.objects.filter(waiver__in=approved, state__in=UNDER_WAY).exclude(choice=choice)
    taken = set(others.values_list("waiver", flat=True))
    fit = [
        each
        for each in approved
        if each.pk not in taken
        and each.facts.get("currency") == choice.currency
        and each.facts.get("most", 0) >= choice.amount
    ]
    return min(fit, key=lambda each: (each.facts["most"], each.pk), default=None)


def on_the_way(item_ids: Iterable[int]) -> dict[int, int]:
    """Item → minor units of it that a bank debit under way is to pay. One query."""
    lines = PaymentChoiceItem.objects.filter(
        item__in=list(item_ids), choice__online_payments__state="processing"
    )
    return dict(lines.values("item").annotate(sum=Sum("amount")).values_list("item", "sum"))


def unsettled_of(customer_id: int) -> list[OnlinePayment]:
    """The online payments of a customer that are not the last word: bank debits on their way, and what is taken back until a dispute
    is decided; oldest first. One query."""
    found = OnlinePayment.objects.filter(customer=customer_id, state__in=UNSETTLED)
    return list(found.order_by("started_at", "pk"))


def failed_of(customer_id: int, since: datetime) -> list[OnlinePayment]:
    """The bank debits of a customer that did not come, since a moment, unless one for the same came later. One query."""
    found = OnlinePayment.objects.filter(
        customer=customer_id, state="failed", method="bank_debit", settled_at__gte=since
    )
    paid = OnlinePayment.objects.filter(
        choice=OuterRef("choice"), state__in=WITH_MONEY, pk__gt=OuterRef("pk")
    )
    return list(found.exclude(Exists(paid)).order_by("pk")[:5])


def counts() -> Mapping[str, int]:
    """How many online payments there are in each state."""
    return dict(
        OnlinePayment.objects.values("state")
        .annotate(n=Count("pk"))
        .order_by("state")
        .values_list("state", "n")
    )
