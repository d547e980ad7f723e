"""Rule sets for a receipt and a customer's open items, in the order a policy names. DOMAIN section 6 (Order 3, 5, 6), [35], [62].

The plain rules without references: one item of exactly the amount, the whole account, all past due, oldest first. `cash.autocash`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Rule = Literal["match_one", "clear_account", "clear_past_due", "oldest_first"]


@dataclass(frozen=True, slots=True)
class Due:
    """An open item; minor units. `discount` is what is earned when paid by `discount_until`."""

    id: str
    open: int
    due: date
    discount: int = 0
    discount_until: date | None = None

    def to_pay(self, on: date) -> int:
        """What settles it on a day: less the discount while that is earned."""
        earned = self.discount_until is not None and on <= self.discount_until
        return self.open - self.discount if earned else self.open


@dataclass(frozen=True, slots=True)
class AutoCash:
    """The rule that decided ("" for none), how much on which item, and what is left on account."""

    rule: Rule | Literal[""]
    applications: tuple[tuple[str, int], ...]
    remainder: int


def autocash(
    receipt: int, on: date, items: Sequence[Due], rules: Sequence[Rule], *, partial: bool = False
) -> AutoCash:
    """Apply `receipt` by the first rule that succeeds. `partial` lets oldest first pay the last item in part.

    Two items of the amount are no match of one: a person chooses. Nothing is over-applied; the remainder goes on account.
    """
    ordered = sorted(items, key=lambda item: (item.due, item.id))
    for rule in rules:
        if rule == "oldest_first":
            return _oldest_first(receipt, on, ordered, partial)
        chosen = _chosen(rule, receipt, on, ordered)
        if chosen and sum(item.to_pay(on) for item in chosen) == receipt:
            return AutoCash(rule, tuple((item.id, item.to_pay(on)) for item in chosen), 0)
    return AutoCash("", (), receipt)


def _chosen(rule: Rule, receipt: int, on: date, ordered: Sequence[Due]) -> list[Due]:
    if rule == "match_one":
        fitting = [item for item in ordered if item.to_pay(on) == receipt]
        return fitting if len(fitting) == 1 else []
    if rule == "clear_account":
        return list(ordered)
    if rule == "clear_past_due":
        return [item for item in ordered if item.due < on]
    raise ValueError(f"{rule!r} is not a rule of cash application")


def _oldest_first(receipt: int, on: date, ordered: Sequence[Due], partial: bool) -> AutoCash:
    left, put = receipt, []
    for item in ordered:
        amount = item.to_pay(on)
        if amount > left and not partial:
            break
        # A part payment earns no discount: it counts against the whole.
        amount = amount if amount <= left else left
        if amount <= 0:
            break
        put.append((item.id, amount))
        left -= amount
    return AutoCash("oldest_first" if put else "", tuple(put), left)


def auto_match_rate(auto_posted: int, total: int) -> Decimal | None:
    """Payments applied without a touch and not later corrected, in per cent of all payments [66]; None of no payments."""
    if not 0 <= auto_posted <= total:
        raise ValueError(f"{auto_posted} of {total} payments is no share")
    return Decimal(100 * auto_posted) / Decimal(total) if total else None
