"""How fast the desk answers: answered within the time of P14, broken clocks, what is open and how old it is (P14, P17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, F, Min, Q

from dunlin.records.models import Conversation
from dunlin.reports.inbox import is_late, live
from dunlin.reports.moments import day_begins, day_ends
from dunlin.rules.measures import ratio


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """Of the days asked for: how many were answered, how many of those in time, the share in per cent (None when none was
    answered). Right now: how many wait, how many of them are late, and since when the oldest has waited."""

    answered: int
    in_time: int
    share_pct: Decimal | None
    waiting: int
    late: int
    oldest: datetime | None


def answer_times(first: date, last: date, now: datetime, zone: str, *, scope: Q | None = None) -> AnswerTimes:
    """Conversations answered from `first` through `last`, by the last answer of each, and the queue at `now`. `scope` narrows
    both, such as to one person's. An answer exactly when it is due is late. Two queries."""
    rows = Conversation.objects.filter(scope or Q(), merged_into=None).order_by()
    done = rows.filter(
        answered_at__gte=day_begins(first, zone), answered_at__lt=day_ends(last, zone), due_at__isnull=False
    ).aggregate(answered=Count("pk"), in_time=Count("pk", filter=Q(answered_at__lt=F("due_at"))))
    queue = rows.filter(state__in=("open", "snoozed"), clock_from__isnull=False).aggregate(
        waiting=Count("pk", filter=live(now)), late=Count("pk", filter=is_late(now)), oldest=Min("clock_from")
    )
    return AnswerTimes(
        done["answered"], done["in_time"], ratio(done["in_time"], done["answered"], 100),
        queue["waiting"], queue["late"], queue["oldest"],
    )  # fmt: skip
