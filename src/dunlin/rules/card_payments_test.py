"""Cards: the fee over the threshold (P12), and the day by which a dispute is answered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.card_payments import card_fee, fee_refund, respond_by
from dunlin.rules.money import Money


def usd(text):
    return Money.exact(text, "USD")


@pytest.mark.rule("P12")
@pytest.mark.parametrize(
    "payment, card, caps, base, fee",
    [
        ("1000.00", "credit", (), "whole_payment", "30.00"),
        ("1000.00", "credit", ("3", "2.6", None), "whole_payment", "26.00"),
        ("1000.00", "credit", ("3", "2.6", "0"), "whole_payment", "0.00"),
        ("1000.00", "credit", (), "excess", "15.00"),
        ("500.00", "credit", (), "whole_payment", "0.00"),
        ("500.01", "credit", (), "whole_payment", "15.00"),
        ("1000.00", "debit", (), "whole_payment", "0.00"),
        ("1000.00", "prepaid", (), "whole_payment", "0.00"),
    ],
)
def test_the_fee_is_the_lowest_of_rate_and_caps_over_the_threshold(payment, card, caps, base, fee):
    limits = tuple(Decimal(cap) if cap is not None else None for cap in caps)
    assert card_fee(usd(payment), usd("500.00"), Decimal(3), card, caps_pct=limits, base=base) == usd(fee)


@pytest.mark.rule("P12")
@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_what_goes_back_of_a_fee_is_never_more_than_the_fee(payment, refunded):
    paid, back = Money(payment, "USD"), Money(refunded, "USD")
    fee = card_fee(paid, Money(0, "USD"), Decimal(3), "credit")
    assert Money(0, "USD") <= fee_refund(fee, paid, back) <= fee
    assert fee_refund(fee, paid, paid) == fee


def test_a_dispute_is_answered_in_the_networks_days_or_by_the_processors_date():
    opened = date(2026, 3, 2)
    assert respond_by("visa", opened) == date(2026, 4, 1)
    assert respond_by("mastercard", opened) == date(2026, 4, 16)
    assert respond_by("amex", opened, date(2026, 3, 9)) == date(2026, 3, 9)
    with pytest.raises(ValueError, match="no card network"):
        respond_by("diners", opened)
