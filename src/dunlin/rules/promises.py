"""Promises to pay, judged by the books. Rule P18, invariants 21 and 22; see docs/rules/promises.md.

Amounts are whole minor units of one currency. A promise is open, kept, partially kept, broken or cancelled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

OPEN = "open"
KEPT = "kept"
PARTIALLY_KEPT = "partially_kept"
BROKEN = "broken"
CANCELLED = "cancelled"
STATUSES = (OPEN, KEPT, PARTIALLY_KEPT, BROKEN, CANCELLED)
JUDGED = frozenset({KEPT, PARTIALLY_KEPT, BROKEN})

TOLERANCE_DAYS = 2

MONEY_KINDS = (
    "payment",
    "deposit",
)  # credits that are money; a memo, a discount or a write-off keeps no promise

# Money that comes back, or money recorded late with an early value date, re-judges a promise. Cancelled is final.
_MAY_BECOME: Mapping[str, frozenset[str]] = {
    OPEN: JUDGED | {CANCELLED},
    KEPT: frozenset({PARTIALLY_KEPT, BROKEN}),
    PARTIALLY_KEPT: frozenset({KEPT, BROKEN}),
    BROKEN: frozenset({KEPT, PARTIALLY_KEPT}),
    CANCELLED: frozenset(),
}


class Judgement(NamedTuple):
    """The status of a promise as of a day, the money counted for it, and the amount that was promised."""

    status: str
    paid: int
    promised: int


def judged_from(promised_date: date, tolerance_days: int = TOLERANCE_DAYS) -> date:
    """The first day on which the promise is judged: the day after its date and tolerance have passed."""
    return promised_date + timedelta(days=tolerance_days + 1)


def evaluate(
    promised_amount: int | None,
    promised_date: date,
    tolerance_days: int,
    payments: Iterable[tuple[date, int]],
    as_of: date,
    open_of_items: int | None = None,
    made_on: date | None = None,
    tolerance_pct: Decimal | int = 0,
) -> Judgement:
    """Judge one promise on `as_of`.

    `payments` are (value date, amount) of money for its items, a return being a negative amount with its own date. Money
    counts from `made_on` (if given) through the promised date plus tolerance; a return counts whenever it happens. Before
    that day has passed the promise is open, whatever came in. A promise without an amount promised the whole
    `open_of_items` when it was made. `tolerance_pct` of the amount may be missing. ValueError when no amount is known.
    """
    promised = promised_amount if promised_amount is not None else open_of_items
    if promised is None or promised <= 0:
        raise ValueError(
            "a promise is judged by an amount above zero: its own, or the open of its items when it was made"
        )
    last = promised_date + timedelta(days=tolerance_days)
    paid = _money_in(payments, made_on or date.min, last, as_of)
    if as_of <= last:
        return Judgement(OPEN, paid, promised)
    return Judgement(status_of(paid, promised, tolerance_pct), paid, promised)


def status_of(paid: int, promised: int, tolerance_pct: Decimal | int = 0) -> str:
    """How a promise ends with so much of it paid, in minor units; `tolerance_pct` of the amount may be missing."""
    if paid > 0 and paid * 100 >= promised * (100 - Decimal(tolerance_pct)):
        return KEPT
    return PARTIALLY_KEPT if paid > 0 else BROKEN


def _money_in(payments: Iterable[tuple[date, int]], first: date, last: date, as_of: date) -> int:
    """Money of the window, net of returns. A return takes back the newest payment of its amount, else the newest money."""
    stack: list[list[int]] = []  # [amount still standing, 1 if in the window]
    for on, amount in sorted(payments, key=lambda payment: (payment[0], -payment[1])):
        if on > as_of:
            continue
        if amount >= 0:
            stack.append([amount, int(first <= on <= last)])
            continue
        back = -amount
        same = [entry for entry in reversed(stack) if entry[0] == back]
        for entry in same[:1] or list(reversed(stack)):
            taken = min(entry[0], back)
            entry[0] -= taken
            back -= taken
    return sum(amount for amount, counts in stack if counts)


class KeptRate(NamedTuple):
    """Per cent of judged promises kept, by number and by amount; None when nothing was judged."""

    by_count_pct: Decimal | None
    by_amount_pct: Decimal | None


def kept_rate(promises: Iterable[tuple[str, int | Decimal, int | Decimal]]) -> KeptRate:
    """From (status, promised, paid) of promises in one currency; open and cancelled ones are left out. Unrounded.

    By count: kept ÷ (kept + partially kept + broken). By amount: Σ min(paid, promised) ÷ Σ promised.
    """
    judged = [(status, promised, paid) for status, promised, paid in promises if status in JUDGED]
    if not judged:
        return KeptRate(None, None)
    whole = sum((Decimal(promised) for _, promised, _ in judged), Decimal(0))
    came = sum((Decimal(max(0, min(paid, promised))) for _, promised, paid in judged), Decimal(0))
    kept = sum(status == KEPT for status, _, _ in judged)
    return KeptRate(Decimal(kept) * 100 / len(judged), came * 100 / whole if whole else None)


@dataclass(frozen=True, slots=True)
class Claim:
    """A promise that asks for money: `amount` in minor units (of a promise without amount, the open of its items).

    Without `item_ids` it takes any money of the customer that no promise with items takes. `recorded_at`: when it was made.
    """

    id: int
    amount: int
    due_on: date
    made_on: date
    item_ids: Collection[int] = ()
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money applied to one item, recorded at a moment: `amount` in minor units, of which `returned` came back."""

    id: int
    item_id: int
    value_date: date
    amount: int
    returned: int = 0
    recorded_at: datetime | None = None


