"""Undo an application: the credit is unapplied again, the debit owed again, its due date as it was.

What was granted with a payment on that document, a discount or the write-off of a small balance, goes with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from dunlin.actions.doing import Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.granted import GRANTED, overs_of, take_back, take_back_over, uses_granted_beside
from dunlin.actions.postings import customers_of, named, reverse
from dunlin.records.models import Application, Refund
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy


@dataclass(frozen=True)
class Reversed:
    """The reversal, a new application of the negative amount, and what is open again: `amount`, and `granted` that had
    been granted with the payment and was taken back."""

    application_id: int
    amount: Money
    granted: Money


def reverse_application(
    who: Who,
    application_id: int,
    *,
    reason: str,
    posted_on: date | None = None,
    key: str | None = None,
    policy: Policy | None = None,
) -> Reversed:
    """Reverse an application, posted today unless said otherwise. `reason` goes into the diary.

    Refused: reason_missing, application_unknown, application_of_return, application_of_refund, and everything `postings.reverse` refuses.
    """
    if not reason.strip():
        raise Refused("reason_missing")
    sides = Application.objects.filter(pk=application_id).values_list("credit_id", "debit_id").first()
    if sides is None:
        raise Refused("application_unknown", application=application_id)
    customers = customers_of(sides)
    asked = {"application": application_id, "posted_on": posted_on}
    with doing(who, "reverse_application", customers=customers, cause=reason, key=key, asked=asked) as act:
        if act.answered:
            return _again(act.answer)
        application = Application.objects.select_related("credit", "debit").get(pk=application_id)
        if (
            application.debit.kind == "payment_return"
            and application.debit.corrects_id == application.credit_id
        ):
            raise Refused("application_of_return", document=named(application.credit))

        if Refund.objects.filter(item=application.debit_id).exists():
            raise Refused("application_of_refund", document=named(application.credit))

        before = {"credit_open": application.credit.open, "debit_open": application.debit.open}
        day = posted_on or who.today
        reversal = reverse(who, application, posted_on=day, value_on=day, why="reversed_by_hand")
        granted = _take_back_granted(who, application, day)
        application.credit.refresh_from_db()
        application.debit.refresh_from_db()
        facts_changed(who, customers, policy or current_policy())

        act.answer = {
            "application_id": reversal.pk, "minor": application.amount, "currency": application.credit.currency,
            "granted": granted,
        }  # fmt: skip
        act.tell(
            about=f"application:{reversal.pk}",
            customer_id=application.debit.customer_id,
            before=before,
            after={
                "reverses": application_id, "granted": granted,
                "credit_open": application.credit.open, "debit_open": application.debit.open,
            },
        )  # fmt: skip
        return _again(act.answer)


def _take_back_granted(who: Who, application: Application, day: date) -> int:
    """Undo and take back what was granted with this use of a payment, or what was itself granted; in minor units."""
    uses = uses_granted_beside(application)
    for use in uses:
        reverse(who, use, posted_on=max(day, use.posted_on), value_on=day, why="reversed_by_hand")
    gone = [(use.credit_id, max(day, use.posted_on)) for use in uses]
    if application.credit.kind in GRANTED and application.credit.corrects_id is not None:
        gone.append((application.credit_id, day))
    overs = overs_of(application.credit_id)
    for over in overs:
        # What was over no longer is: with it undone, the money is there to be used again.
        for use in Application.objects.filter(debit=over, reverses=None, reversal=None).select_related(
            "credit", "debit"
        ):
            reverse(who, use, posted_on=max(day, use.posted_on), value_on=day, why="reversed_by_hand")
        take_back_over(who, over, posted_on=max(day, over.posted_on), value_on=day)
    granted = sum(take_back(who, credit, posted_on=on, value_on=day).amount for credit, on in gone)
    return granted + sum(over.amount for over in overs)


def _again(answer: dict[str, Any]) -> Reversed:
    currency = answer["currency"]
    return Reversed(
        answer["application_id"], Money(answer["minor"], currency), Money(answer.get("granted", 0), currency)
    )
