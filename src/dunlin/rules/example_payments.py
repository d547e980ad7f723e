"""Worked examples of payments: returns by the bank, card fees and disputes. Each adapter turns the inputs into a call of the rule."""

from __future__ import annotations

from collections.abc import Mapping

from dunlin.rules import card_payments, returned
from dunlin.rules.example_inputs import (
    CURRENCY,
    Adapter,
    Answer,
    Inputs,
    Unordered,
    read_calendar,
    read_date,
    read_decimal,
    read_whole,
)
from dunlin.rules.money import Money


def _return_rates(inputs: Inputs) -> Answer:
    returns = {code: read_whole(number) for code, number in inputs["returns"].items()}
    found = returned.return_rates(read_whole(inputs["debits"]), returns)
    return {
        "unauthorized_pct": found.unauthorized_pct,
        "administrative_pct": found.administrative_pct,
        "overall_pct": found.overall_pct,
        "breaches": Unordered(found.breaches),
    }


def _retry_allowed(inputs: Inputs) -> Answer:
    numbers = (read_whole(inputs["prior_retries"]), read_whole(inputs["days_since_original"]))
    return {"allowed": returned.retry_allowed(inputs["code"], *numbers)}


def _return_fee_allowed(inputs: Inputs) -> Answer:
    said = (bool(inputs.get("prior_notice")), bool(inputs.get("law_allows", True)))
    return {
        "allowed": returned.return_fee_allowed(inputs["code"], *said, bool(inputs.get("already_charged")))
    }


def _noc_deadline(inputs: Inputs) -> Answer:
    next_entry = inputs.get("next_entry")
    return {
        "deadline": returned.noc_deadline(
            read_date(inputs["received"]),
            read_calendar(inputs),
            read_date(next_entry) if next_entry else None,
        )
    }


def _card_fee(inputs: Inputs) -> Answer:
    currency = inputs.get("currency") or CURRENCY
    caps = ("network_cap_pct", "cost_of_acceptance_pct", "jurisdiction_cap_pct")
    fee = card_payments.card_fee(
        Money.exact(read_decimal(inputs["payment"]), currency),
        Money.exact(read_decimal(inputs["threshold"]), currency),
        read_decimal(inputs["rate_pct"]),
        inputs.get("card_type", "credit"),
        caps_pct=tuple(read_decimal(inputs[cap]) for cap in caps if inputs.get(cap) is not None),
        base=inputs.get("fee_base", "whole_payment"),
    )
    return {"fee": fee}


def _dispute_deadline(inputs: Inputs) -> Answer:
    own = inputs.get("processor_date")
    return {
        "respond_by": card_payments.respond_by(
            inputs["network"], read_date(inputs["dispute_date"]), read_date(own) if own else None
        )
    }


PAYMENTS: Mapping[str, Adapter] = {
    "ach.noc_deadline": _noc_deadline,
    "ach.retry_allowed": _retry_allowed,
    "ach.return_fee_allowed": _return_fee_allowed,
    "ach.return_rates": _return_rates,
    "card.dispute_deadline": _dispute_deadline,
    "card.fee": _card_fee,
}
