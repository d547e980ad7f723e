"""Which few open items make an amount: a search that is bounded and says when more than one set does. `cash.subset_match`.

Items of equal amount are one kind with a count, so that twins do not multiply the work. Two halves meet in the middle: sums of up to
two items are looked up for what sums of up to three leave. More items than the bound allow smaller sets only, and it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Literal

SOLUTIONS_MAX = 40
# So many kinds of amount for sets of up to so many items: at most about 40,000 sums are made.
_KINDS_FOR_SIZE = ((5, 56), (4, 220), (3, 260), (2, 4_000), (1, 1_000_000))


@dataclass(frozen=True, slots=True)
class Sets:
    """The sets found, each as indexes into the amounts in their order; `size_max` up to which all sets were looked at; `cut` when
    there were more than are kept."""

    sets: tuple[tuple[int, ...], ...]
    size_max: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """`unique` with its set, `ambiguous` with the sets found, or `none`."""

    status: Literal["unique", "ambiguous", "none"]
    sets: tuple[tuple[int, ...], ...] = ()


def subset_match(amounts: Sequence[int], target: int, items_max: int = 5) -> Matched:
    """Whether one set, several, or none of up to `items_max` amounts make the target exactly. Twins count as different sets."""
    found = sets_making(amounts, target, items_max)
    twins = any(_has_twin(amounts, each) for each in found.sets)
    if not found.sets:
        return Matched("none")
    if len(found.sets) == 1 and not twins:
        return Matched("unique", found.sets)
    return Matched("ambiguous", found.sets)


def _has_twin(amounts: Sequence[int], chosen: Sequence[int]) -> bool:
    """Whether an amount not chosen equals a chosen one."""
    inside = set(chosen)
    values = {amounts[index] for index in chosen}
    return any(amount in values for index, amount in enumerate(amounts) if index not in inside)


def sets_making(amounts: Sequence[int], target: int, items_max: int = 5) -> Sets:
    """All sets of up to `items_max` amounts with the sum `target`, equal amounts taken in their order (the first ones)."""
    places: dict[int, list[int]] = {}
    for index, amount in enumerate(amounts):
        if amount:
            places.setdefault(amount, []).append(index)
    negative = min((amount for amount in places if amount < 0), default=0)
    kinds = [amount for amount in places if amount <= target - 2 * negative]
    size_max = min(items_max, next(size for size, most in _KINDS_FOR_SIZE if len(kinds) <= most))
    found: dict[tuple[int, ...], None] = {}
    for chosen in _multisets(kinds, target, size_max):
        if all(chosen.count(amount) <= len(places[amount]) for amount in set(chosen)):
            taken = {amount: iter(places[amount]) for amount in set(chosen)}
            found[tuple(sorted(next(taken[amount]) for amount in chosen))] = None
            if len(found) >= SOLUTIONS_MAX:
                return Sets(tuple(found), size_max, cut=True)
    return Sets(tuple(found), size_max)


def _multisets(kinds: Sequence[int], target: int, size_max: int) -> Iterator[tuple[int, ...]]:
    """Sorted tuples of kinds that sum to the target: sums of up to half the size kept, the other part looked up."""
    low = size_max // 2
    kept: dict[int, list[tuple[int, ...]]] = {}
    for size in range(low + 1):
        for part in combinations_with_replacement(kinds, size):
            kept.setdefault(sum(part), []).append(part)
    seen: set[tuple[int, ...]] = set()
    for size in range(1, size_max - low + 1):
        for part in combinations_with_replacement(kinds, size):
            for rest in kept.get(target - sum(part), ()):
                whole = tuple(sorted(part + rest))
                if whole not in seen:
                    seen.add(whole)
                    yield whole
