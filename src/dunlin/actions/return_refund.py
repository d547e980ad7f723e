"""A refund that came back, or was called off before it left: taken back exactly, the credit is open as before (DOMAIN section 4, class C).

The use of the credit is reversed, and a credit of the kind `refund_return` settles the debit that had been posted. If the payment
itself had come back meanwhile, the credit settles that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dunlin.actions.decide_approval import withdraw_approval
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.postings import Draft, apply, check_posting_day, first_open_day, post, reverse
from dunlin.actions.tell_at_once import ask_collector, mail_colleagues
from dunlin.records.models import Application, Item, Receipt, Refund
from dunlin.records.policies import current_policy
from dunlin.reports.refundable import called
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.refunds import METHODS
from dunlin.rules.returned import class_of

SOURCE = "refund_return"  # with the refund's own number as its key: a refund comes back once
GONE = ("paid", "confirmed")


@dataclass(frozen=True)
class RefundBack:
    """The credit that settled the refund, the day it was posted, and what is open on the customer's credit again. `already`: it had come back."""

    refund_id: int
    item_id: int
    posted_on: date
    open: Money
    already: bool = False


def return_refund(
    who: Who,
    refund_id: int,
    *,
    returned_on: date,
    reason: str = "",
    receipt_id: int | None = None,
    policy: Policy | None = None,
) -> RefundBack:
    """The bank gave a refund back. `reason` is its code (R03, AC04, ...) or a word. Those who look after the
    account are told by mail, and the collector is asked for a new instruction.

    Told twice it is taken back once. Refused: refund_unknown, refund_state_wrong, posting_in_future.
    """
    customers = _customers(refund_id)
    with doing(
        who, "return_refund", customers=customers, cause=f"refund came back, {reason or 'no code'}"
    ) as act:
        row = _locked(refund_id)
        if row.state == "returned":
            back = Item.objects.get(source=SOURCE, source_key=str(row.pk))
            return RefundBack(row.pk, back.pk, back.posted_on, Money(row.credit.open, row.currency), True)
        if row.state not in GONE:
            raise _wrong(row)
        meaning = class_of(reason) if reason else None
        why = f"{reason}, {meaning.name}" if meaning and len(reason) <= 4 else reason or "came back"
        back = give_back(act, row, returned_on, reason, policy or current_policy())
        _end(act, row, "returned", returned_on, why, receipt_id)
        _ask_anew(act, row, why)
        return RefundBack(row.pk, back.pk, back.posted_on, Money(row.credit.open, row.currency))


def cancel_refund(who: Who, refund_id: int, reason: str, *, policy: Policy | None = None) -> None:
    """Call a refund off before it is in a pay-out file; what was posted is taken back. One that waits for approval is withdrawn.

    Refused: refund_unknown, reason_missing, refund_state_wrong, approval_not_yours.
    """
    if not reason.strip():
        raise Refused("reason_missing")
    waiting = (
        Refund.objects.filter(pk=refund_id, state="requested").values_list("approval", flat=True).first()
    )
    if waiting is not None:
        withdraw_approval(who, waiting)
        return
    with doing(who, "cancel_refund", customers=_customers(refund_id), cause=reason) as act:
        row = _locked(refund_id)
        if row.state != "approved":
            raise _wrong(row)
        give_back(act, row, who.today, "called_off", policy or current_policy())
        _end(act, row, "cancelled", who.today, mask_card_numbers(reason.strip()), None)


