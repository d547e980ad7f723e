"""One person's work day by day, and their last calls with what was noted: for coaching and for one's own eye (B8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q

from dunlin.records.models import Call, Promise
from dunlin.rules.campaigns import REACHED


@dataclass(frozen=True)
class WorkDay:
    """Customers called and reached on one day, attempts made, promises taken."""

    day: date
    called: int
    reached: int
    attempts: int
    promises: int


@dataclass(frozen=True)
class CallMade:
    """One call out or in: with whom, how it ended, what was noted."""

    customer_id: int
    customer: str
    day: date
    started_at: datetime
    direction: str
    outcome: str
    spoke_to: str
    note: str


@dataclass(frozen=True)
class PersonWork:
    """Days with any call or promise, newest first, and the last calls."""

    days: tuple[WorkDay, ...]
    calls: tuple[CallMade, ...]


def person_work(user_id: int, since: date, through: date, calls: int = 50) -> PersonWork:
    """What the person did from `since` through `through`. Three queries."""
    made = Call.objects.filter(by=user_id, day__gte=since, day__lte=through)
    per_day: dict[date, dict[str, Any]] = {}
    for row in (
        made.filter(direction="out")
        .order_by()
        .values("day")
        .annotate(
            called=Count("customer", distinct=True),
            reached=Count("customer", distinct=True, filter=Q(outcome__in=sorted(REACHED))),
            attempts=Count("pk"),
        )
    ):
        per_day[row["day"]] = {name: row[name] for name in ("called", "reached", "attempts")}
    promises = Promise.objects.filter(by=user_id, made_on__gte=since, made_on__lte=through).exclude(
        status="cancelled"
    )
    for day, n in promises.order_by().values_list("made_on").annotate(Count("pk")):
        per_day.setdefault(day, {"called": 0, "reached": 0, "attempts": 0})["promises"] = n
    days = (
        WorkDay(day, row["called"], row["reached"], row["attempts"], row.get("promises", 0))
        for day, row in sorted(per_day.items(), reverse=True)
    )
    last = made.order_by("-started_at", "-pk").values_list(
        "customer", "customer__name", "day", "started_at", "direction", "outcome", "spoke_to", "note"
    )
    return PersonWork(tuple(days), tuple(CallMade(*row) for row in last[:calls]))
