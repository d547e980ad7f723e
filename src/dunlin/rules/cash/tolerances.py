"""Small differences: within an amount and a per cent of a currency, over and under apart, once per payment. DOMAIN section 6.

A difference within tolerance goes to its own account; it never closes a disputed item, and the third of a customer in 90 days is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from dunlin.rules.money import Money, NotMoney

REPEATED = 3
SMALL = "small_difference"
BANK_FEE = "bank_fee"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What may differ, each way: minor units and hundredths of a per cent of what is open. Both must hold. 0 allows nothing."""

    under: int = 0
    under_rate: int = 0
    over: int = 0
    over_rate: int = 0


Verdict = Literal["none", "within", "beyond", "disputed", "repeated"]


def small_difference(
    open_amount: int, paid: int, tolerance: Tolerance, *, disputed: bool = False, earlier: int = 0
) -> Verdict:
    """Whether `paid` against `open_amount` leaves a small difference; `earlier` are those of the customer in the last 90 days."""
    difference = open_amount - paid
    if difference == 0:
        return "none"
    most, rate = (
        (tolerance.under, tolerance.under_rate) if difference > 0 else (tolerance.over, tolerance.over_rate)
    )
    if abs(difference) > most or abs(difference) * 10_000 > rate * abs(open_amount):
        return "beyond"
    if disputed:
        return "disputed"
    return "repeated" if difference > 0 and earlier + 1 >= REPEATED else "within"


@dataclass(frozen=True, slots=True)
class Settled:
    """A document a payment was used for: minor units open before it, and left after it with its discount. `explained` says that
    the payer or a person gave the reason for what is left."""

    item: int
    before: int
    left: int
    disputed: bool = False
    explained: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """The one small difference of a payment: `item` for one that is short, None for money over; `code` is its account.

    `verdict` says whether it is granted ("within") or why not.
    """

    amount: int
    code: str
    verdict: Verdict
    item: int | None = None


def difference_of(
    paid: Sequence[Settled], unapplied: int, tolerance: Tolerance, *, charges: int = 0, earlier: int = 0
) -> Difference | None:
    """What a payment leaves, if it is one thing: one document short, or money over when all are settled. None otherwise.

    A shortfall of exactly the `charges` that banks kept of the payment is theirs: its own code, and no habit of the customer.
    """
    short = [each for each in paid if each.left and not each.explained]
    if unapplied:
        if short or not paid or any(each.left for each in paid):
            return None
        whole = sum(each.before for each in paid)
        disputed = any(each.disputed for each in paid)
        verdict = small_difference(whole, whole + unapplied, tolerance, disputed=disputed)
        return Difference(unapplied, SMALL, verdict)
    if len(short) != 1:
        return None
    one = short[0]
    fee = bool(charges) and one.left == charges
    verdict = small_difference(
        one.before, one.before - one.left, tolerance, disputed=one.disputed, earlier=0 if fee else earlier
    )
    return Difference(one.left, BANK_FEE if fee else SMALL, verdict, one.item)


_LIMITS = re.compile(r"(\d{1,9}(?:\.\d{1,4})?) (?:and )?(\d{1,3}(?:\.\d{1,2})?) ?%")


def limits_of(currency: str, text: str) -> tuple[int, int]:
    """Minor units and hundredths of a per cent of "5.00 and 1 %". ValueError in words when it says neither or the currency is none."""
    found = _LIMITS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"for {currency} is not an amount and a per cent such as 5.00 and 1 %")
    try:
        amount = Money.exact(found[1], currency)
    except NotMoney as problem:
        raise ValueError(f"for {currency}: {problem}") from None
    rate = int(Decimal(found[2]) * 100)
    if rate > 10_000:
        raise ValueError(f"for {currency} is above 100 %")
    return amount.minor, rate


def tolerance_of(under: Mapping[str, str], over: Mapping[str, str], currency: str) -> Tolerance:
    """The tolerance of a currency by the two settings; a currency without a row has none."""
    below = limits_of(currency, under[currency]) if currency in under else (0, 0)
    above = limits_of(currency, over[currency]) if currency in over else (0, 0)
    return Tolerance(*below, *above)
