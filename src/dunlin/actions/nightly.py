"""The clock's own errand: run the day once it has begun, catch up after a downtime, never twice for nothing.

A job asks every few minutes; it runs when the ledger's day has reached its hour and no run of that day has finished. So a machine
that was off runs the day when it comes back.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django_q.models import Schedule

from dunlin.actions.doing import the_clock
from dunlin.actions.run_daily import DailyResult, decide_touched, run_daily
from dunlin.records.clock import now, today
from dunlin.records.models import Decision, DecisionRun, Entity
from dunlin.records.policies import current_policy

ERRAND = "dunlin.actions.nightly.nightly"
EVERY_MINUTES = 5
# The day is decided before people come in, after the banks' night files have arrived.
FROM_HOUR = 4


def nightly() -> str:
    """What the scheduled job runs; answers what it did, for the job's log."""
    policy = current_policy()
    moment = now()
    day = today(policy.ledger_time_zone)
    if moment.astimezone(ZoneInfo(policy.ledger_time_zone)).hour < FROM_HOUR:
        return "too early"
    result = run_unless_done(day)
    return "done already" if result is None else f"{result.customers} customers decided"


def run_unless_done(day: date) -> DailyResult | None:
    """Run `day` unless a run of it has finished or there are no books yet; None then."""
    if not Entity.objects.exists() or DecisionRun.objects.filter(day=day, finished_at__isnull=False).exists():
        return None
    return run_daily(the_clock(day, now()), day)


def decide_day_again(day: str) -> str:
    """A job after many customers changed at once: decide again whom the day has decided, unless the day (ISO) is over."""
    current = today(current_policy().ledger_time_zone)
    if current.isoformat() != day:
        return "over already"
    decided = Decision.objects.filter(day=current, revision=0).values_list("customer", flat=True)
    return f"{decide_touched(the_clock(current, now()), list(decided))} decisions revised"


def keep_schedule() -> None:
    """Make sure the job is scheduled, once."""
    Schedule.objects.update_or_create(
        name="the day",
        defaults={"func": ERRAND, "schedule_type": Schedule.MINUTES, "minutes": EVERY_MINUTES, "repeats": -1},
    )
