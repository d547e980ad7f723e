"""Calendars: which days are business days, the statement day, the nth business day. Rules P1, P2, P3; DOMAIN section 0.

Dunlin keeps three calendars and never mixes them: `ledger` (service clocks, reports, contact stages), `bank`
(settlement, returns) and `contact` (the customer's place). Which days are closed is data; this file only counts.
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

Roll = Literal["none", "following", "preceding"]
HolidayPolicy = Literal["literal", "nearest"]

STATEMENT_DAY = 15
FINALS_BUSINESS_DAY = 6

_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days a place is closed: `closed` dates, and `weekend` weekdays (Monday is 0). ValueError if no weekday is open."""

    code: str
    closed: frozenset[date] = frozenset()
    weekend: frozenset[int] = field(default=frozenset({_SATURDAY, _SUNDAY}))

    def __post_init__(self) -> None:
        if not self.weekend <= set(range(7)):
            raise ValueError(f"weekdays are 0 to 6, not {sorted(self.weekend)}")
        if len(self.weekend) == 7:
            raise ValueError(f"calendar {self.code} has no business day in any week")

    def is_business_day(self, on: date) -> bool:
        return on.weekday() not in self.weekend and on not in self.closed

    def next_business_day(self, on: date, n: int = 1) -> date:
        """The nth business day after `on`; `on` itself is never the answer."""
        return self._step(on, n, _DAY)

    def previous_business_day(self, on: date, n: int = 1) -> date:
        """The nth business day before `on`; `on` itself is never the answer."""
        return self._step(on, n, -_DAY)

    def roll(self, on: date, how: Roll) -> date:
        """`on` when it is a business day or `how` is none; otherwise the nearest business day after or before it."""
        if how not in ("none", "following", "preceding"):
            raise ValueError(f"roll is none, following or preceding, not {how!r}")
        if how == "none" or self.is_business_day(on):
            return on
        return self.next_business_day(on) if how == "following" else self.previous_business_day(on)

    def business_days_between(self, start: date, end: date) -> int:
        """Business days after `start` up to and with `end`; negative when `end` is earlier."""
        if end < start:
            return -self.business_days_between(end, start)
        days = (start + _DAY * offset for offset in range(1, (end - start).days + 1))
        return sum(map(self.is_business_day, days))

    def _step(self, on: date, n: int, step: timedelta) -> date:
        if n < 1:
            raise ValueError(f"count business days from 1, not {n}")
        while n:
            on += step
            n -= self.is_business_day(on)
        return on


def on_day(year: int, month: int, day: int | Literal["eom"]) -> date:
    """That day of the month; a day the month does not have, and `eom`, is its last day."""
    last = gregorian.monthrange(year, month)[1]
    return date(year, month, last if day == "eom" else min(day, last))


def month_after(year: int, month: int, months: int) -> tuple[int, int]:
    """(year, month) that many months later; earlier when negative."""
    index = year * 12 + month - 1 + months
    return index // 12, index % 12 + 1


def add_months(on: date, months: int) -> date:
    """The same day that many months later, clamped to the month's end: 31 January + 1 month = 28 (29) February."""
    return on_day(*month_after(on.year, on.month, months), on.day)


def nth_business_day(year: int, month: int, n: int, calendar: Calendar) -> date:
    """The nth business day counted from the 1st, inclusive (P2). January 2026, 1 January closed: the 6th is the 9th."""
    return calendar.next_business_day(date(year, month, 1) - _DAY, n)


def finals_start(
    year: int,
    month: int,
    calendar: Calendar,
    notified_on: date | datetime | None = None,
    n: int = FINALS_BUSINESS_DAY,
    close_of_business: time | None = None,
) -> date:
    """First day to contact customers about the prior month's final invoices (P3).

    The earlier of the nth business day and the business day on which management reports final invoicing complete. A
    report on a closed day, or at a moment after `close_of_business`, counts on the next business day.
    """
    latest = nth_business_day(year, month, n, calendar)
    if notified_on is None:
        return latest
    day = notified_on
    if isinstance(notified_on, datetime):
        day = notified_on.date()
        if close_of_business is not None and notified_on.time() > close_of_business:
            day += _DAY
    return min(latest, calendar.roll(day, "following"))


def statement_day(
    year: int,
    month: int,
    calendar: Calendar,
    holiday_policy: HolidayPolicy = "nearest",
    day: int = STATEMENT_DAY,
) -> date:
    """The day statements go out (P1).

    `literal`: the 15th, the 14th when that is a Saturday, the 16th when it is a Sunday; holidays are not looked at.
    `nearest`: the business day nearest the 15th, ties to the later one. February 2026 with the 16th a holiday:
    literal is the 16th, nearest the 17th.
    """
    wanted = on_day(year, month, day)
    if holiday_policy == "literal":
        shift = {_SATURDAY: -1, _SUNDAY: 1}.get(wanted.weekday(), 0)
        return wanted + _DAY * shift
    if holiday_policy != "nearest":
        raise ValueError(f"holiday policy is literal or nearest, not {holiday_policy!r}")
    return next(on for on in _outward(wanted) if calendar.is_business_day(on))


def next_statement_days(
    start: date,
    count: int,
    calendar: Calendar,
    holiday_policy: HolidayPolicy = "nearest",
    day: int = STATEMENT_DAY,
) -> list[date]:
    """The first `count` statement days on or after `start`, one a month."""
    days: list[date] = []
    # A holiday can push the day of the month before into `start`'s month, so the search begins one month early.
    year, month = month_after(start.year, start.month, -1)
    while len(days) < count:
        on = statement_day(year, month, calendar, holiday_policy, day)
        if on >= start:
            days.append(on)
        year, month = month_after(year, month, 1)
    return days


def _outward(on: date) -> Iterator[date]:
    """`on`, then the days at distance 1, 2, ... with the later one of each pair first."""
    yield on
    distance = _DAY
    while True:
        yield on + distance
        yield on - distance
        distance += _DAY
