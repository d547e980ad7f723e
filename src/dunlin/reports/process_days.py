"""The turns of the processes with what the books know: which were done, what management reported, since when Dunlin runs.

The days themselves are rules/processes.py. (C1-C4; trap 26)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db.models import Max, Min

from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import FinalsReport as ReportRow
from dunlin.records.models import ProcessRun
from dunlin.rules.calendars import Calendar, month_after
from dunlin.rules.policy import Policy, minutes_of
from dunlin.rules.processes import (
    PROCESSES,
    Entry,
    FinalsReport,
    Period,
    checklist,
    due_periods,
    next_dates,
    period_day,
)


@dataclass(frozen=True)
class Turns:
    """What the turns of the processes follow from, read once for a day."""

    day: date
    ledger: Calendar
    policy: Policy
    reports: tuple[FinalsReport, ...]
    last_done: Mapping[str, str]
    since: date
    end_of_day: bool

    @classmethod
    def read(cls, day: date, now: datetime, policy: Policy) -> Turns:
        """Four queries."""
        zone = ZoneInfo(policy.ledger_time_zone)
        rows = ReportRow.objects.filter(withdrawn_at=None).values_list("month", "reported_at")
        done = (
            ProcessRun.objects.filter(state="done").order_by().values_list("process").annotate(Max("period"))
        )
        local = now.astimezone(zone)
        return cls(
            day,
            calendar(LEDGER),
            policy,
            tuple(FinalsReport(month, at.astimezone(zone), closes=closing(policy)) for month, at in rows),
            dict(done),
            _since(day, zone),
            local.date() > day or (local.date() == day and local.time() >= closing(policy)),
        )

    def due(self, process: str) -> list[Period]:
        """The turns of a process since the one last done, up to the day."""
        return due_periods(
            process, self.last_done.get(process), self.day, self.ledger, self.policy, self.reports, self.end_of_day, self.since
        )  # fmt: skip

    def checklist(self) -> list[Entry]:
        """Every process with its state on the day."""
        return checklist(
            self.day, self.last_done, self.ledger, self.policy, self.reports, self.end_of_day, self.since
        )

    def next_dates(self, process: str, count: int = 12) -> list[date]:
        """The next days of a process, this one among them."""
        return next_dates(process, self.day, count, self.ledger, self.policy, self.reports)

    def day_of(self, process: str, key: str) -> date:
        """The day of a turn. ValueError when the key is none of that process."""
        if PROCESSES[process].every == "day":
            return date.fromisoformat(key)
        month = date.fromisoformat(f"{key}-01")
        return period_day(process, month.year, month.month, self.ledger, self.policy, self.reports)

    def newest(self, process: str) -> str:
        """The key of the newest turn whose day has come."""
        if PROCESSES[process].every == "day":
            return self.day.isoformat()
        year, month = self.day.year, self.day.month
        while self.day_of(process, f"{year}-{month:02d}") > self.day:
            year, month = month_after(year, month, -1)
        return f"{year}-{month:02d}"

    def finals_start(self, day: date) -> date:
        """The day on which contacts about finals begin in the month of `day` (P3)."""
        return self.day_of("finals", f"{day:%Y-%m}")


def _since(day: date, zone: ZoneInfo) -> date:
    """The day of the first run of any process; what came before was never ours to do, so it is neither late nor missed."""
    first = ProcessRun.objects.aggregate(first=Min("started_at"))["first"]
    return min(day, first.astimezone(zone).date()) if first else day


def closing(policy: Policy) -> time:
    """The close of business: the end of the desk's hours (inbox.hours)."""
    end = minutes_of(dict(policy.inbox_hours)["default"])[1]
    return time(end // 60, end % 60) if end < 1440 else time(23, 59)
