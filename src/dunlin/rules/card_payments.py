"""Cards: the fee on a payment over the threshold (P12) and the last day to answer a dispute of the cardholder (DOMAIN section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from dunlin.rules.money import Money

FeeBase = Literal["whole_payment", "excess"]
WITHOUT_FEE = frozenset({"debit", "prepaid"})
# Calendar days from the dispute; the processor's own date wins over these.
DISPUTE_DAYS: Mapping[str, int] = MappingProxyType({"visa": 30, "mastercard": 45, "amex": 20, "discover": 30})


def card_fee(
    payment: Money,
    threshold: Money,
    rate_pct: Decimal,
    card_type: str,
    *,
    caps_pct: tuple[Decimal | None, ...] = (),
    base: FeeBase = "whole_payment",
) -> Money:
    """The fee on one card payment: the lowest of our rate and the caps, of the whole payment or of what is over the threshold.

    Nothing at or below the threshold, and never on a debit or prepaid card. `caps_pct`: the network's, the cost of
    acceptance, the jurisdiction's; None where there is none.
    """
    if payment <= threshold or card_type in WITHOUT_FEE:
        return Money.zero(payment.currency)
    rate = min([rate_pct, *(cap for cap in caps_pct if cap is not None)])
    return (payment if base == "whole_payment" else payment - threshold).times(rate / 100)


def fee_refund(fee: Money, payment: Money, refunded: Money) -> Money:
    """The part of a fee that goes back with a refund of part of the payment."""
    return fee if refunded >= payment else fee.times(Decimal(refunded.minor) / payment.minor)


def respond_by(network: str, disputed_on: date, processor: date | None = None) -> date:
    """The last day to answer a card dispute. ValueError for a network nobody knows without a date of the processor."""
    if processor is not None:
        return processor
    if network not in DISPUTE_DAYS:
        raise ValueError(f"{network!r} is no card network known here; they are {', '.join(DISPUTE_DAYS)}")
    return disputed_on + timedelta(DISPUTE_DAYS[network])
