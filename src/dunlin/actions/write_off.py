"""Write off an amount that will not be collected: a credit of its own, applied at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dunlin.actions.doing import Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.postings import Draft, apply, customers_of, items_of, named, post
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy


@dataclass(frozen=True)
class WrittenOff:
    """The write-off, and what is still open on the item."""

    item_id: int
    application_id: int
    amount: Money
    open: Money


def write_off(
    who: Who,
    item_id: int,
    amount: Money | None = None,
    *,
    reason: str,
    posted_on: date | None = None,
    with_payment_id: int | None = None,
    cause: str = "",
    policy: Policy | None = None,
) -> WrittenOff:
    """Write off `amount`, or all that is open, of a debit item. `with_payment_id`: a return of that payment undoes it.

    Refused: item_unknown, write_off_of_credit, item_not_open, write_off_exceeds_open, reason_missing, and what posting
    refuses.
    """
    if not reason.strip():
        raise Refused("reason_missing")
    customers = customers_of([item_id])
    with doing(who, "write_off", customers=customers, cause=cause or reason) as act:
        item = items_of([item_id])[item_id]
        if item.side != 1:
            raise Refused("write_off_of_credit", document=named(item))
        is_open = Money(item.open, item.currency)
        asked = is_open if amount is None else amount
        if item.open == 0:
            raise Refused("item_not_open", document=named(item))
        if asked > is_open:
            raise Refused("write_off_exceeds_open", asked=asked, open=is_open, document=named(item))

        day = posted_on or who.today
        draft = Draft(
            customer_id=item.customer_id, entity_id=item.entity_id, kind="write_off", amount=asked, document_on=day,
            reason=reason[:24], corrects_id=with_payment_id, description=f"Write-off of {named(item)}"[:200],
        )  # fmt: skip
        credit = post(who, draft)
        made = apply(
            who,
            credit,
            item,
            asked.minor,
            posted_on=day,
            value_on=day,
            why="written_off",
            in_open_period=True,
        )
        facts_changed(who, customers, policy or current_policy())

        act.tell(
            about=f"item:{item_id}",
            before={"open": is_open.minor},
            after={"open": item.open, "write_off": credit.pk, "amount": asked.minor, "reason": reason},
        )
        return WrittenOff(credit.pk, made.pk, asked, Money(item.open, item.currency))
