"""Take back a payment that came back: DOMAIN section 4. One transaction, once for each trace number of the bank."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from dunlin.actions.doing import Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.follow_return import Come, follow_return
from dunlin.actions.granted import granted_with, overs_of, take_back, take_back_over
from dunlin.actions.judge_promises import judge_customers
from dunlin.actions.open_short_pay import withdraw_short_pays
from dunlin.actions.postings import customers_of, first_open_day, items_of, named, reverse
from dunlin.records.locks import lock_customers
from dunlin.records.models import Application, Item
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy

SOURCE = "bank_return"  # with the trace number as its key


@dataclass(frozen=True)
class Returned:
    """The debit that took the payment back, the day it was posted, and the items that are owed again.

    `still_owed`: minor units of the payment that had been refunded; the customer owes them now. `already`: the same
    return was taken in before, and nothing was done.
    """

    item_id: int
    posted_on: date
    reopened: tuple[int, ...]
    still_owed: int
    already: bool = False


def return_payment(
    who: Who,
    payment_id: int,
    trace: str,
    *,
    returned_on: date,
    reason: str = "",
    rail: str = "",
    undone: bool = False,
    fee: bool = True,
    policy: Policy | None = None,
) -> Returned:
    """Reverse a payment returned on a day, with the discount and small-balance write-off that were granted with it.

    Posted on that day, or on the first open day if its period is locked; `returned_on` stays the value date. Every
    document is open again as it was, with its own due date. `reason` is the bank's code (R01, ...) on `rail` (rules/returned.py); its
    retry, fee, auto-pay and flag follow (follow_return), unless `undone`: a person had placed it wrongly. Without `fee` none is charged: it
    is one part of a return. Refused: item_unknown,
    return_not_a_payment, return_before_payment, payment_returned_already (under another trace), posting_in_future.
    """
    customers = customers_touched(payment_id)
    with doing(who, "return_payment", customers=customers, cause=f"returned, {reason or 'no code'}") as act:
        payment = items_of([payment_id])[payment_id]
        earlier = Item.objects.filter(kind="payment_return", corrects_id=payment_id).first()
        if earlier is not None and earlier.source_key == trace:
            return Returned(earlier.pk, earlier.posted_on, (), earlier.open, already=True)
        _check(payment, earlier, returned_on)

        granted, overs = granted_with(payment_id), overs_of(payment_id)
        uses = list(
            Application.objects.filter(credit_id__in=[payment.pk, *(item.pk for item in granted)])
            .filter(reverses__isnull=True, reversal__isnull=True)
            .exclude(debit__kind="refund")
            .select_related("credit", "debit")
        )
        # Used for another account of the group after we asked whose locks we need.
        late = {use.debit.customer_id for use in uses} - customers
        lock_customers(late)
        posted_on = _posting_day(payment, granted, returned_on)
        policy = policy or current_policy()
        withdraw_short_pays(act, payment_id, posted_on)
        for use in uses:
            reverse(who, use, posted_on=posted_on, value_on=returned_on, why="payment_returned")
        taken_back = [
            take_back(
                who, credit, posted_on=posted_on, value_on=returned_on, reason=reason, source=SOURCE,
                source_key=trace if credit == payment_id else f"{trace}/{credit}",
            )
            for credit in [payment_id, *(each.pk for each in granted)]
        ]  # fmt: skip
        for over in overs:
            take_back_over(who, over, posted_on=posted_on, value_on=returned_on)
        if not undone:
            follow_return(act, payment, Come(trace, returned_on, posted_on, reason, rail, fee), policy)
        judge_customers(who, sorted(customers | late), who.today, policy)
        facts_changed(who, customers | late, policy)

        returned = Returned(
            taken_back[0].pk, posted_on, tuple(sorted({use.debit_id for use in uses})), taken_back[0].open
        )
        after: dict[str, Any] = {**asdict(returned), "reversed": [use.pk for use in uses], "trace": trace}
        act.tell(
            about=f"item:{returned.item_id}",
            customer_id=payment.customer_id,
            before={"payment": payment_id},
            after=after,
        )
        return returned


def customers_touched(payment_id: int) -> set[int]:
    """Whose books the return of a payment touches: its own, and those of everything it or its discount was used for."""
    credits_ = {payment_id, *Item.objects.filter(corrects_id=payment_id).values_list("pk", flat=True)}
    used = Application.objects.filter(credit_id__in=credits_).values_list("debit_id", flat=True)
    return set(customers_of(credits_ | set(used)))


def _check(payment: Item, earlier: Item | None, returned_on: date) -> None:
    if payment.kind not in ("payment", "deposit"):
        raise Refused("return_not_a_payment", document=named(payment))
    if earlier is not None:
        raise Refused("payment_returned_already", document=named(payment), returned_on=earlier.value_on)
    if returned_on < payment.value_on:
        raise Refused("return_before_payment", returned_on=returned_on, received_on=payment.value_on)


def _posting_day(payment: Item, granted: list[Item], returned_on: date) -> date:
    """The day of the return, not before anything it undoes was posted, in an open period."""
    days = [returned_on, payment.posted_on]
    days += [item.last_applied_on for item in (payment, *granted) if item.last_applied_on is not None]
    return first_open_day(payment.entity_id, max(days))
