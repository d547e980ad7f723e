"""Decide one customer again, because a fact changed during the day: what holds now is appended as a higher revision."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from dunlin.actions.doing import Who
from dunlin.records.coverage import workers
from dunlin.records.decision_rows import CONTENT, content, stored_facts
from dunlin.records.models import Decision, DecisionRun
from dunlin.records.policies import current_policy
from dunlin.reports.situations import situation
from dunlin.rules import decisions
from dunlin.rules.policy import Policy


def decide_again(who: Who, customer_id: int, policy: Policy | None = None) -> decisions.Decision | None:
    """The decision of today for one customer with the facts as they are now; None when the day was not decided yet.

    Called inside the frame of the act that changed the facts, which holds the customer's lock. Nothing is written when the
    decision is the one that already holds. The place on the day's list stays that of revision 0.
    """
    newest = newest_decisions(who.today, [customer_id])
    if newest:
        return revise(who, newest[0], policy or current_policy())
    if not DecisionRun.objects.filter(day=who.today, finished_at__isnull=False).exists():
        return None
    decided = _decided(who, customer_id, policy or current_policy())
    if decided is not None:
        _append(who, decided, 0, workers(customer_id, customer_id, who.today)[customer_id])
    return decided


def newest_decisions(day: date, customers: Collection[int]) -> list[Decision]:
    """The decision of the day that holds now, of each of these customers who has one."""
    found: dict[int, Decision] = {}
    for row in Decision.objects.filter(day=day, customer__in=customers).order_by("customer", "revision"):
        found[row.customer_id] = row
    return list(found.values())


def revise(who: Who, newest: Decision, policy: Policy) -> decisions.Decision | None:
    """Decide the customer of `newest` again, and append a higher revision if something differs."""
    decided = _decided(who, newest.customer_id, policy)
    if decided is not None and tuple(getattr(newest, name) for name in CONTENT) != content(decided):
        _append(who, decided, newest.revision + 1, newest.collector_id)
    return decided


def _decided(who: Who, customer_id: int, policy: Policy) -> decisions.Decision | None:
    facts = situation(customer_id, who.today, policy)
    return None if facts is None else decisions.decide(facts, who.today, policy)


def _append(who: Who, decided: decisions.Decision, revision: int, collector_id: int | None) -> None:
    Decision.objects.create(
        day=who.today, customer_id=decided.customer_id, revision=revision, step=decided.step, tier=decided.tier,
        code=decided.code, facts=stored_facts(decided), past_due_home=decided.past_due_home,
        oldest_due_on=decided.oldest_due_on, collector_id=collector_id, look_again_on=decided.look_again_on,
        recorded_at=who.now,
    )  # fmt: skip
