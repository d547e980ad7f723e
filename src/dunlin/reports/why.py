"""Why a customer is where they are on a day: the decision in words and figures that add up, and what decides the place (H3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dunlin.records.decision_rows import decision_of
from dunlin.records.models import Customer, Decision, Pin, TierOrder, User
from dunlin.reports.worklist import campaign_size
from dunlin.rules import decisions
from dunlin.rules.codes import Refused, sentence
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.reasons import TIER_NAMES, day_words, machine_facts, reason
from dunlin.rules.reasons import why as why_lines


@dataclass(frozen=True)
class Neighbour:
    """A customer directly above or below on the list, and the first thing that decides between the two."""

    customer_id: int
    number: str
    name: str
    rank: int
    reason: str
    because: str


@dataclass(frozen=True)
class Revision:
    """What held from a moment of the day on."""

    revision: int
    recorded_at: datetime
    step: str
    code: str
    reason: str


@dataclass(frozen=True)
class Why:
    """The explanation. `lines` add up to the decision; `rank` of `ranked` on the list of `collector`, whose line is drawn after
    `size`; `revisions` tell how the day went; `facts` are machine-readable (money as decimal text with its currency)."""

    customer_id: int
    number: str
    name: str
    day: date
    step: str
    tier: str
    code: str
    reason: str
    lines: tuple[str, ...]
    facts: dict[str, Any]
    past_due: tuple[Money, ...]
    collectable: tuple[Money, ...]
    past_due_home: Money
    collectable_home: Money
    collector: str
    rank: int | None
    ranked: int
    size: int
    place: str
    above: Neighbour | None
    below: Neighbour | None
    pinned: str
    revisions: tuple[Revision, ...]
    look_again_on: date | None


def why(customer_id: int, day: date, policy: Policy) -> Why:
    """Explain the decision of `day`. Refused: customer_unknown. A day without a decision says so (code `no_decision`)."""
    customer = Customer.objects.filter(pk=customer_id).values("number", "name").first()
    if customer is None:
        raise Refused("customer_unknown", customer=customer_id)
    number, name = customer["number"], customer["name"]
    rows = list(Decision.objects.filter(day=day, customer=customer_id).order_by("revision"))
    if not rows:
        return _undecided(customer_id, number, name, day, policy)
    ordered = TierOrder.objects.filter(day=day).first()
    if ordered is not None:
        policy = Policy.from_mapping({**policy.as_mapping(), "worklist.tier_order": ordered.tiers})
    row = rows[-1]
    decided = decision_of(row, number)
    chosen = next((each for each in reversed(rows) if each.rank is not None), None)
    size = campaign_size(row.collector_id, policy)
    mine = Decision.objects.filter(day=day, collector=row.collector_id, rank__isnull=False)
    ranked = mine.values("customer").distinct().count()
    pin = Pin.objects.filter(day=day, customer=customer_id).select_related("by").first()
    above = below = None
    if chosen is not None:
        key = decisions.rank_key(decision_of(chosen, number), policy)
        above = _neighbour(row.collector_id, day, chosen.rank - 1, key, policy, above=True)  # type: ignore[operator]
        below = _neighbour(row.collector_id, day, chosen.rank + 1, key, policy, above=False)  # type: ignore[operator]
    lines = why_lines(decided, policy)
    if ordered is not None:
        lines.append(f"The order of the day was set by hand: {ordered.reason}.")
    if pin is not None:
        lines.append(f"Pinned to the head of the list by {pin.by.name}: {pin.reason}.")
    lines += [
        each for each in (above and f"Above it {_of(above)}", below and f"Below it {_of(below)}") if each
    ]
    rank = chosen.rank if chosen is not None else None
    collector = User.objects.filter(pk=row.collector_id).first() if row.collector_id else None
    return Why(
        customer_id, number, name, day, decided.step, decided.tier, decided.code, reason(decided.code, decided.facts),
        tuple(lines), machine_facts(decided.facts), _moneys(decided.past_due), _moneys(decided.collectable),
        Money(decided.past_due_home, policy.home_currency), Money(decided.collectable_home, policy.home_currency),
        collector.name if collector else "", rank, ranked, size, _place(rank, ranked, size, pin is not None), above, below,
        pin.reason if pin else "",
        tuple(Revision(each.revision, each.recorded_at, each.step, each.code, reason(each.code, each.facts)) for each in rows),
        decided.look_again_on,
    )  # fmt: skip


def _place(rank: int | None, ranked: int, size: int, pinned: bool) -> str:
    if pinned:
        return "at the head of the list, pinned"
    if rank is None:
        return "not on the list"
    if rank > size:
        return f"rank {rank} of {ranked}, below the line of {size}"
    return f"rank {rank} of {ranked}"


def _neighbour(
    collector_id: int | None, day: date, rank: int, key: tuple[Any, ...], policy: Policy, *, above: bool
) -> Neighbour | None:
    row = (
        Decision.objects.filter(day=day, collector=collector_id, rank=rank)
        .select_related("customer")
        .order_by("-revision", "customer")
        .first()
    )
    if row is None:
        return None
    other = decision_of(row, row.customer.number)
    theirs = decisions.rank_key(other, policy)
    return Neighbour(
        row.customer_id,
        row.customer.number,
        row.customer.name,
        rank,
        reason(row.code, row.facts),
        _difference(theirs, key, policy) if above else _difference(key, theirs, policy),
    )


def _difference(first: tuple[Any, ...], second: tuple[Any, ...], policy: Policy) -> str:
    """The first part of two sort keys that differs, in words, seen from the one that comes first."""
    tiers = policy.tier_order
    if first[0] != second[0]:
        return f"{TIER_NAMES[tiers[first[0]]]} come before {TIER_NAMES[tiers[second[0]]]}"
    if first[1] != second[1]:
        return "a broken promise comes first"
    if first[2] != second[2]:
        larger, smaller = (Money(-each[2], policy.home_currency) for each in (first, second))
        return f"the larger amount to collect, {larger} against {smaller}"
    if first[3] != second[3]:
        return f"the older item, due {day_words(first[3], second[3])} against {day_words(second[3])}"
    return f"the customer number, {first[4]} before {second[4]}"


def _of(neighbour: Neighbour) -> str:
    return f"{neighbour.number} {neighbour.name} (rank {neighbour.rank}): {neighbour.because}."


def _moneys(amounts: dict[str, int]) -> tuple[Money, ...]:
    return tuple(Money(amounts[currency], currency) for currency in sorted(amounts))


def _undecided(customer_id: int, number: str, name: str, day: date, policy: Policy) -> Why:
    told = sentence("no_decision", {"day": day_words(day)})
    nothing = Money.zero(policy.home_currency)
    return Why(
        customer_id, number, name, day, "none", "", "no_decision", told, (f"{told}.",), {}, (), (), nothing, nothing, "", None, 0,
        policy.campaign_size, "not on the list", None, None, "", (), None,
    )  # fmt: skip
