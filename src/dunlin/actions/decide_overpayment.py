"""Decide what becomes of the rest of a payment: kept on account, used for other documents, or paid back (E3, P27)."""

from __future__ import annotations

from dataclasses import dataclass

from dunlin.actions.add_follow_up import FollowUpAsked, record_follow_up
from dunlin.actions.ask_department import ar_manager, on_duty
from dunlin.actions.doing import Who, doing
from dunlin.records.models import Customer, Item, Overpayment
from dunlin.rules.cash.short_pays import REST_OUTCOMES
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money


@dataclass(frozen=True)
class RestDecided:
    """What was decided about how much of which payment."""

    payment_id: int
    outcome: str
    amount: Money


def decide_overpayment(who: Who, payment_id: int, outcome: str, *, note: str = "") -> RestDecided:
    """Decide about what is open of a payment; deciding posts nothing. To be paid back it becomes a follow-up of the AR manager, as
    nobody pays out alone. Decided anew, the newer decision holds.

    Refused: item_unknown, overpayment_not_money, item_not_open, overpayment_outcome_unknown, reason_missing.
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
        if outcome != "on_account":
            customer = Customer.objects.select_related("collector__lead").get(pk=customer_id)
            owner = (
                ar_manager(customer) if outcome == "refund" else customer.collector or ar_manager(customer)
            )
            if owner is not None:
                what = f"{'Pay back' if outcome == 'refund' else 'Use for other documents'}: {amount} of the payment of {payment.value_on}. {note}"
                record_follow_up(act, customer_id, FollowUpAsked(what, who.today, on_duty(owner, who.today).pk))  # fmt: skip
        act.tell(
            about=f"overpayment:{row.pk}", before=before, after={"outcome": outcome, "open": payment.open}
        )
        return RestDecided(payment.pk, outcome, amount)
