"""Ask that the card fee of a customer's payment be waived: in advance, in writing, decided by those who may (P11, P12, invariant 29)."""

from __future__ import annotations

from datetime import timedelta

from dunlin.actions.ask_approval import Asked, ask_approval
from dunlin.actions.doing import Who, doing
from dunlin.records.models import Approval, Customer
from dunlin.records.policies import current_policy
from dunlin.rules.card_payments import fee_by_policy, fee_threshold
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money


def ask_fee_waiver(who: Who, customer_id: int, most: Money, reason: str) -> Approval:
    """Ask for one card payment of at most `most` without its fee. Once approved, the portal shows the fee as waived on the next such
    payment, and the approval is used up when that is paid. It holds for `card.waiver_days` from now.

    Refused: customer_unknown, amount_not_positive, reason_missing, fee_waiver_currency_without_fee, fee_waiver_not_needed,
    approval_asked_already.
    """
    with doing(who, "ask_fee_waiver", customers=[customer_id], cause=reason) as act:
        customer = Customer.objects.filter(pk=customer_id).first()
        if customer is None:
            raise Refused("customer_unknown", customer=customer_id)
        if most.minor <= 0:
            raise Refused("amount_not_positive", asked=most)
        policy = current_policy()
        threshold = fee_threshold(policy, most.currency)
        if threshold is None:
            raise Refused("fee_waiver_currency_without_fee", currency=most.currency)
        fee = fee_by_policy(policy, most, customer.country, customer.region)
        if fee.minor == 0:
            raise Refused("fee_waiver_not_needed", amount=most)
        until = who.today + timedelta(policy.card_waiver_days)
        return ask_approval(act, Asked(
            kind="fee_waiver", customer_id=customer_id, about=f"fee_waiver:{customer_id}:{most.currency}", amount=fee, reason=reason,
            title=f"Card fee of {customer.name} waived, on one payment up to {most}",
            if_yes=f"Until {until} the portal takes one card payment of up to {most} without its fee of up to {fee}.",
            if_no="The fee stays.",
            evidence=[f"Card payments above {threshold} bear a fee of {fee} on {most}."],
            facts={"currency": most.currency, "most": most.minor},
        ), days=policy.card_waiver_days)  # fmt: skip
