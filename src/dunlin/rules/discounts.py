"""Early-payment discounts: earned or not, and what they cost in a year. DOMAIN section 3 (Terms), [35]-[37]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal, localcontext
from typing import Literal

from dunlin.rules.money import Money

Method = Literal["simple", "compound"]

_WIDE = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether the discount is earned, how much it is, and what is then due; no discount when it is not earned."""

    eligible: bool
    discount: Money
    amount_due: Money


def eligibility(
    invoice_amount: Money,
    discount_pct: Decimal,
    discount_days: int,
    invoice_date: date,
    paid_date: date | None,
    grace_days: int = 0,
) -> Eligibility:
    """Earned when `paid_date` (the value date) is at most invoice date + discount days + grace; None is not paid.

    `discount_pct` is in per cent, 0 to 100 (ValueError otherwise); the discount is rounded half-up once.
    """
    if not 0 <= discount_pct <= 100:
        raise ValueError(f"a discount is 0 to 100 per cent, not {discount_pct}")
    last_day = invoice_date + timedelta(days=discount_days + grace_days)
    eligible = paid_date is not None and paid_date <= last_day
    discount = (
        invoice_amount.times(discount_pct.scaleb(-2, _WIDE))
        if eligible
        else Money.zero(invoice_amount.currency)
    )
    return Eligibility(eligible, discount, invoice_amount - discount)


def unearned(taken: Money, earned: Eligibility) -> Money:
    """The part of a discount the customer took that was not earned: a short pay. Zero when all of it was."""
    zero = Money.zero(taken.currency)
    return max(taken - earned.discount, zero)


def annualised(
    discount_pct: Decimal,
    discount_days: int,
    net_days: int,
    year_days: int = 365,
    method: Method = "simple",
) -> Decimal | None:
    """What giving up the discount costs the payer, in per cent a year.

    None (undefined) when the discount period is not shorter than the net period, or the discount is all of the amount.
    """
    gap = net_days - discount_days
    if gap <= 0 or discount_pct >= 100:
        return None
    with localcontext(_WIDE):
        if method == "simple":
            return discount_pct * year_days * 100 / ((100 - discount_pct) * gap)
        if method == "compound":
            growth = Decimal(100) / (100 - discount_pct)
            return (growth ** (Decimal(year_days) / gap) - 1) * 100
    raise ValueError(f"the method is simple or compound, not {method!r}")


def still_offered(offered: int, amount: int, credited: int, granted: int = 0) -> int:
    """What the terms still offer on a document of `amount`, in minor units: `offered` in proportion to what of it was not
    `credited` (memos, write-offs), rounded half-up, less the discount `granted` already."""
    if amount <= 0:
        return 0
    return max(0, (2 * offered * (amount - credited) + amount) // (2 * amount) - granted)


def earned_by_payment(open_amount: int, offered: int, until: date | None, paid: int, paid_on: date) -> int:
    """The discount one payment earns on one document, in minor units: what it pays less than is open. `offered` is what
    the terms still offer (see `still_offered`).

    Nothing unless the money came by `until` (the last day, grace included), the shortfall is no more than the terms
    offer, and the two together settle the document: a part payment earns no discount.
    """
    short = open_amount - paid
    if until is None or paid_on > until or paid <= 0 or not 0 < short <= offered:
        return 0
    return short