class Counted(NamedTuple):
    """A part of one receipt that counts for one promise."""

    claim_id: int
    receipt_id: int
    amount: int


def allocate_money(
    claims: Sequence[Claim], receipts: Sequence[Receipt], tolerance_days: int = TOLERANCE_DAYS
) -> list[Counted]:
    """Count each unit of money for at most one promise, by item and then by date.

    Claims take in order of promised date, date made and id; receipts are taken in order of value date and id. Money
    counts when it was recorded after the promise and its value date is no later than the promised date plus tolerance; what
    was in the books before lowered what was promised already. Where a moment is not known, the value date must not be before
    the day of the promise. Claims with items go first. One currency.
    """
    left = {receipt.id: max(0, receipt.amount - receipt.returned) for receipt in receipts}
    if len(left) != len(receipts):
        raise ValueError("two receipts have the same id")
    by_date = sorted(receipts, key=lambda receipt: (receipt.value_date, receipt.id))
    counted = []
    for claim in sorted(claims, key=lambda each: (not each.item_ids, each.due_on, each.made_on, each.id)):
        wanted = claim.amount
        last = claim.due_on + timedelta(days=tolerance_days)
        for receipt in by_date:
            fits = not claim.item_ids or receipt.item_id in claim.item_ids
            if fits and receipt.value_date <= last and _is_later(receipt, claim):
                part = min(wanted, left[receipt.id])
                if part > 0:
                    counted.append(Counted(claim.id, receipt.id, part))
                    left[receipt.id] -= part
                    wanted -= part
    return counted


def _is_later(receipt: Receipt, claim: Claim) -> bool:
    if receipt.recorded_at is not None and claim.recorded_at is not None:
        return receipt.recorded_at > claim.recorded_at
    return receipt.value_date >= claim.made_on


def still_promised(amount: int | None, open_then: int, credited_since: int) -> int:
    """What a promise asks for in money, minor units: its amount, or all that was open on its items, but no more than is left
    of them after what was credited or granted since. At least 1: a promise about nothing is void, not kept."""
    left = max(1, open_then - credited_since)
    return left if amount is None else min(amount, left)


def money_of(counted: Iterable[Counted]) -> dict[int, int]:
    """Money counted per promise id."""
    paid: dict[int, int] = {}
    for part in counted:
        paid[part.claim_id] = paid.get(part.claim_id, 0) + part.amount
    return paid


def may_become(old: str, new: str) -> bool:
    """Whether a promise of status `old` may take status `new`."""
    return new in _MAY_BECOME[old]


def replaces(old_status: str, old_item_ids: Collection[int], new_item_ids: Collection[int]) -> bool:
    """Whether a new promise closes an old one: they share an item and the old one was neither kept nor cancelled."""
    return old_status not in (KEPT, CANCELLED) and not set(old_item_ids).isdisjoint(new_item_ids)


def status_when_replaced(old_status: str) -> str:
    """An open promise that is replaced is cancelled; a judged one keeps its judgement and its place in the rate."""
    return CANCELLED if old_status == OPEN else old_status


def level_of_new(replaced_levels: Iterable[int]) -> int:
    """The level of a promise: 0, or one above the highest level among the promises it replaces."""
    return max(replaced_levels, default=-1) + 1
