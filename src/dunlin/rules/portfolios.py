"""Portfolios: which collector a customer belongs to, and who covers while someone is away. Rules B1, P33; docs/rules/portfolios.md."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class AssignmentRule:
    """Customers that meet every criterion go to `collector_id`; the highest priority that fits wins, then the lower id.

    Empty criteria fit everyone. Ranges are inclusive and compare texts without regard to case; an end also takes what
    begins with it, so A to F takes "Fuller". Balances are minor units of the home currency.
    """

    id: int
    priority: int
    collector_id: int
    countries: Collection[str] = ()
    segments: Collection[str] = ()
    entities: Collection[str] = ()
    invoice_classes: Collection[str] = ()
    number_from: str = ""
    number_to: str = ""
    name_from: str = ""
    name_to: str = ""
    balance_from: int | None = None
    balance_to: int | None = None

    @classmethod
    def of(
        cls, rule_id: int, priority: int, collector_id: int, criteria: Mapping[str, Any]
    ) -> AssignmentRule:
        """From criteria as stored: field names to values. ValueError names a criterion that does not exist: a rule that
        silently lost one would take too many customers."""
        unknown = sorted(set(criteria) - CRITERIA)
        if unknown:
            raise ValueError(f"there is no criterion {unknown[0]!r}; there are {', '.join(sorted(CRITERIA))}")
        return cls(rule_id, priority, collector_id, **criteria)


CRITERIA = frozenset(each.name for each in fields(AssignmentRule)) - {"id", "priority", "collector_id"}


class CustomerFacts(NamedTuple):
    """What assignment looks at. `invoice_classes` are those of its open items; `by_hand` is a collector id or None."""

    id: int
    number: str
    name: str
    country: str = ""
    segment: str = ""
    entities: Collection[str] = ()
    invoice_classes: Collection[str] = ()
    balance_home: int = 0
    by_hand: int | None = None


class Assignment(NamedTuple):
    """The collector of a customer (None is a gap) and how: by hand, or the id of the rule."""

    collector_id: int | None
    by_hand: bool
    rule_id: int | None


@dataclass(frozen=True, slots=True)
class Absence:
    """A person away from `starts_on` through `ends_on`; `backup_id` covers, or nobody was named."""

    user_id: int
    starts_on: date
    ends_on: date
    backup_id: int | None = None


def assign(customer: CustomerFacts, rules: Sequence[AssignmentRule]) -> Assignment:
    """Assignment by hand wins; otherwise the first rule in order of priority and id that fits; otherwise nobody."""
    if customer.by_hand is not None:
        return Assignment(customer.by_hand, True, None)
    fitting = [rule for rule in rules if fits(customer, rule)]
    if not fitting:
        return Assignment(None, False, None)
    rule = min(fitting, key=lambda each: (-each.priority, each.id))
    return Assignment(rule.collector_id, False, rule.id)


def fits(customer: CustomerFacts, rule: AssignmentRule) -> bool:
    """Whether the customer meets every criterion of the rule."""
    return (
        _one_of(customer.country, rule.countries)
        and _one_of(customer.segment, rule.segments)
        and _shares(customer.entities, rule.entities)
        and _shares(customer.invoice_classes, rule.invoice_classes)
        and _within(customer.number, rule.number_from, rule.number_to)
        and _within(customer.name, rule.name_from, rule.name_to)
        and (rule.balance_from is None or customer.balance_home >= rule.balance_from)
        and (rule.balance_to is None or customer.balance_home <= rule.balance_to)
    )


def covering(user_id: int, absences: Iterable[Absence], on: date) -> int | None:
    """Who does the work of `user_id` on that day: the person, else the backup, else the backup's backup.

    None is a gap: nobody in the chain is there. Backups that name each other in a circle are a gap as well.
    """
    away = _away_on(absences, on)
    seen: set[int] = set()
    current: int | None = user_id
    while current is not None and current in away:
        if current in seen:
            return None
        seen.add(current)
        current = away[current]
    return current


def covered_by(user_id: int, absences: Sequence[Absence], on: date) -> list[int]:
    """The absent people whose work is with `user_id` on that day, in order of id."""
    return sorted(each for each in _away_on(absences, on) if covering(each, absences, on) == user_id)


class Gap(NamedTuple):
    """Customers nobody works on: `collector_id` is None without assignment, else the absent person without a backup."""

    collector_id: int | None
    customer_ids: tuple[int, ...]


def gaps(assignments: Mapping[int, int | None], absences: Sequence[Absence], on: date) -> list[Gap]:
    """From customer id to collector id: the customers without anyone on that day; the unassigned first, then by collector."""
    found: dict[int | None, list[int]] = {}
    covers: dict[int, int | None] = {}
    for customer_id, collector_id in assignments.items():
        if collector_id is not None and collector_id not in covers:
            covers[collector_id] = covering(collector_id, absences, on)
        if collector_id is None or covers[collector_id] is None:
            found.setdefault(collector_id, []).append(customer_id)
    order = sorted(found, key=lambda each: (each is not None, each or 0))
    return [Gap(collector_id, tuple(sorted(found[collector_id]))) for collector_id in order]


def _away_on(absences: Iterable[Absence], on: date) -> dict[int, int | None]:
    """Backup by absent person. Of two absences on one day the one that began later holds."""
    now = [each for each in absences if each.starts_on <= on <= each.ends_on]
    now.sort(key=lambda each: (each.starts_on, each.ends_on, each.backup_id or 0))
    return {each.user_id: each.backup_id for each in now}


def _one_of(value: str, wanted: Collection[str]) -> bool:
    return not wanted or value in wanted


def _shares(values: Collection[str], wanted: Collection[str]) -> bool:
    return not wanted or any(value in wanted for value in values)


def _within(value: str, first: str, last: str) -> bool:
    text = value.casefold()
    low, high = first.casefold(), last.casefold()
    return (not low or text >= low) and (not high or text <= high or text.startswith(high))
