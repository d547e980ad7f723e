"""Short pays: the reasons they are coded by, who is asked about each, and when one hides a habit. DOMAIN section 6, rule P27."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from dunlin.rules.cash.deductions import code_of
from dunlin.rules.cash.tolerances import BANK_FEE, REPEATED, SMALL
from dunlin.rules.money import Money

UNEARNED = "discount_unearned"
UNKNOWN = "unknown"
WINDOW = timedelta(90)

# Code → how it is called. What is left of a document for one of these is a case with an owner and a deadline.
REASONS: Mapping[str, str] = MappingProxyType({
    "price": "Price", "quantity": "Quantity", "damage": "Damage", "return": "Return", "freight": "Freight", "tax": "Tax",
    UNEARNED: "Discount not earned", "promotion": "Promotion", BANK_FEE: "Bank charges", UNKNOWN: "Not known yet",
})  # fmt: skip
# Who knows about it; a reason without one is the collector's to find out.
DEPARTMENTS: Mapping[str, str] = MappingProxyType({
    "price": "sales", "promotion": "sales", "quantity": "operations", "damage": "operations", "return": "operations",
    "freight": "operations", "tax": "billing",
})  # fmt: skip
# Code → what it means for the books, as a person chooses it.
OUTCOMES: Mapping[str, str] = MappingProxyType({
    "credit": "Credit memo: the customer is right", "chargeback": "Chargeback: billed again as a document of its own",
    "write_off": "Write-off: not worth the asking", "paid": "Paid after all", "refused": "Refused by us: it stays owed",
})  # fmt: skip
# What may become of money that is over.
REST_OUTCOMES: Mapping[str, str] = MappingProxyType({
    "on_account": "Keep it on account: the customer wants it so", "apply": "Use it for other documents",
    "refund": "Pay it back",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShortPay:
    """An amount kept back, minor units, of a document of `whole`. `reason` is a code of `REASONS`, or a small difference."""

    on: date
    amount: int
    whole: int
    reason: str
    document: str
    currency: str


def reason_of(words: str) -> str:
    """The code of a reason as a rule, a person or the payer's advice gives it."""
    plain = words.strip().lower()
    if plain in REASONS:
        return plain
    code = code_of(words)
    return UNEARNED if code == "discount" else code


def tolerable(reason: str) -> bool:
    """Whether what is kept back for this reason may go as a small difference: a reason that is stated is somebody's to answer."""
    return reason in (UNKNOWN, BANK_FEE)


def unearned(left: int, offered: int, until: date | None, paid_on: date) -> bool:
    """Whether what is left is exactly the discount offered, taken after its last day."""
    return bool(left) and left == offered and until is not None and paid_on > until


def like(one: ShortPay, other: ShortPay) -> bool:
    """Whether two are of one pattern: the same reason, the same amount, or the same share of the document. Bank charges are none."""
    if BANK_FEE in (one.reason, other.reason) or one.currency != other.currency:
        return False
    if one.reason == other.reason != UNKNOWN or one.amount == other.amount:
        return True
    share, its = (round(each.amount * 10_000 / each.whole) if each.whole else 0 for each in (one, other))
    return share == its >= 10


def repeats(now: ShortPay, earlier: Iterable[ShortPay]) -> tuple[ShortPay, ...]:
    """Those of the 90 days before that are like it, oldest first, when with it they are three or more; else none."""
    same = [each for each in earlier if timedelta(0) <= now.on - each.on <= WINDOW and like(now, each)]
    same.sort(key=lambda each: (each.on, each.document))
    return tuple(same) if len(same) + 1 >= REPEATED else ()


def habit_of(all_: Iterable[ShortPay], today: date) -> tuple[ShortPay, ...]:
    """The pattern that repeats within the 90 days up to `today`, the newest and those like it, oldest first; empty when none does."""
    rows = sorted(
        (each for each in all_ if timedelta(0) <= today - each.on <= WINDOW),
        key=lambda each: (each.on, each.document), reverse=True,
    )  # fmt: skip
    for place, each in enumerate(rows):
        if before := repeats(each, rows[place + 1 :]):
            return (*before, each)
    return ()


def told(each: ShortPay) -> str:
    """One in words: "12.00 USD of INV-1 on 2026-11-03 (price)"."""
    what = "small difference" if each.reason == SMALL else REASONS.get(each.reason, each.reason).lower()
    return f"{Money(each.amount, each.currency)} of {each.document or 'a document'} on {each.on} ({what})"
