"""Which money a remittance advice is of: by the number the money travels under, a check's number, else payer, amount and day.

Only one answer counts: an advice that fits two receipts, or a receipt that two advices fit, is a person's to link. DOMAIN section 6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dunlin.rules.cash.payer import key_of

How = Literal["trace", "check", "payer"]
NEAR_DAYS = 10  # an advice is sent with the payment order, or the day after the money came
TRACE_MIN = 4  # a shorter number says nothing by itself
_STRENGTH: Mapping[str, int] = {"trace": 3, "check": 2, "payer": 1}


@dataclass(frozen=True, slots=True)
class Advised:
    """An advice: its money in minor units, the day of the payment or of the advice, whose it is if that is known."""

    id: int
    currency: str
    money: int
    day: date
    trace: str = ""
    check: str = ""
    payer_name: str = ""
    customer: int | None = None


@dataclass(frozen=True, slots=True)
class Came:
    """Money that came: `numbers` are what the bank and the payer call it, `text` what the payer wrote; `customers` may be the payer."""

    id: int
    currency: str
    amount: int
    charges: int
    day: date
    numbers: tuple[str, ...] = ()
    check: str = ""
    text: str = ""
    payer_name: str = ""
    customers: frozenset[int] = frozenset()


def fits(advice: Advised, came: Came) -> How | None:
    """How an advice and money belong together; None when they do not. Another currency never fits."""
    if advice.currency != came.currency:
        return None
    same_money = advice.money in (came.amount, came.amount + came.charges)
    trace = _plain(advice.trace)
    if len(trace) >= TRACE_MIN and (
        trace in {_plain(each) for each in came.numbers} or (same_money and trace in _plain(came.text))
    ):
        return "trace"
    if not same_money:
        return None
    check = _plain(advice.check)
    if check and check == _plain(came.check):
        return "check"
    near = abs((advice.day - came.day).days) <= NEAR_DAYS
    return "payer" if near and _same_payer(advice, came) else None


def the_one(found: Sequence[tuple[int, How, bool]]) -> tuple[int, How] | None:
    """Of (id, how, whether the money is the same) the one that fits best; None when none does or several do as well."""
    ranked = sorted(found, key=lambda each: (_STRENGTH[each[1]], each[2]), reverse=True)
    if not ranked:
        return None
    best = ranked[0]
    if len(ranked) > 1 and (_STRENGTH[ranked[1][1]], ranked[1][2]) == (_STRENGTH[best[1]], best[2]):
        return None
    return best[0], best[1]


def _plain(text: str) -> str:
    """Letters and digits in capitals, without leading zeros, as banks and payers write the same number differently."""
    return "".join(sign for sign in text.upper() if sign.isalnum()).lstrip("0")


def _same_payer(advice: Advised, came: Came) -> bool:
    if advice.customer is not None and advice.customer in came.customers:
        return True
    return bool(advice.payer_name) and key_of(advice.payer_name) == key_of(came.payer_name)
