"""Which strategy a customer follows today, and why: the choice that the notices make, for one account on a screen (C6, P35)."""

from __future__ import annotations

from datetime import date

from dunlin.records.models import Entity
from dunlin.reports.recipients import recipients
from dunlin.reports.situations import home_rates, situations
from dunlin.reports.strategies import InForce, in_force, strategy_facts
from dunlin.rules.policy import Policy
from dunlin.rules.situations import Situation
from dunlin.rules.strategies import Choice


def strategy_of(
    customer_id: int, day: date, policy: Policy, force: InForce | None = None
) -> tuple[Choice, bool]:
    """The choice of `day`, and whether that strategy is switched off. Also for a customer who owes nothing. A fixed number of
    queries. `force`: the strategies, when they were read already."""
    known = force or in_force()
    recipient = recipients([customer_id])[customer_id]
    rates = home_rates(day, policy.home_currency)
    found = next(situations(customer_id, customer_id, day, policy, rates), None)
    situation = found or Situation(customer_id, recipient.number)
    entities = dict(Entity.objects.values_list("pk", "code"))
    choice = known.chosen(strategy_facts(situation, recipient.traits, entities, day, policy))
    return choice, choice.strategy.key in known.off
