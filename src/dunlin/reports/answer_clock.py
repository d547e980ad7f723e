"""The answer clock of the desk: by when something that came in is answered, and how much of that time is used (P14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dunlin.records.calendars import LEDGER, calendar
from dunlin.rules.calendars import Calendar
from dunlin.rules.policy import Policy, minutes_of
from dunlin.rules.service import Hours, email_clock, light, open_minutes, used_pct


class Clock(NamedTuple):
    """When an answer clock starts and the moment at which it is late, both in UTC."""

    starts: datetime
    due: datetime


class Look(NamedTuple):
    """A clock as people see it: green, amber or red; how much is used in per cent; open minutes left, negative when late."""

    light: str
    used: int
    minutes_left: int

    @property
    def late(self) -> bool:
        return self.used >= 100


@dataclass(frozen=True, slots=True)
class DeskClock:
    """The hours, business days and zone the desk answers in."""

    hours: Hours
    calendar: Calendar
    zone: ZoneInfo
    days: int
    amber_from: int
    red_from: int

    def clock(self, received: datetime) -> Clock:
        """The clock of what came in at `received` (aware)."""
        found = email_clock(received.astimezone(self.zone), self.hours, self.calendar, self.days)
        return Clock(found.clock_starts.astimezone(UTC), found.answer_before.astimezone(UTC))

    def look(self, starts: datetime, due: datetime, now: datetime) -> Look:
        """How that clock looks at `now`."""
        begin, end, at = (moment.astimezone(self.zone) for moment in (starts, due, now))
        used = used_pct(begin, end, at, self.hours, self.calendar)
        left = open_minutes(at, end, self.hours, self.calendar)
        # Past closing time nothing more runs off; what is late is late by the minute that tells it.
        return Look(light(used, self.amber_from, self.red_from), used, left)

    def opens(self, day: datetime) -> datetime:
        """The moment the desk opens on the day of `day`, in UTC."""
        return datetime.combine(day.astimezone(self.zone).date(), self.hours.open, self.zone).astimezone(UTC)


def desk_clock(policy: Policy) -> DeskClock:
    """The clock as set: `inbox.hours`, the ledger's calendar and zone. One query."""
    begin, end = minutes_of(dict(policy.inbox_hours)["default"])
    closes = time.max if end >= 24 * 60 else time(*divmod(end, 60))
    return DeskClock(
        Hours(time(*divmod(begin, 60)), closes), calendar(LEDGER), ZoneInfo(policy.ledger_time_zone),
        policy.target_answer_business_days, policy.inbox_amber_from_pct, policy.inbox_red_from_pct,
    )  # fmt: skip
