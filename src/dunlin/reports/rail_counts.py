"""The numbers beside the places of the rail: only what waits for this person."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Exists, OuterRef

from dunlin.records.models import Approval, Call, Conversation, Decision, FollowUp
from dunlin.reports.approvals import waiting_for
from dunlin.reports.inbox import live, mine
from dunlin.reports.worklist import campaign_size
from dunlin.rules.authority import kinds_of
from dunlin.rules.policy import Policy
from dunlin.rules.roles import may


def rail_counts(
    user_id: int, today: date, policy: Policy, now: datetime | None = None, role: str = ""
) -> dict[str, int]:
    """Place → how much waits: `today` customers of the list nobody called yet, `follow_ups` due today or before; with `now`, for who
    sees the inbox, `inbox` conversations of theirs, or of whom they cover for, that wait for us;
    with the moment and a `role` that decides anything, `approvals` that wait for it. At most five queries."""
    called = Call.objects.filter(customer=OuterRef("customer"), day=today, direction="out")
    size = campaign_size(user_id, policy)
    to_call = Decision.objects.filter(
        ~Exists(called), day=today, collector=user_id, rank__lte=size, revision=0, step="call"
    )
    due = FollowUp.objects.filter(owner=user_id, done_at=None, due_on__lte=today)
    counts = {"today": to_call.count(), "follow_ups": due.count()}
    if now is not None and kinds_of(role):
        counts["approvals"] = Approval.objects.filter(waiting_for(user_id, role, now)).count()
    if now is not None and (not role or may(role, "see_inbox")):
        counts["inbox"] = Conversation.objects.filter(live(now) & mine(user_id, today)).count()
    return counts
