"""Decide one customer again, because a fact changed during the day: what holds now is appended as a higher revision."""

from __future__ import annotations

from django.db.models import Max

from dunlin.actions.doing import Who
from dunlin.records.calendars import LEDGER, calendar
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
    rows = Decision.objects.filter(day=who.today, customer=customer_id)
    newest = rows.order_by("-revision").first()
    if newest is None and not DecisionRun.objects.filter(day=who.today, finished_at__isnull=False).exists():
        return None
    policy = policy or current_policy()
    facts = situation(customer_id, who.today, policy)
    if facts is None:
        return None
    decided = decisions.decide(facts, who.today, policy, calendar(LEDGER))
    if newest is not None and tuple(getattr(newest, name) for name in CONTENT) == content(decided):
        return decided
    collector = (
        newest.collector_id
        if newest is not None
        else workers(customer_id, customer_id, who.today)[customer_id]
    )
    top = rows.aggregate(top=Max("revision"))["top"]
    Decision.objects.create(
        day=who.today,
        customer_id=customer_id,
        revision=0 if top is None else top + 1,
        step=decided.step,
        tier=decided.tier,
        code=decided.code,
        facts=stored_facts(decided),
        past_due_home=decided.past_due_home,
        oldest_due_on=decided.oldest_due_on,
        collector_id=collector,
        look_again_on=decided.look_again_on,
        recorded_at=who.now,
    )
    return decided
