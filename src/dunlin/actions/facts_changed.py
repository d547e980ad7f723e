"""What follows when an act changed the books of a customer: the balance is cut anew, and the day decided again."""

from __future__ import annotations

from collections.abc import Collection

from dunlin.actions.decide_again import newest_decisions, revise
from dunlin.actions.doing import Who
from dunlin.records import balance_sums
from dunlin.rules.policy import Policy


def facts_changed(who: Who, customers: Collection[int], policy: Policy) -> None:
    """Inside the act's frame, which holds the customers' locks: balances as they now are, and a new revision of today's
    decision for each customer who has one and for whom it differs. Who has none is decided by the night (P4, P5)."""
    balance_sums.refresh(customers, who.today, policy)
    for newest in newest_decisions(who.today, customers):
        revise(who, newest, policy)
