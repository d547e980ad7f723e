"""What a payment leaves, decided once for the preview and for the books: a small difference, short pays, money over. Rule P27."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dunlin.rules.cash.short_pays import (
    REASONS,
    UNEARNED,
    UNKNOWN,
    ShortPay,
    reason_of,
    repeats,
    told,
    tolerable,
    unearned,
)
from dunlin.rules.cash.tolerances import BANK_FEE, SMALL, Difference, Settled, Tolerance, difference_of
from dunlin.rules.money import Money


@dataclass(frozen=True, slots=True)
class Paid:
    """A document a payment was used for: minor units open `before` it and `left` after it and its discount; `disputed` before.
    `offered`: what is left of the discount of its terms, through `until`."""

    item: int
    number: str
    before: int
    left: int
    disputed: int = 0
    offered: int = 0
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What is said about the rest: `kept` by document (amount, reason in the payer's words), `reason` for every other document paid
    short ("" for a part payment), `small` whether a small difference may be settled, `charges` the banks kept back of the payment."""

    kept: Mapping[int, tuple[int, str]]
    reason: str = ""
    small: bool = True
    charges: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A short pay: `amount` of a document stays owed as a case, with what speaks for it; `like` are those it repeats."""

    item: int
    amount: int
    reason: str
    evidence: tuple[str, ...]
    like: tuple[ShortPay, ...] = ()


@dataclass(frozen=True, slots=True)
class Rest:
    """`small` is granted with the payment (`item` None: over), `kept` are cases, `over` minor units stay unapplied.
    `offered`: the small difference there would be if it were not switched off; `sentences` say it all."""

    small: Difference | None
    kept: tuple[Kept, ...]
    over: int
    offered: Difference | None
    sentences: tuple[str, ...]


def rest_of(
    paid: Sequence[Paid], unapplied: int, given: Given, tolerance: Tolerance, earlier: Sequence[ShortPay],
    *, currency: str, on: date, today: date,
) -> Rest:  # fmt: skip
    """The rest of a payment of value date `on`. `earlier` are the customer's short pays and small differences of 90 days."""
    reasons = {each.item: _reason(each, given, on) for each in paid if each.left}
    settled = [
        Settled(each.item, each.before, each.left, bool(each.disputed), _explained(reasons.get(each.item)))
        for each in paid
    ]
    short = [each for each in paid if each.left and not _explained(reasons[each.item])]
    alike = _like(short[0], short[0].left, SMALL, earlier, currency, today) if len(short) == 1 else ()
    found = difference_of(settled, unapplied, tolerance, charges=given.charges, earlier=len(alike))
    within = found if found is not None and found.verdict == "within" else None
    small = within if given.small else None
    kept = []
    for each in paid:
        if not each.left or (small is not None and small.item == each.item):
            continue
        reason = reasons[each.item]
        if found is not None and found.item == each.item and reason is None:
            # What the banks kept is not the customer's to pay without a question, and a habit is not hidden in small change.
            reason = BANK_FEE if found.code == BANK_FEE else UNKNOWN if found.verdict == "repeated" else None
        if reason is None:
            continue
        amount = min(given.kept.get(each.item, (each.left, ""))[0], each.left - each.disputed)
        if amount > 0:
            kept.append(_kept(each, amount, reason, alike, given, earlier, currency, today))
    over = unapplied if small is None or small.item is not None else 0
    sentences = _sentences(paid, small, found, kept, over, currency)
    return Rest(small, tuple(kept), over, within, sentences)


def _reason(each: Paid, given: Given, on: date) -> str | None:
    """The code of why a document is short, None when nobody says: then it is a part payment, or a small difference."""
    said = given.kept.get(each.item, (0, ""))[1] or given.reason
    if unearned(each.left, each.offered, each.until, on) and reason_of(said) in (UNKNOWN, UNEARNED):
        return UNEARNED
    return reason_of(said) if said else None


def _explained(reason: str | None) -> bool:
    return reason is not None and not tolerable(reason)


def _like(
    each: Paid, amount: int, reason: str, earlier: Sequence[ShortPay], currency: str, today: date
) -> tuple[ShortPay, ...]:
    return repeats(ShortPay(today, amount, each.before, reason, each.number, currency), earlier)


def _kept(
    each: Paid, amount: int, reason: str, alike: tuple[ShortPay, ...], given: Given, earlier: Sequence[ShortPay],
    currency: str, today: date,
) -> Kept:  # fmt: skip
    like = _like(each, amount, reason, earlier, currency, today)
    like = like or (alike if tolerable(reason) else ())
    said = given.kept.get(each.item, (0, ""))[1]
    evidence = [f"{Money(amount, currency)} of {each.number or 'a document'} was not paid"]
    if said and said.strip().lower() not in (*REASONS, "discount"):
        evidence.append(f"the payer's word for it: {said.strip()[:80]}")
    if reason == UNEARNED and each.until is not None:
        evidence.append(f"its discount of {Money(each.offered, currency)} was offered through {each.until}")
    if given.charges:
        evidence.append(f"the banks kept {Money(given.charges, currency)} of the payment")
    evidence += [f"like it within 90 days: {told(other)}" for other in like]
    return Kept(each.item, amount, reason, tuple(evidence), like)


def _sentences(
    paid: Sequence[Paid], small: Difference | None, found: Difference | None, kept: Sequence[Kept], over: int, currency: str
) -> tuple[str, ...]:  # fmt: skip
    numbers = {each.item: each.number or "a document" for each in paid}
    said = []
    if small is not None and small.item is not None:
        what = "bank charges" if small.code == BANK_FEE else "a small difference"
        said.append(
            f"{Money(small.amount, currency)} of {numbers[small.item]} is written off as {what}, with the payment"
        )
    elif small is not None:
        said.append(f"{Money(small.amount, currency)} over is taken up as a small difference")
    elif found is not None and found.verdict == "repeated":
        said.append(
            f"{Money(found.amount, currency)} is a small difference, but like others within 90 days: it is not written off"
        )
    said += [
        f"{Money(each.amount, currency)} of {numbers[each.item]} stays open as a short pay: {REASONS[each.reason].lower()}"
        + (f", the {_nth(len(each.like) + 1)} alike within 90 days" if each.like else "")
        for each in kept
    ]
    if over and paid:
        said.append(f"{Money(over, currency)} is over, and the customer is asked what to do with it")
    return tuple(said)


def _nth(number: int) -> str:
    return {3: "third", 4: "fourth", 5: "fifth"}.get(number, f"{number}th")
