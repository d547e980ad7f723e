"""The sweep over the inbox: broken answer clocks are marked, unanswered requests escalated. Run as often as one likes (P14, B7)."""

from __future__ import annotations

from dataclasses import dataclass

from dunlin.actions.ask_department import escalate_requests
from dunlin.actions.doing import Who, doing
from dunlin.records.models import Conversation
from dunlin.reports.inbox import is_late


@dataclass(frozen=True)
class Watched:
    """How many clocks broke since the last sweep, and the requests that were escalated."""

    breached: int
    escalated: tuple[int, ...]


def watch_inbox(who: Who) -> Watched:
    """Mark and escalate; a second sweep finds nothing new."""
    late, breached = Conversation.objects.filter(is_late(who.now), breached=False), 0
    if late.exists():  # a sweep that finds nothing writes nothing, no diary line either
        with doing(who, "run_daily") as act:
            breached = late.update(breached=True)
            act.tell(about="inbox", after={"breached": breached})
    return Watched(breached, escalate_requests(who))
