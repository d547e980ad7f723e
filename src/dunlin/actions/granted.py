"""What is granted with a payment: the discount it earned, the small balance written off, the small amount over. It stands and falls with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Sum

from dunlin.actions.doing import Who
from dunlin.actions.postings import Draft, apply, named, post
from dunlin.records import bulk
from dunlin.records.items import MONEY_KINDS
from dunlin.records.models import Application, Item
from dunlin.rules.cash.tolerances import SMALL
from dunlin.rules.discounts import earned_by_payment, still_offered
from dunlin.rules.money import Money

GRANTED = ("discount", "write_off")


def granted_with(payment_id: int) -> list[Item]:
    """The discounts and write-offs granted with a payment that were not taken back since."""
    granted = Item.objects.filter(corrects_id=payment_id, kind__in=GRANTED)
    return list(granted.exclude(corrections__kind="payment_return").order_by("pk"))


def uses_granted_beside(application: Application) -> list[Application]:
    """The standing uses, on the same document, of what was granted with the payment of an application."""
    uses = Application.objects.filter(
        credit__corrects_id=application.credit_id, credit__kind__in=GRANTED, debit_id=application.debit_id,
        reverses__isnull=True, reversal__isnull=True,
    )  # fmt: skip
    return list(uses.select_related("credit", "debit").order_by("pk"))


def credited_and_granted(debit_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """By document what was credited (memos, write-offs) and what discount was granted, in minor units; none of it: absent."""
    found: dict[int, tuple[int, int]] = {}
    for chunk in bulk.chunks(list(debit_ids)):
        uses = Application.objects.filter(debit_id__in=chunk).exclude(credit__kind__in=MONEY_KINDS)
        for debit, kind, amount in uses.values_list("debit_id", "credit__kind").annotate(Sum("amount")):
            credited, granted = found.get(debit, (0, 0))
            if kind == "discount":
                found[debit] = credited, granted + amount
            else:
                found[debit] = credited + amount, granted
    return found


def earned_discount(payment: Item, debit: Item, amount: int) -> int:
    """The discount that `amount` of a payment earns on a document as it stands, in minor units; a statement only where
    something was applied to the document before."""
    offered = debit.discount
    if offered and debit.open < debit.amount:
        credited, granted = credited_and_granted([debit.pk]).get(debit.pk, (0, 0))
        offered = still_offered(offered, debit.amount, credited, granted)
    return earned_by_payment(debit.open, offered, debit.discount_until, amount, payment.value_on)


def grant_discount(who: Who, payment: Item, debit: Item, discount: int, *, posted_on: date) -> Application:
    """Post a discount earned by a payment and use it for the document. The caller knows the day is in an open period."""
    draft = Draft(
        customer_id=debit.customer_id, entity_id=debit.entity_id, kind="discount",
        amount=Money(discount, debit.currency), document_on=posted_on, value_on=payment.value_on,
        reason="earned", corrects_id=payment.pk, description=f"Early payment of {named(debit)}"[:200],
    )  # fmt: skip
    credit = post(who, draft, in_open_period=True)
    return apply(
        who, credit, debit, discount,
        posted_on=posted_on, value_on=payment.value_on, why="discount_earned", in_open_period=True,
    )  # fmt: skip


def grant_small_difference(
    who: Who, payment: Item, debit: Item, amount: int, *, code: str, posted_on: date
) -> Item:
    """Write off what a payment left of a document, within tolerance or kept by the banks. The caller knows the day is in an open period."""
    draft = Draft(
        customer_id=debit.customer_id, entity_id=debit.entity_id, kind="write_off", amount=Money(amount, debit.currency),
        document_on=posted_on, value_on=payment.value_on, reason=code, corrects_id=payment.pk,
        description=f"{'Bank charges' if code != SMALL else 'Small difference'} of {named(debit)}"[:200],
    )  # fmt: skip
    credit = post(who, draft, in_open_period=True)
    apply(
        who, credit, debit, amount,
        posted_on=posted_on, value_on=payment.value_on, why=code, in_open_period=True,
    )  # fmt: skip
    return credit


def grant_over(who: Who, payment: Item, *, posted_on: date) -> Item:
    """A small debit that takes up what is left of a payment, within tolerance. The caller knows the day is in an open period."""
    amount = payment.open
    draft = Draft(
        customer_id=payment.customer_id, entity_id=payment.entity_id, kind="debit_memo", amount=Money(amount, payment.currency),
        document_on=posted_on, value_on=payment.value_on, reason=SMALL, corrects_id=payment.pk,
        description=f"Small difference over of {named(payment)}"[:200],
    )  # fmt: skip
    debit = post(who, draft, in_open_period=True)
    apply(
        who, payment, debit, amount,
        posted_on=posted_on, value_on=payment.value_on, why=SMALL, in_open_period=True,
    )  # fmt: skip
    return debit


def overs_of(payment_id: int) -> list[Item]:
    """The small debits granted with a payment that were not taken back since: one at most, after an undoing and a new grant."""
    found = Item.objects.filter(corrects_id=payment_id, kind="debit_memo", reason=SMALL)
    return list(found.exclude(corrections__kind="credit_memo").order_by("pk"))


def take_back_over(who: Who, debit: Item, *, posted_on: date, value_on: date) -> Item:
    """A credit over the whole of a small debit, when what paid it was undone: nobody is asked for it."""
    debit.refresh_from_db()
    draft = Draft(
        customer_id=debit.customer_id, entity_id=debit.entity_id, kind="credit_memo", amount=Money(debit.amount, debit.currency),
        document_on=value_on, posted_on=posted_on, value_on=value_on, reason=f"{SMALL}_back"[:24], corrects_id=debit.pk,
    )  # fmt: skip
    credit = post(who, draft)
    apply(
        who, credit, debit, debit.open,
        posted_on=posted_on, value_on=value_on, why="payment_returned", in_open_period=True,
    )  # fmt: skip
    return credit


def take_back(
    who: Who,
    credit_id: int,
    *,
    posted_on: date,
    value_on: date,
    reason: str = "",
    source: str = "",
    source_key: str | None = None,
) -> Item:
    """A debit over the whole of a credit, settled from what is open on it: nobody can use the credit again.

    `reason` is the bank's code when the credit is a payment; what was granted with one says its kind.
    """
    credit = Item.objects.get(pk=credit_id)
    draft = Draft(
        customer_id=credit.customer_id, entity_id=credit.entity_id, kind="payment_return",
        amount=Money(credit.amount, credit.currency), document_on=value_on, posted_on=posted_on,
        reference=credit.reference, reason=f"{credit.kind}_reversed" if credit.kind in GRANTED else reason[:24],
        corrects_id=credit.pk, source=source, source_key=source_key,
    )  # fmt: skip
    debit = post(who, draft)
    if credit.open:
        apply(
            who, credit, debit, credit.open,
            posted_on=posted_on, value_on=value_on, why="payment_returned", in_open_period=True,
        )  # fmt: skip
    return debit
