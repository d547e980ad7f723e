"""What a customer owes or is about to owe, against the credit line (P23, invariant 34). See docs/rules/exposure.md."""

from __future__ import annotations

from dataclasses import dataclass

from dunlin.rules.money import Money, total


@dataclass(frozen=True, slots=True)
class Exposure:
    """`within_line`: the exposure is not above the line. No line at all (None) holds nothing back; a line of zero holds everything."""

    amount: Money
    line: Money | None

    @property
    def within_line(self) -> bool:
        return self.line is None or self.amount <= self.line

    @property
    def available(self) -> Money | None:
        """The line less the exposure, below zero when it is passed; None without a line."""
        return None if self.line is None else self.line - self.amount


def exposure(
    line: Money | None, *, open_orders: Money, open_deliveries: Money, open_billing: Money, open_items: Money, this_order: Money,
    unapplied: Money | None = None,
) -> Exposure:  # fmt: skip
    """The sum of what is ordered, delivered, billed and owed, with the order that asks. `unapplied`: credit that lowers it, where the
    setting says so; never below zero. Amounts in one currency; ValueError for one below zero, so that nothing added ever lowers it."""
    parts = (open_orders, open_deliveries, open_billing, open_items, this_order)
    if any(each.minor < 0 for each in (*parts, *(() if unapplied is None else (unapplied,)))):
        raise ValueError("no part of an exposure is below zero")
    summed = total(parts, this_order.currency)
    if unapplied is not None:
        summed = max(summed - unapplied, Money.zero(summed.currency))
    return Exposure(summed, line)
