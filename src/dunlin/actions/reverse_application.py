"""Undo an application: the credit is unapplied again, the debit owed again, its due date as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dunlin.actions.doing import Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.postings import customers_of, reverse
from dunlin.records.models import Application
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy


@dataclass(frozen=True)
class Reversed:
    """The reversal, a new application of the negative amount, and what is open again."""

    application_id: int
    amount: Money


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

    Refused: reason_missing, application_unknown, and everything `postings.reverse` refuses.
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
            return Reversed(act.answer["application_id"], Money(act.answer["minor"], act.answer["currency"]))
        application = Application.objects.select_related("credit", "debit").get(pk=application_id)

        before = {"credit_open": application.credit.open, "debit_open": application.debit.open}
        day = posted_on or who.today
        reversal = reverse(who, application, posted_on=day, value_on=day, why="reversed_by_hand")
        facts_changed(who, customers, policy or current_policy())

        act.answer = {
            "application_id": reversal.pk, "minor": application.amount, "currency": application.credit.currency,
        }  # fmt: skip
        act.tell(
            about=f"application:{reversal.pk}",
            customer_id=application.debit.customer_id,
            before=before,
            after={
                "reverses": application_id,
                "credit_open": application.credit.open, "debit_open": application.debit.open,
            },
        )  # fmt: skip
        return Reversed(reversal.pk, Money(application.amount, application.credit.currency))