def give_back(act: Act, row: Refund, on: date, reason: str, policy: Policy) -> Item:
    """Undo what was posted for a refund, inside an act that holds the customer's lock; the credit that settled its debit."""
    who = act.who
    uses = Application.objects.filter(debit_id=row.item_id, reverses__isnull=True, reversal__isnull=True)
    use = uses.select_related("credit", "debit").get()
    credit, debit = use.credit, use.debit
    days = [on, use.posted_on, *(each.last_applied_on for each in (credit, debit) if each.last_applied_on)]
    posted_on = first_open_day(row.entity_id, max(days))
    check_posting_day(who, row.entity_id, posted_on)
    reverse(who, use, posted_on=posted_on, value_on=on, why="refund_returned", in_open_period=True)
    draft = Draft(
        customer_id=row.customer_id, entity_id=row.entity_id, kind="refund_return", amount=Money(row.amount, row.currency),
        document_on=on, posted_on=posted_on, number=row.reference, reason=reason[:24], description=f"Refund {row.reference} taken back",
        corrects_id=debit.pk, source=SOURCE, source_key=str(row.pk),
    )  # fmt: skip
    back = post(who, draft, in_open_period=True)
    apply(
        who, back, debit, row.amount, posted_on=posted_on, value_on=on, why="refund_returned", in_open_period=True
    )  # fmt: skip
    # The payment itself came back while its refund was away: what the customer owed for that is settled by the money that is here again.
    owed = Item.objects.filter(kind="payment_return", corrects_id=credit.pk, open__gt=0).first()
    if owed is not None:
        apply(
            who, credit, owed, min(credit.open, owed.open), posted_on=max(posted_on, owed.posted_on), value_on=on, why="payment_returned",
            in_open_period=True,
        )  # fmt: skip
    row.credit = credit
    facts_changed(who, [row.customer_id], policy)
    return back


def refund_meant(row: Receipt) -> int | None:
    """The refund of ours that a returned credit is about, by the reference or trace it carries; None when it is none or not sure."""
    if row.amount <= 0:
        return None
    gone = Refund.objects.filter(state__in=GONE, amount=row.amount, currency=row.currency)
    said = " ".join((row.end_to_end_id, row.bank_reference, row.text, *map(str, row.references)))
    trace = row.original_trace[-7:] if row.original_trace[-7:].isdigit() else ""
    found = [
        each.pk
        for each in gone.order_by("-pk")[:2000]
        if each.reference in said or (trace and each.method == "ach" and each.pk % 10**7 == int(trace))
    ]
    return found[0] if len(found) == 1 else None


def _customers(refund_id: int) -> list[int]:
    customer = Refund.objects.filter(pk=refund_id).values_list("customer", flat=True).first()
    if customer is None:
        raise Refused("refund_unknown", refund=refund_id)
    return [customer]


def _locked(refund_id: int) -> Refund:
    return Refund.objects.select_for_update(of=("self",)).select_related("credit", "payee").get(pk=refund_id)


def _wrong(row: Refund) -> Refused:
    return Refused("refund_state_wrong", refund=row.reference, state=row.state.replace("_", " "))


def _end(act: Act, row: Refund, state: str, on: date, why: str, receipt_id: int | None) -> None:
    before = {"state": row.state}
    row.state, row.ended_on, row.ended_why = state, on, why[:300]
    row.receipt_id = receipt_id or row.receipt_id
    row.save(update_fields=["state", "ended_on", "ended_why", "receipt"])
    act.tell(
        about=f"refund:{row.pk}", customer_id=row.customer_id, before=before,
        after={"state": state, "why": row.ended_why, "receipt": receipt_id, "credit_open": row.credit.open},
    )  # fmt: skip


def _ask_anew(act: Act, row: Refund, why: str) -> None:
    """Those who look after the account are told at once; the collector, else the AR manager, asks where the money is to go instead (P25)."""
    amount, customer = Money(row.amount, row.currency), row.customer
    to = f"{row.payee_name}, {METHODS[row.method]}" + (f" to ..{row.payee.tail}" if row.payee else "")
    lines = [
        f"The bank gave back a refund to {customer.name} ({customer.number}): {amount}, {row.reference}, returned {row.ended_on}.",
        f"It had gone to {to}.", f"Reason: {why}.", "",
        f"Open again: {Money(row.credit.open, row.currency)} of {called(row.credit)}.",
        "", "Next: ask for a new instruction by a known channel; new bank details are confirmed by a call back before money goes there.",
    ]  # fmt: skip
    subject = f"Refund came back: {customer.name}, {amount}"
    mail_colleagues(act, customer, subject, lines, entity_id=row.entity_id, once=f"refund_returned:{row.pk}")
    what = f"The refund of {amount} ({row.reference}) came back ({why}): its credit is open again; ask for a new instruction."
    ask_collector(act, customer, what)
