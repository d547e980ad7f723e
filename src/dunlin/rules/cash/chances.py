"""How likely a set of items that makes an amount is the one meant, and not one that does so by chance.

Payers mostly pay in order of due date and skip some; so each set has a weight that falls with every item skipped before and between.
Its share is its weight against the weights of all other sets that make the amount, and against the chance that something nobody
looked at does: a larger set, a part payment, another customer. That is Bayes' rule with a stated prior, not a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, gcd, sqrt

# How often a payment without references pays so many items; the rest is shared out among larger sets.
SIZES = (0.0, 0.62, 0.17, 0.08, 0.03, 0.02)
LARGER = 0.08
# How often it is something else than whole items: a part, a short pay, money that is not for this customer's invoices.
OTHERWISE = 0.12
_SKIPPED_FEW, _ALL_FEW = (
    1.6,
    2.2858,
)  # power, and the sum of 1 / n ** power, so that the weights of one size add up to 1
_SKIPPED_MANY, _ALL_MANY = 2.5, 1.3415  # who pays four or more skips fewer of them


def weight(places: Sequence[int]) -> float:
    """The prior of a set, given as places in the order of due dates (0 is the oldest)."""
    size = len(places)
    chance = SIZES[size] if size < len(SIZES) else LARGER * 5 / (size * (size - 1))
    before = -1
    for place in sorted(places):
        gap = place - before
        if before < 0 or size < 4:
            chance /= gap**_SKIPPED_FEW * _ALL_FEW
        else:
            chance /= gap**_SKIPPED_MANY * _ALL_MANY
        before = place
    return chance


def elsewhere(amounts: Sequence[int], target: int, items_max: int) -> float:
    """The weight of what nobody looked at and that would make the target too: larger sets, and all other reasons to pay."""
    positive = sorted(amount for amount in amounts if amount > 0)
    if not positive:
        return 0.0
    spread = _spread(positive)
    larger = sum(positive[: items_max + 1]) <= target and len(positive) > items_max
    return (LARGER * gcd(*positive) / (spread * sqrt(items_max + 1)) if larger else 0.0) + OTHERWISE / spread


def by_chance(amounts: Sequence[int], size: int) -> float:
    """How likely some set of this size, among items that have nothing to do with the payment, makes its amount."""
    positive = [amount for amount in amounts if amount > 0]
    if not positive:
        return 0.0
    # Amounts of price lists are round and meet more often: a hundredth of all payments would fit a stranger's single item.
    lattice = max(gcd(*positive), 100) if len(positive) > 1 else 100
    return min(1.0, comb(len(amounts), min(size, len(amounts))) * lattice / (_spread(positive) * sqrt(size)))


def _spread(positive: Sequence[int]) -> float:
    """How far apart amounts of this customer lie, in minor units: the width over which a sum may fall."""
    mean = sum(positive) / len(positive)
    deviation = sqrt(sum((amount - mean) ** 2 for amount in positive) / len(positive))
    return max(2.5 * deviation, mean / 2, 1.0)
