"""Small differences: within an amount and a per cent of a currency, over and under apart, once per payment. DOMAIN section 6.

A difference within tolerance goes to its own account; it never closes a disputed item, and the third of a customer in 90 days is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

REPEATED = 3


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
