"""Apply a credit (a payment, a credit memo, a deposit) to something that is owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from dunlin.actions.doing import Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.granted import earned_discount, grant_discount
from dunlin.actions.postings import apply, customers_of, items_of, named
from dunlin.records.items import MONEY_KINDS
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy


@dataclass(frozen=True)
class Applied:
    """One application and how much it used, and the discount that was granted with it."""

    application_id: int
    amount: Money
    discount: Money


def apply_credit(
    who: Who,
    credit_id: int,
    debit_id: int,
    amount: Money | None = None,
    *,
    discount: bool = False,
    posted_on: date | None = None,
    why: str = "by_hand",
    evidence: str = "",
    cause: str = "",
    key: str | None = None,
    policy: Policy | None = None,
) -> Applied:
    """Apply `amount`, or all that both sides have, of a credit to a debit; posted today unless said otherwise.
    `discount`: grant the discount of its terms if the credit is a payment that earns it.

    Two people applying the same credit at once: the second finds what the first left. Refused: item_not_open,
    item_unknown, and everything `postings.apply` refuses.
    """
    customers = customers_of([credit_id, debit_id])
    asked = {"credit": credit_id, "debit": debit_id, "amount": str(amount), "posted_on": posted_on}
    asked |= {"discount": True} if discount else {}
    with doing(who, "apply_credit", customers=customers, cause=cause, key=key, asked=asked) as act:
        if act.answered:
            return _again(act.answer)
        items = items_of([credit_id, debit_id])
        credit, debit = items[credit_id], items[debit_id]
        if amount is not None and amount.currency != credit.currency:
            raise Refused(
                "application_other_currency",
                credit=named(credit), debit="the amount", credit_currency=credit.currency, debit_currency=amount.currency,
            )  # fmt: skip
        for item in (credit, debit):
            if amount is None and item.open == 0:
                raise Refused("item_not_open", document=named(item))

        before = {"credit_open": credit.open, "debit_open": debit.open}
        used = min(credit.open, debit.open) if amount is None else amount.minor
        day = posted_on or who.today
        earned = earned_discount(credit, debit, used) if discount and credit.kind in MONEY_KINDS else 0
        application = apply(
            who, credit, debit, used, posted_on=day, value_on=credit.value_on, why=why, evidence=evidence
        )
        if earned:
            grant_discount(who, credit, debit, earned, posted_on=day)
        facts_changed(who, customers, policy or current_policy())

        act.answer = {
            "application_id": application.pk,
            "minor": used,
            "currency": credit.currency,
            "discount": earned,
        }
        act.tell(
            about=f"application:{application.pk}",
            customer_id=debit.customer_id,
            before=before,
            after={
                "credit": credit.pk, "debit": debit.pk, "amount": used, "discount": earned,
                "credit_open": credit.open, "debit_open": debit.open,
            },
        )  # fmt: skip
        return _again(act.answer)


def _again(answer: dict[str, Any]) -> Applied:
    currency = answer["currency"]
    return Applied(
        answer["application_id"], Money(answer["minor"], currency), Money(answer.get("discount", 0), currency)
    )
