"""Decide what becomes of the rest of a payment: kept on account, used for other documents, or paid back (E3, P27)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from dunlin.actions.add_follow_up import FollowUpAsked, record_follow_up
from dunlin.actions.ask_department import ar_manager, on_duty
from dunlin.actions.ask_refund import RefundAsked, RefundRequested, ask_refund
from dunlin.actions.doing import Act, Who, doing
from dunlin.records.models import Customer, Item, Overpayment
from dunlin.records.policies import current_policy
from dunlin.reports.refundable import judged
from dunlin.rules.cash.short_pays import REST_OUTCOMES
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy


@dataclass(frozen=True)
class RestDecided:
    """What was decided about how much of which payment. `asked`: the refund that waits for approval; `later`: from when it can be asked for."""

    payment_id: int
    outcome: str
    amount: Money
    asked: RefundRequested | None = None
    later: date | None = None


def decide_overpayment(
    who: Who, payment_id: int, outcome: str, *, note: str = "", refund: RefundAsked | None = None, policy: Policy | None = None
) -> RestDecided:  # fmt: skip
    """Decide about what is open of a payment; deciding posts nothing. Decided anew, the newer decision holds.

    To be paid back, with `refund` (how, and where to; its reason is the note) the refund is asked for in the same transaction. Without
    it the AR manager gets a follow-up, for the first day on which the bank cannot take the payment back any more.

    Refused: item_unknown, overpayment_not_money, item_not_open, overpayment_outcome_unknown, reason_missing, and what `ask_refund` refuses.
    """
    if outcome not in REST_OUTCOMES:
        raise Refused("overpayment_outcome_unknown", outcome=outcome, known=", ".join(REST_OUTCOMES))
    note = mask_card_numbers(note.strip())[:300]
    if not note:
        raise Refused("reason_missing")
    customer_id = Item.objects.filter(pk=payment_id).values_list("customer", flat=True).first()
    if customer_id is None:
        raise Refused("item_unknown", item=payment_id)
    with doing(who, "apply_credit", customers=[customer_id], cause=note) as act:
        payment = Item.objects.get(pk=payment_id)
        if payment.kind != "payment":
            raise Refused("overpayment_not_money")
        if payment.open == 0:
            raise Refused("item_not_open", document=f"payment {payment.reference or payment.pk}")
        row, _ = Overpayment.objects.get_or_create(
            payment=payment,
            defaults={
                "customer_id": customer_id, "amount": payment.open, "due_on": who.today, "opened_on": who.today, "recorded_at": who.now,
                "owner_id": who.user_id,
            },
        )  # fmt: skip
        before = {"outcome": row.outcome, "note": row.note}
        row.outcome, row.note, row.decided_at, row.decided_by_id = outcome, note, who.now, who.user_id
        row.save(update_fields=["outcome", "note", "decided_at", "decided_by"])
        amount = Money(payment.open, payment.currency)
        asked, later = None, None
        if outcome == "refund" and refund is not None:
            # The frame of this act undoes a dry run; the inner one must leave its rows until then.
            asked = ask_refund(
                replace(who, dry_run=False), payment.pk, replace(refund, reason=note), policy=policy
            )
        elif outcome != "on_account":
            later = (
                _free_from(payment, who.today, policy or current_policy()) if outcome == "refund" else None
            )
            _follow_up(act, payment, outcome, note, later)
        act.tell(
            about=f"overpayment:{row.pk}", before=before,
            after={"outcome": outcome, "open": payment.open, "refund": asked.refund_id if asked else None},
        )  # fmt: skip
        return RestDecided(payment.pk, outcome, amount, asked, later)


def _free_from(payment: Item, today: date, policy: Policy) -> date | None:
    """The first day on which it can be refunded when that is to come, else None."""
    against = judged(payment, today, policy).objections
    return next((each.facts["from_on"] for each in against if each.code == "refund_window_open"), None)


def _follow_up(act: Act, payment: Item, outcome: str, note: str, later: date | None) -> None:
    customer = Customer.objects.select_related("collector__lead").get(pk=payment.customer_id)
    owner = ar_manager(customer) if outcome == "refund" else customer.collector or ar_manager(customer)
    if owner is None:
        return
    amount, today = Money(payment.open, payment.currency), act.who.today
    what = f"{'Ask for the refund' if outcome == 'refund' else 'Use for other documents'}: {amount} of the payment of {payment.value_on}."
    if later is not None:
        what += f" Not before {later}: until then the bank can take it back."
    asked = FollowUpAsked(f"{what} {note}", later or today, on_duty(owner, today).pk)
    record_follow_up(act, payment.customer_id, asked)
