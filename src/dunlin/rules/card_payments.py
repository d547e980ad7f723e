"""Cards: the fee on a payment over the threshold (P12) and the last day to answer a dispute of the cardholder (DOMAIN section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

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


def fee_threshold(policy: Policy, currency: str) -> Money | None:
    """Above which card payment of a currency a fee is due; None where none ever is."""
    over = dict(policy.card_fee_over).get(currency)
    return None if over is None else Money.rounded(over, currency)


def fee_by_policy(
    policy: Policy, payment: Money, country: str, region: str, card_type: str = "credit"
) -> Money:
    """The fee on a card payment by the settings, of a customer in a country and region. Before the card is known, it is taken for a
    credit card; what turns out to be another bears none (`WITHOUT_FEE`) and the fee goes back (rule P12)."""
    threshold = fee_threshold(policy, payment.currency)
    if threshold is None:
        return Money.zero(payment.currency)
    places = dict(policy.card_place_caps_pct)
    place = places.get(f"{country}-{region}", places.get(country))
    caps = (policy.card_network_cap_pct, policy.card_cost_pct, place)
    base: FeeBase = "excess" if policy.card_fee_base == "excess" else "whole_payment"
    return card_fee(payment, threshold, policy.card_fee_pct, card_type, caps_pct=caps, base=base)


def split_below(payments: Sequence[Money], threshold: Money | None) -> bool:
    """Whether card payments of one customer on one day look like one that was split to stay at or below the threshold: two or more
    of them that are above it only together. It is told to a person and never charged (P12)."""
    if threshold is None:
        return False
    small = [each for each in payments if each <= threshold]
    return len(small) > 1 and sum(each.minor for each in small) > threshold.minor


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
