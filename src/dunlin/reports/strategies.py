"""The dunning strategies in force: the text of each active version read once, and the facts by which a customer gets one (C6).

As long as no strategy was ever kept the shipped ones are in force, so that a new installation decides what its guide says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from django.db.models import OuterRef, Subquery

from dunlin.formats.strategies import from_yaml, shipped, shipped_names
from dunlin.records.models import Strategy as StrategyRow
from dunlin.records.models import StrategyVersion
from dunlin.rules.decisions import home_minor
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.situations import Situation
from dunlin.rules.strategies import DEFAULT, Choice, Strategy, StrategyFacts, choose


@dataclass(frozen=True)
class InForce:
    """Strategies by key, the version each one is, and the keys that are switched off: whoever follows one of those gets no
    notice, and nobody else's instead (trap 29)."""

    by_key: Mapping[str, Strategy]
    versions: Mapping[str, int] = field(default_factory=dict)
    off: frozenset[str] = frozenset()

    def chosen(self, facts: StrategyFacts) -> Choice:
        """The strategy of a customer and why (rules/strategies.py)."""
        return choose(facts, self.by_key)

    @property
    def charges_interest(self) -> bool:
        """Whether any step of any of them charges interest."""
        return any(
            step.fee is not None and step.fee.interest_pct
            for each in self.by_key.values()
            for step in each.steps
        )

    def instead(self, strategy: Strategy) -> InForce:
        """The same with one strategy as it would be: for a preview. It has no version, and is on."""
        versions = {key: pk for key, pk in self.versions.items() if key != strategy.key}
        return InForce({**self.by_key, strategy.key: strategy}, versions, self.off - {strategy.key})


def in_force() -> InForce:
    """Every strategy with an active version, by the one activated last; the shipped default where none has that key. Two
    queries."""
    newest = StrategyVersion.objects.filter(strategy=OuterRef("pk"), activated_at__isnull=False).order_by(
        "-activated_at", "-number"
    )
    rows = StrategyRow.objects.annotate(active=Subquery(newest.values("pk")[:1]))
    active = {key: (pk, off) for key, pk, off in rows.values_list("key", "active", "switched_off_at") if pk}
    if not active:
        return InForce({name: shipped(name) for name in shipped_names()})
    texts = StrategyVersion.objects.filter(pk__in=[pk for pk, _ in active.values()])
    by_pk = dict(texts.values_list("pk", "text"))
    strategies = {key: _read(by_pk[pk]) for key, (pk, _) in active.items()}
    if DEFAULT not in strategies:
        strategies[DEFAULT] = shipped(DEFAULT)
    return InForce(
        strategies,
        {key: pk for key, (pk, _) in active.items()},
        frozenset(key for key, (_, off) in active.items() if off is not None),
    )


@lru_cache(maxsize=128)
def _read(text: str) -> Strategy:
    """A text means the same each time: read once, however often a sender asks."""
    return from_yaml(text)


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a customer's record a strategy may look at."""

    country: str = ""
    segment: str = ""
    strategy: str = ""


NO_TRAITS = Traits()


def strategy_facts(
    situation: Situation, traits: Traits, entities: Mapping[int, str], today: date, policy: Policy
) -> StrategyFacts:
    """The facts of the choice. `entities` are the codes of our entities by id; amounts in other currencies than the home one are
    converted at the rates of the situation, one without a rate is left out."""
    open_: dict[str, int] = {}
    late: dict[str, int] = {}
    oldest: date | None = None
    classes: set[str] = set()
    ours: set[int] = set()
    for item in situation.items:
        open_[item.currency] = open_.get(item.currency, 0) + item.open
        if item.due_on < today:
            late[item.currency] = late.get(item.currency, 0) + item.open
        if oldest is None or item.due_on < oldest:
            oldest = item.due_on
        classes.add(item.invoice_class)
        ours.add(item.entity)
    home = policy.home_currency
    return StrategyFacts(
        situation.customer_id,
        situation.number,
        country=traits.country,
        segment=traits.segment,
        entities=[entities.get(each, "") for each in ours],
        invoice_classes=classes,
        oldest_days=max(0, (today - oldest).days) if oldest is not None else 0,
        balance=Money(home_minor(open_, situation.rates, home), home),
        past_due=Money(home_minor(late, situation.rates, home), home),
        named=traits.strategy,
    )
