"""Service clocks: by when an e-mail is answered (P14) and an electronic payment processed (P15).

Moments are local wall-clock times of the `ledger` calendar's place. With a time zone attached the wall clock still counts:
the same clock time of the next business day, also across a change to summer time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from dunlin.rules.calendars import Calendar


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


def email_clock(received: datetime, hours: Hours, calendar: Calendar) -> EmailClock:
    """The clock starts at receipt inside business hours, else at the next opening; one business day to answer (P14)."""
    starts = received
    day, clock = received.date(), received.time()
    if not calendar.is_business_day(day) or clock >= hours.close:
        starts = _at(calendar.next_business_day(day), hours.open, received)
    elif clock < hours.open:
        starts = _at(day, hours.open, received)
    answer_day = calendar.next_business_day(starts.date())
    return EmailClock(starts, _at(answer_day, starts.time(), received))


def payment_clock(received: datetime, close: time, cutoff: time, calendar: Calendar) -> PaymentClock:
    """Received before `cutoff` on a business day it counts to that day, else to the next one (P15).

    The queue is empty by that day's close; the payment is late after the close of the business day that follows.
    """
    day = received.date()
    if not calendar.is_business_day(day) or received.time() >= cutoff:
        day = calendar.next_business_day(day)
    return PaymentClock(_at(day, close, received), _at(calendar.next_business_day(day), close, received))


def _at(day: date, clock: time, like: datetime) -> datetime:
    return datetime.combine(day, clock, tzinfo=like.tzinfo)
