"""Ask for one card payment of a customer without its fee; who may waive it decides in the inbox of approvals (P11, P12)."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from dunlin.actions.ask_fee_waiver import ask_fee_waiver as ask
from dunlin.desk.access import customer_for
from dunlin.desk.acts import Unclear, act, money_in, needed
from dunlin.rules.card_payments import fee_threshold

BESIDE = {
    "amount_not_positive": "most",
    "fee_waiver_not_needed": "most",
    "fee_waiver_currency_without_fee": "most",
    "reason_missing": "reason",
}


def ask_fee_waiver(request: HttpRequest, pk: int) -> HttpResponse:
    """The form; the payment's greatest amount is in the account's currency."""
    customer = customer_for(request, pk)
    door = request.door  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        most = money_in(typed, "most", customer.currency)
        if most is None:
            raise Unclear("most", "Up to which amount is the payment? Write what they want to pay by card.")
        reason = needed(typed, "reason", "Say why the fee should be waived; who decides reads it.")
        asked = ask(door.who, pk, most, reason)
        return f"Asked for: the card fee of {customer.name}, on one payment up to {most}. Approvals has number {asked.pk}; until it is approved the fee stands."

    over = fee_threshold(door.policy, customer.currency)
    facts = {"over": over, "days": door.policy.card_waiver_days}
    return act(request, customer, "ask_fee_waiver", "fee_waiver", do, beside=BESIDE, facts=facts)
