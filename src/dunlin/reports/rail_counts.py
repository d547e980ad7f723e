"""The numbers beside the places of the rail: only what waits for this person."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef

from dunlin.records.models import Call, Decision, FollowUp
from dunlin.reports.worklist import campaign_size
from dunlin.rules.policy import Policy


def rail_counts(user_id: int, today: date, policy: Policy) -> dict[str, int]:
    """Place → how much waits: `today` customers of the list nobody called yet, `follow_ups` due today or before. Three queries."""
    called = Call.objects.filter(customer=OuterRef("customer"), day=today, direction="out")
    size = campaign_size(user_id, policy)
    to_call = Decision.objects.filter(
        ~Exists(called), day=today, collector=user_id, rank__lte=size, revision=0, step="call"
    )
    due = FollowUp.objects.filter(owner=user_id, done_at=None, due_on__lte=today)
    return {"today": to_call.count(), "follow_ups": due.count()}
