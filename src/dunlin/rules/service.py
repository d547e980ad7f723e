"""Service clocks: by when an e-mail is answered (P14) and an electronic payment processed (P15), and how a clock looks.

Moments are local wall-clock times of the `ledger` calendar's place. With a time zone attached the wall clock still counts:
the same clock time of the next business day, also across a change to summer time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dunlin.rules.calendars import Calendar

# Minutes between the attempts of one message: soon at first, then as patiently as mail servers do themselves.
_PAUSES = (1, 5, 15, 60, 240, 480, 960, 1440)


@dataclass(frozen=True, slots=True)
class Hours:
    """Business hours of a day: open at `open`, closed again at `close`."""

    open: time
    close: time

    def __post_init__(self) -> None:
        if self.open >= self.close:
            raise ValueError(f"business hours open before they close, not {self.open} to {self.close}")


@dataclass(frozen=True, slots=True)
class EmailClock:
    """When the clock starts, and the moment at which an unanswered message is late."""

    clock_starts: datetime
    answer_before: datetime

    def is_late(self, at: datetime) -> bool:
        """Late as soon as the moment is reached. Only a human or approved reply stops the clock."""
        return at >= self.answer_before


@dataclass(frozen=True, slots=True)
class PaymentClock:
    """The close by which the queue should be empty, and the last moment to process the payment."""

    queue_empty_by: datetime
    must_process_by: datetime

    def is_late(self, at: datetime) -> bool:
        """Late only after that close has passed."""
        return at > self.must_process_by


def email_clock(received: datetime, hours: Hours, calendar: Calendar, days: int = 1) -> EmailClock:
    """The clock starts at receipt inside business hours, else at the next opening; `days` business days to answer (P14)."""
    starts = received
    day, clock = received.date(), received.time()
    if not calendar.is_business_day(day) or clock >= hours.close:
        starts = _at(calendar.next_business_day(day), hours.open, received)
    elif clock < hours.open:
        starts = _at(day, hours.open, received)
    answer_day = calendar.next_business_day(starts.date(), days)
    return EmailClock(starts, _at(answer_day, starts.time(), received))


def open_minutes(start: datetime, end: datetime, hours: Hours, calendar: Calendar) -> int:
    """Minutes from `start` to `end` in which the desk is open, both local; negative when `end` is earlier."""
    if end < start:
        return -open_minutes(end, start, hours, calendar)
    first, last = start.date(), end.date()
    if first == last:
        return _open_of_day(first, start.time(), end.time(), hours, calendar)
    whole = _minutes(hours.close) - _minutes(hours.open)
    between = calendar.business_days_between(first, last) - calendar.is_business_day(last)
    return (
        _open_of_day(first, start.time(), time.max, hours, calendar)
        + whole * between
        + _open_of_day(last, time.min, end.time(), hours, calendar)
    )


def used_pct(starts: datetime, before: datetime, at: datetime, hours: Hours, calendar: Calendar) -> int:
    """How much of an answer clock is used at `at`, in whole per cent of its open minutes; 100 exactly when it is late."""
    if at >= before:
        return 100
    whole = open_minutes(starts, before, hours, calendar)
    used = open_minutes(starts, at, hours, calendar)
    return min(99, max(0, used * 100 // whole)) if whole > 0 else 0


def light(used: int, amber_from: int, red_from: int) -> str:
    """green, amber or red, by the share of the clock that is used (P14)."""
    return "red" if used >= red_from else "amber" if used >= amber_from else "green"


def payment_clock(received: datetime, close: time, cutoff: time, calendar: Calendar) -> PaymentClock:
    """Received before `cutoff` on a business day it counts to that day, else to the next one (P15).

    The queue is empty by that day's close; the payment is late after the close of the business day that follows.
    """
    day = received.date()
    if not calendar.is_business_day(day) or received.time() >= cutoff:
        day = calendar.next_business_day(day)
    return PaymentClock(_at(day, close, received), _at(calendar.next_business_day(day), close, received))


def back_off(attempts: int) -> timedelta | None:
    """How long to wait after that many attempts of a message were put off by the mail server; None when it is given up, after
    two days."""
    return timedelta(minutes=_PAUSES[attempts - 1]) if 0 < attempts <= len(_PAUSES) else None


def _at(day: date, clock: time, like: datetime) -> datetime:
    return datetime.combine(day, clock, tzinfo=like.tzinfo)


def _open_of_day(day: date, start: time, end: time, hours: Hours, calendar: Calendar) -> int:
    if not calendar.is_business_day(day):
        return 0
    return max(0, _minutes(min(end, hours.close)) - _minutes(max(start, hours.open)))


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
