"""Take in a payment: post the money and use it for the documents it names; what is left stays unapplied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from dunlin.actions.doing import Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.granted import earned_discount, grant_discount
from dunlin.actions.postings import Draft, apply, customers_of, items_of, post
from dunlin.records.models import Item
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy


@dataclass(frozen=True)
class Use:
    """Use the payment for this item: at most `amount`, never more than is open. None: as much as there is.

    `discount`: grant the discount of its terms if the payment earns it.
    """

    item_id: int
    amount: Money | None = None
    discount: bool = False


@dataclass(frozen=True)
class Taken:
    """A payment taken in; amounts are minor units of `currency`. `applied + unapplied` is the payment."""

    item_id: int
    currency: str
    applied: int
    unapplied: int
    discount: int
    application_ids: tuple[int, ...]


def take_payment(
    who: Who,
    customer_id: int,
    amount: Money,
    uses: Sequence[Use] = (),
    *,
    entity_id: int,
    received_on: date | None = None,
    posted_on: date | None = None,
    reference: str = "",
    description: str = "",
    kind: str = "payment",
    source: str = "",
    source_key: str | None = None,
    why: str = "by_hand",
    evidence: str = "",
    cause: str = "",
    key: str | None = None,
    policy: Policy | None = None,
) -> Taken:
    """Post a payment (or `kind="deposit"`) received on a day, today by default, and use it in the order of `uses`.

    Ten payments of 500 on one invoice of 500 at once: 500 is applied, the rest is unapplied, whoever comes first. Eleven
    statements with `policy` given and one use; one more with a key. Refused: uses_exceed_payment, item_unknown, and what
    `postings.post` and `postings.apply` refuse.
    """
    _check_uses(amount, uses)
    received = received_on or who.today
    posted = posted_on or received
    customers = {customer_id, *customers_of(use.item_id for use in uses)}
    asked = {
        "customer": customer_id,
        "amount": str(amount),
        "uses": repr(uses),
        "on": received,
        "ref": reference,
    }
    with doing(who, "take_payment", customers=customers, cause=cause, key=key, asked=asked) as act:
        if act.answered:
            return _again(act.answer)
        debits = items_of(use.item_id for use in uses)

        draft = Draft(
            customer_id=customer_id, entity_id=entity_id, kind=kind, amount=amount, document_on=received,
            posted_on=posted, reference=reference, description=description, source=source, source_key=source_key,
        )  # fmt: skip
        payment = post(who, draft)
        before = {str(debit.pk): debit.open for debit in debits.values()}
        discount, applications = 0, []
        for use in uses:
            used, granted = _use(who, payment, debits[use.item_id], use, why, evidence)
            applications += used
            discount += granted
        facts_changed(who, customers, policy or current_policy())

        taken = Taken(
            payment.pk,
            amount.currency,
            amount.minor - payment.open,
            payment.open,
            discount,
            tuple(applications),
        )
        act.answer = asdict(taken)
        act.tell(
            about=f"item:{payment.pk}",
            customer_id=customer_id,
            before={"open": before},
            after={**act.answer, "open": {str(debit.pk): debit.open for debit in debits.values()}},
        )
        return taken


def _check_uses(amount: Money, uses: Sequence[Use]) -> None:
    asked = Money.zero(amount.currency)
    for use in uses:
        if use.amount is not None:
            if use.amount.currency != amount.currency:
                raise Refused(
                    "application_other_currency",
                    credit="the payment", debit="the amount to use",
                    credit_currency=amount.currency, debit_currency=use.amount.currency,
                )  # fmt: skip
            asked = asked + use.amount
    if asked > amount:
        raise Refused("uses_exceed_payment", asked=asked, amount=amount)


def _use(who: Who, payment: Item, debit: Item, use: Use, why: str, evidence: str) -> tuple[list[int], int]:
    """Apply what fits, and the discount it earns as a credit of its own; application ids and the discount granted."""
    wanted = payment.open if use.amount is None else min(use.amount.minor, payment.open)
    amount = min(wanted, debit.open)
    if amount == 0:
        return [], 0
    posted_on, value_on = payment.posted_on, payment.value_on
    earned = earned_discount(payment, debit, amount) if use.discount else 0
    # The payment was just posted into this entity on this day; another entity's document is refused anyway.
    made = [
        apply(
            who, payment, debit, amount,
            posted_on=posted_on, value_on=value_on, why=why, evidence=evidence, in_open_period=True,
        ).pk
    ]  # fmt: skip
    if earned:
        made.append(grant_discount(who, payment, debit, earned, posted_on=posted_on).pk)
    return made, earned


def _again(answer: dict[str, Any]) -> Taken:
    return Taken(**{**answer, "application_ids": tuple(answer["application_ids"])})
