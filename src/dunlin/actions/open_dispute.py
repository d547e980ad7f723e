"""Open a dispute: the customer contests an amount of an item. It pauses contact about it and changes nothing owed (P13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dunlin.actions.doing import Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.postings import check_posting_day, customers_of, items_of, named
from dunlin.records.models import Dispute
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy


@dataclass(frozen=True)
class Disputed:
    """The dispute, and how much of the item is in dispute now."""

    dispute_id: int
    amount: Money
    disputed: Money


@dataclass(frozen=True)
class ShortPaid:
    """The payment that kept the amount back, who sees to the case, and what speaks for it, a sentence each."""

    payment_id: int
    owner_id: int | None = None
    evidence: Sequence[str] = ()


def open_dispute(
    who: Who,
    item_id: int,
    amount: Money | None = None,
    *,
    reason: str,
    note: str = "",
    department: str = "",
    raised_by: str = "",
    opened_on: date | None = None,
    due_on: date | None = None,
    short: ShortPaid | None = None,
    key: str | None = None,
    policy: Policy | None = None,
) -> Disputed:
    """Put `amount`, or all that is open and not disputed yet, of a debit item into dispute; opened today by default.

    `due_on`: when the department owes an answer. `short`: it is a short pay. Refused: item_unknown, reason_missing, dispute_of_credit,
    amount_not_positive, dispute_exceeds_open, posting_in_future, period_locked.
    """
    if not reason.strip():
        raise Refused("reason_missing")
    day = opened_on or who.today
    if day > who.today:
        raise Refused("posting_in_future", posted_on=day, today=who.today)
    customers = customers_of([item_id])
    asked_for = {"item": item_id, "amount": str(amount), "reason": reason, "opened_on": day}
    with doing(who, "open_dispute", customers=customers, cause=note, key=key, asked=asked_for) as act:
        if act.answered:
            answer = act.answer
            currency = answer["currency"]
            return Disputed(
                answer["dispute"], Money(answer["amount"], currency), Money(answer["disputed"], currency)
            )
        item = items_of([item_id])[item_id]
        if item.side != 1:
            raise Refused("dispute_of_credit", document=named(item))
        check_posting_day(who, item.entity_id, day)  # as-of figures show what is in dispute
        free = Money(item.open - item.disputed, item.currency)
        asked = free if amount is None else amount
        if asked > free:
            raise Refused("dispute_exceeds_open", asked=asked, open=free, document=named(item))
        if asked.minor <= 0:
            raise Refused("amount_not_positive", asked=asked)

        dispute = Dispute.objects.create(
            item=item, customer_id=item.customer_id, amount=asked.minor, reason=reason[:24], note=mask_card_numbers(note)[:500],
            department=department[:40], raised_by=mask_card_numbers(raised_by)[:200], opened_on=day, due_on=due_on,
            recorded_at=who.now, by_id=who.user_id, payment_id=short.payment_id if short else None,
            owner_id=short.owner_id if short else None,
            evidence=[mask_card_numbers(each)[:300] for each in short.evidence] if short else [],
        )  # fmt: skip
        before = {"disputed": item.disputed}
        item.disputed += asked.minor
        item.save(update_fields=["disputed"])
        facts_changed(who, customers, policy or current_policy())

        act.answer = {
            "dispute": dispute.pk, "amount": asked.minor, "disputed": item.disputed, "currency": item.currency,
        }  # fmt: skip
        act.tell(
            about=f"dispute:{dispute.pk}",
            before=before,
            after={"item": item.pk, "reason": reason, **act.answer},
        )
        return Disputed(dispute.pk, asked, Money(item.disputed, item.currency))
