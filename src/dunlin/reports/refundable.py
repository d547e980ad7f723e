"""The facts a refund rests on: the credit and what is asked for of it already, what its customer owes, who had paid and how (P26). Read-only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, Sum

from dunlin.records.models import Block, Item, PayeeAccount, Receipt, Refund
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.refunds import HOLDS, CreditFacts, Owner, Payee, Refundable, rail_told, refundable, windows


@dataclass(frozen=True, slots=True)
class PaidBy:
    """How a payment came in, as far as the bank's file told: rail ("" unknown), the payer's last four signs and fingerprint."""

    rail: str = ""
    tail: str = ""
    fingerprint: str = ""


def called(item: Item) -> str:
    """A credit as people call it: its number, else what the bank wrote, else its id."""
    return f"{item.kind.replace('_', ' ')} {item.number or item.reference or f'#{item.pk}'}"


def paid_by(credits_: Collection[Item]) -> dict[int, PaidBy]:
    """How each payment came in. One query."""
    told = Receipt.objects.filter(kind="credit", payment__in=[each.pk for each in credits_])
    rows = told.values_list(
        "payment_id", "file__format", "currency", "check_number", "payer_tail", "payer_fingerprint"
    )
    found = {
        payment: PaidBy(rail_told(form, currency, check, "bank"), tail, mark)
        for payment, form, currency, check, tail, mark in rows
    }
    for each in credits_:
        if each.pk not in found and (rail := rail_told("", each.currency, "", each.source)):
            found[each.pk] = PaidBy(rail)
    return found


def reserved(credit_ids: Collection[int], but: int | None = None) -> dict[int, int]:
    """Minor units of each credit that are asked for and not decided, without refund `but`. One query."""
    asked = Refund.objects.filter(credit__in=list(credit_ids), state="requested")
    asked = asked if but is None else asked.exclude(pk=but)
    return dict(asked.values_list("credit").annotate(Sum("amount")))


def owners(customers: Collection[int], currency: str, today: date) -> dict[int, Owner]:
    """What each customer owes in a currency, and the first hold on them. Two queries."""
    ids = list(customers)
    owed = {
        customer: (amount, count)
        for customer, amount, count in Item.objects.filter(
            customer__in=ids, currency=currency, side=1, open__gt=0
        )
        .values_list("customer")
        .annotate(Sum("open"), Count("pk"))
    }
    held = holds(ids, today)
    return {
        customer: Owner(
            Money(owed.get(customer, (0, 0))[0], currency), owed.get(customer, (0, 0))[1], *held.get(customer, ("", None))
        )
        for customer in ids
    }  # fmt: skip


def holds(customers: Collection[int], today: date) -> dict[int, tuple[str, date]]:
    """The oldest hold of each customer that has one, by kind and first day. One query."""
    standing = Block.objects.filter(
        Q(until_on__isnull=True) | Q(until_on__gte=today),
        customer__in=list(customers), item=None, kind__in=HOLDS, lifted_at=None, from_on__lte=today,
    )  # fmt: skip
    found: dict[int, tuple[str, date]] = {}
    for customer, kind, since in standing.order_by("from_on", "pk").values_list(
        "customer", "kind", "from_on"
    ):
        found.setdefault(customer, (kind, since))
    return found


def credit_facts(credit: Item, rail: str, asked_for: int = 0) -> CreditFacts:
    """The credit as the rule takes it. One query."""
    back = Item.objects.filter(kind="payment_return", corrects_id=credit.pk).exists()
    return CreditFacts(
        called(credit), credit.kind, Money(credit.open, credit.currency), Money(asked_for, credit.currency), credit.value_on, rail, back,
    )  # fmt: skip


def judged(
    credit: Item,
    today: date,
    policy: Policy,
    *,
    rail: str = "",
    asked: Money | None = None,
    method: str = "",
    payee: PayeeAccount | None = None,
    waived: Mapping[str, str] | None = None,
    but: int | None = None,
) -> Refundable:
    """What can be refunded of a credit now and why not the rest. `rail`: what a person says where no file told. `but`: the refund itself."""
    came = paid_by([credit]).get(credit.pk, PaidBy())
    facts = credit_facts(credit, came.rail or rail, reserved([credit.pk], but).get(credit.pk, 0))
    to = None
    if method:
        same = payee.fingerprint == came.fingerprint if payee is not None and came.fingerprint else None
        to = Payee(method, payee.tail if payee else "", came.tail, same)
    owner = owners([credit.customer_id], credit.currency, today)[credit.customer_id]
    return refundable(facts, owner, windows(policy), today, asked=asked, payee=to, waived=waived or {})
