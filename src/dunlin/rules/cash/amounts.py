"""Items by amount alone: one item, a few, a whole balance. Steps 3 to 5 of DOMAIN section 6, and what a rest is made of.

Sets that make the amount are weighed against each other (chances.py); a second set nearly as likely makes it a person's question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dunlin.rules.cash.chances import by_chance, elsewhere, weight
from dunlin.rules.cash.facts import Evidence, Known, OpenItem
from dunlin.rules.cash.reading import Case, Plan, in_order, lines_of
from dunlin.rules.cash.subsets import sets_making

RUNS_MAX = 400
SKIPPING_MAX = 70
FAR_PAIRS_MAX = 40
CUT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Made:
    """Items that make an amount: their weight, the weight of all that speaks against them, how many ways there are, and whether an
    item not chosen equals a chosen one."""

    items: tuple[OpenItem, ...]
    weight: float
    against: float
    ways: int
    equal_items: bool

    @property
    def share(self) -> float:
        """How sure, 0 to 1."""
        return self.weight / (self.weight + self.against)


def made_of(items: Sequence[OpenItem], amount: int, case: Case, otherwise: float = 0.0) -> Made | None:
    """The likeliest set of items that makes an amount; None when no set does. Sets that differ only by items of equal amount are one
    way, the oldest stand for it. `otherwise` is the weight of explanations the caller knows of."""
    ordered = in_order(items)
    if not ordered or amount == 0:
        return None
    nearest = _nearest(ordered, case.bars.items_searched)
    found = sets_making([ordered[place].open for place in nearest], amount, case.bars.items_max)
    sets = [tuple(nearest[place] for place in chosen) for chosen in found.sets]
    sets += [*_far(ordered, amount), *_runs(ordered, amount)]
    if not sets:
        sets = list(_runs_with_gaps(ordered, amount))
    if not sets:
        return None
    ways: dict[tuple[int, ...], tuple[float, tuple[int, ...]]] = {}
    for places in dict.fromkeys(sets):
        alike = tuple(sorted(ordered[place].open for place in places))
        each = (weight(places), places)
        ways[alike] = max(ways.get(alike, each), each)
    best, places = max(ways.values(), key=lambda way: (way[0], [-place for place in way[1]]))
    against = sum(way[0] for way in ways.values()) - best + otherwise
    against += elsewhere([item.open for item in ordered], amount, found.size_max)
    if found.cut:  # more sets than are kept: none of them is surely the one
        against = max(against, best * (1 / CUT_SHARE - 1))
    chosen = tuple(ordered[place] for place in places)
    values = {item.open for item in chosen}
    twins = any(item.open in values for place, item in enumerate(ordered) if place not in places)
    return Made(chosen, best, against, len(ways), twins)


def _nearest(ordered: Sequence[OpenItem], most: int) -> list[int]:
    """The places that are searched: the oldest, and credits wherever they are."""
    credits = [place for place, item in enumerate(ordered) if item.open < 0][:10]
    return sorted({*range(min(len(ordered), most)), *credits})


def _far(ordered: Sequence[OpenItem], amount: int) -> Iterator[tuple[int, ...]]:
    """One item or two of the amount, however many items there are."""
    first: dict[int, int] = {}
    found = 0
    for place, item in enumerate(ordered):
        if item.open == amount and amount not in first:
            yield (place,)
        other = first.get(amount - item.open)
        if other is not None and found < FAR_PAIRS_MAX:
            found += 1
            yield (other, place)
        first.setdefault(item.open, place)


def _runs(ordered: Sequence[OpenItem], amount: int) -> list[tuple[int, ...]]:
    """Runs of neighbours in order of due date that make the amount, of any length: the oldest few, all past due, everything."""
    found: list[tuple[int, ...]] = []
    sums: dict[int, int] = {0: 0}
    running = 0
    for place, item in enumerate(ordered[:RUNS_MAX], 1):
        running += item.open
        start = sums.get(running - amount)
        if start is not None and place > start:
            found.append(tuple(range(start, place)))
        sums.setdefault(running, place)
    return found


def _runs_with_gaps(ordered: Sequence[OpenItem], amount: int) -> Iterator[tuple[int, ...]]:
    """Runs of six or more that make the amount when one or two inside are left out: what a customer does who pays all but a few."""
    items = ordered[:SKIPPING_MAX]
    one: dict[int, list[tuple[int, ...]]] = {}
    for place, item in enumerate(items):
        one.setdefault(item.open, []).append((place,))
    for first in range(len(items)):
        for second in range(first + 1, len(items)):
            pair = items[first].open + items[second].open
            row = one.setdefault(pair, [])
            if len(row) < 20:
                row.append((first, second))
    for start in range(len(items)):
        running = 0
        for end in range(start, len(items)):
            running += items[end].open
            if end - start < 5 or running <= amount:
                continue
            for skipped in one.get(running - amount, ()):
                if start < skipped[0] and skipped[-1] < end:
                    yield tuple(place for place in range(start, end + 1) if place not in skipped)


def by_amount(case: Case) -> Plan | None:
    """Steps 3 to 5: whole items of the payer, without anybody naming them. Several possible payers are weighed against each other."""
    made: list[tuple[Known, Made]] = []
    groups = _groups(case)
    sures = sum(known.sure for known, _ in groups)
    against = 0.0
    for known, customers in groups:
        items = [item for item in case.items if item.customer in customers]
        if (found := made_of(items, case.payment.amount, case)) is not None:
            made.append((known, found))
            against += (found.weight + found.against) * known.sure
    if not made:
        case.failed("no_items_make_amount")
        return None
    known, found = max(made, key=lambda each: each[1].weight * each[0].sure)
    # That it is from none of these, and yet the amount fits one of them, is rarer the fewer sets could fit.
    stranger = max(0, 1000 - sures) * by_chance([item.open for item in case.items], len(found.items))
    share = found.weight * known.sure / (against + found.weight * stranger)
    step = _step_of(found.items, case, customer=known.customer)
    evidence: tuple[Evidence, ...] = (
        Evidence("payer", {"customer": known.customer, "how": known.how}),
        Evidence(step, {"items": len(found.items), "ways": found.ways}),
    )
    if len(groups) > 1:
        evidence += (Evidence("payers_possible", {"payers": len(groups), "fitting": len(made)}),)
    if known.sure < 900 and len(groups) == 1:
        share = min(share, known.sure / 1000)
    return Plan(
        step,
        int(share * 1000),
        found.items,
        lines_of(found.items),
        evidence=evidence,
        equal_items=found.equal_items,
    )


def _groups(case: Case) -> list[tuple[Known, frozenset[str]]]:
    """Each possible payer with whose items to look at: its own; a parent without any pays for its children."""
    known = case.known if case.payer is None else [each for each in case.known if each.sure >= 900]
    groups = []
    for each in known[:8]:
        own = any(item.customer == each.customer for item in case.items)
        family = frozenset(case.book.family(each.customer))
        groups.append((each, frozenset({each.customer}) if own or len(family) == 1 else family))
    return groups


def _step_of(items: Sequence[OpenItem], case: Case, customer: str) -> str:
    if len(items) == 1:
        return "one_item"
    mine = [item for item in case.items if item.customer == customer]
    if len(items) == len(mine):
        return "whole_balance"
    due = {item.id for item in mine if item.due_on < case.payment.on}
    return "past_due" if {item.id for item in items} == due else "few_items"
