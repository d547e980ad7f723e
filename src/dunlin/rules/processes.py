"""The scheduled processes: when each runs, what is due after days of downtime, and who gets the e-mail at the end of a day.

A period is done once and known by its key: the month of statements, finals and recurring invoices, the day of the rest.
See docs/rules/processes.md (P1-P4, P6, P7; C1-C4, B3; traps 26, 30).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from dunlin.rules.calendars import (
    Calendar,
    HolidayPolicy,
    finals_start,
    month_after,
    nth_business_day,
    on_day,
    statement_day,
)
from dunlin.rules.campaigns import is_reached, next_action
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy


class Process(NamedTuple):
    """A scheduled process. `every` is month or day; `template` what it sends, empty where the strategy says so; `at` is the
    start of the day or its end."""

    key: str
    name: str
    rule: str
    what: str
    every: str
    template: str = ""
    at: str = "start"


PROCESSES: Mapping[str, Process] = {
    each.key: each
    for each in (
        Process(
            "statements", "Statements", "P1", "Every customer with an open item gets its statement.", "month", "statement_cover"
        ),
        Process(
            "finals", "Final invoices", "P3",
            "Every customer with a final invoice of the month before is asked, by phone and e-mail, whether it was received and "
            "what questions there are.",
            "month", "finals_receipt",
        ),
        Process(
            "finals_late", "Final invoices issued later", "P3",
            "Customers are asked about final invoices issued after the start, on the business day after the invoice.",
            "day", "finals_receipt",
        ),
        Process("past_due", "Past-due contacts", "P4", "Notices go by the strategy of each customer.", "day"),
        Process(
            "mrr", "Recurring invoices", "P7",
            "Customers with so many aged months that they come first are asked for receipt and payment.",
            "month", "mrr_reminder",
        ),
        Process(
            "campaign_mail", "Call campaign e-mail", "P6", "Who was called today and not reached is written to, once.",
            "day", "campaign_not_reached", "end",
        ),
    )
}  # fmt: skip


def says_when(process: str, policy: Policy) -> str:
    """When a process runs, in words, by the settings: "On the 6th business day of the month, ..."."""
    if process == "statements":
        closed = (
            "on a Saturday the day before, on a Sunday the day after"
            if policy.statement_holiday_policy == "literal"
            else "on a closed day the business day nearest to it"
        )
        return f"On the {_nth(policy.statement_day)} of the month; {closed}"
    if process == "finals":
        nth = _nth(policy.finals_nth_business_day)
        return f"On the {nth} business day of the month, earlier once final invoicing is reported complete"
    if process == "mrr":
        return f"On the {_nth(policy.mrr_nth_business_day)} business day of the month"
    return "Each business day" + (", at its end" if PROCESSES[process].at == "end" else "")


def _nth(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


class FinalsReport(NamedTuple):
    """Management's word that final invoicing of the month that `month` lies in is complete, given at a moment or on a day. After
    `closes`, the close of business of that day, it counts on the next business day."""

    month: date
    at: datetime | date
    withdrawn: bool = False
    closes: time | None = None


class Period(NamedTuple):
    """One turn of a process: its key ("2026-02", "2026-02-17"), its day, and whether it is due, late, missed or later today.

    What is due or late is to be done now, once. What is missed is over: it is recorded and never made up for.
    """

    process: str
    key: str
    on: date
    state: str


class Entry(NamedTuple):
    """A line of the day's checklist: due, late, later, done or not_today; `missed` turns that were passed over since the last
    one done; the next day after today. `code` is in `codes.REASONS`."""

    process: Process
    state: str
    period: Period | None
    missed: int
    next_on: date
    code: str
    facts: dict[str, Any]


# --- the dates --------------------------------------------------------------------------------------------------------


def period_day(
    process: str,
    year: int,
    month: int,
    calendar: Calendar,
    policy: Policy,
    reports: Sequence[FinalsReport] = (),
    close_of_business: time | None = None,
) -> date:
    """The day of a monthly process in that month. KeyError for a process that is not monthly."""
    if process == "statements":
        how: HolidayPolicy = "literal" if policy.statement_holiday_policy == "literal" else "nearest"
        return statement_day(year, month, calendar, how, policy.statement_day)
    if process == "mrr":
        return nth_business_day(year, month, policy.mrr_nth_business_day, calendar)
    if process != "finals":
        raise KeyError(process)
    before = month_after(year, month, -1)
    told = [each for each in reports if not each.withdrawn and (each.month.year, each.month.month) == before]
    first = min(told, key=lambda each: _moment(each.at), default=None)
    nth = policy.finals_nth_business_day
    if first is None:
        return nth_business_day(year, month, nth, calendar)
    start = finals_start(year, month, calendar, first.at, nth, first.closes or close_of_business)
    # Reported on the last day of the month, it still begins in the month after.
    return max(start, nth_business_day(year, month, 1, calendar))


def _moment(at: datetime | date) -> tuple[date, time]:
    """A report without a clock time counts as made at the opening of its day."""
    return (at.date(), at.time()) if isinstance(at, datetime) else (at, time.min)


def next_dates(
    process: str,
    start: date,
    count: int,
    calendar: Calendar,
    policy: Policy,
    reports: Sequence[FinalsReport] = (),
) -> list[date]:
    """The first `count` days of a process on or after `start`."""
    if PROCESSES[process].every == "day":
        days = [calendar.roll(start, "following")] if count > 0 else []
        while len(days) < count:
            days.append(calendar.next_business_day(days[-1]))
        return days
    days = []
    year, month = start.year, start.month
    while len(days) < count:
        on = period_day(process, year, month, calendar, policy, reports)
        if on >= start:
            days.append(on)
        year, month = month_after(year, month, 1)
    return days


# --- what is due ------------------------------------------------------------------------------------------------------


def due_periods(
    process: str,
    last_done: str | None,
    today: date,
    calendar: Calendar,
    policy: Policy,
    reports: Sequence[FinalsReport] = (),
    end_of_day: bool = False,
    since: date | None = None,
) -> list[Period]:
    """The turns of a process after the one last done (its key), up to today, oldest first.

    The newest is due, or late when its day has passed: a statement day missed is still done, once. Older ones are missed: two
    statements of two months on one day help nobody, and windows lose nothing. Of a daily process only today's is due: an
    e-mail about the calls of a day that is over is not sent. Without `last_done` nothing before `since` (today) counts, so a
    new installation does not make up for the past.
    """
    begin = since or today
    if PROCESSES[process].every == "month":
        days = _months(process, last_done, begin, today, calendar, policy, reports)
        last = len(days) - 1
        return [
            Period(process, f"{on:%Y-%m}", on, "missed" if at < last else "due" if on == today else "late")
            for at, on in enumerate(days)
        ]
    day = date.fromisoformat(last_done) + timedelta(1) if last_done else begin
    periods = []
    while day < today:
        if calendar.is_business_day(day):
            periods.append(Period(process, day.isoformat(), day, "missed"))
        day += timedelta(1)
    # Calls may be made on a closed day too; who was not reached then is written to as on any other.
    if day == today and (calendar.is_business_day(today) or process == "campaign_mail"):
        later = PROCESSES[process].at == "end" and not end_of_day
        periods.append(Period(process, today.isoformat(), today, "later" if later else "due"))
    return periods


def _months(
    process: str,
    last_done: str | None,
    begin: date,
    today: date,
    calendar: Calendar,
    policy: Policy,
    reports: Sequence[FinalsReport],
) -> list[date]:
    """The days up to today of the months after the one last done."""
    if last_done:
        year, month = month_after(int(last_done[:4]), int(last_done[5:7]), 1)
        begin = date(year, month, 1)
    year, month = begin.year, begin.month
    days = []
    while (year, month) <= (today.year, today.month):
        on = period_day(process, year, month, calendar, policy, reports)
        if begin <= on <= today:
            days.append(on)
        year, month = month_after(year, month, 1)
    return days


def checklist(
    today: date,
    last_done: Mapping[str, str],
    calendar: Calendar,
    policy: Policy,
    reports: Sequence[FinalsReport] = (),
    end_of_day: bool = False,
    since: date | None = None,
) -> list[Entry]:
    """Every process with its state today. `last_done` holds the key of the last turn done, by process."""
    return [
        _entry(each, today, last_done.get(each.key), calendar, policy, reports, end_of_day, since)
        for each in PROCESSES.values()
    ]


def _entry(
    process: Process, today: date, last: str | None, calendar: Calendar, policy: Policy, reports: Sequence[FinalsReport],
    end_of_day: bool, since: date | None,
) -> Entry:  # fmt: skip
    periods = due_periods(process.key, last, today, calendar, policy, reports, end_of_day, since)
    next_on = next_dates(process.key, today + timedelta(1), 1, calendar, policy, reports)[0]
    missed = sum(each.state == "missed" for each in periods)
    now = next((each for each in periods if each.state != "missed"), None)
    facts = {"process": process.name, "today": today.isoformat(), "next_on": next_on.isoformat()}
    if now is not None:
        facts |= {"due_on": now.on.isoformat(), "period": now.key}
        return Entry(process, now.state, now, missed, next_on, f"process_{now.state}", facts)
    if (
        last
        and last in (today.isoformat(), f"{today:%Y-%m}")
        and _was_today(process, last, today, calendar, policy, reports)
    ):
        return Entry(process, "done", None, missed, next_on, "process_done", facts | {"period": last})
    return Entry(process, "not_today", None, missed, next_on, "process_not_today", facts)


def _was_today(
    process: Process,
    last: str,
    today: date,
    calendar: Calendar,
    policy: Policy,
    reports: Sequence[FinalsReport],
) -> bool:
    if process.every == "day":
        return last == today.isoformat()
    return period_day(process.key, today.year, today.month, calendar, policy, reports) == today


# --- final invoices ---------------------------------------------------------------------------------------------------


def finals_contact_on(issued_on: date, start: date, calendar: Calendar) -> date:
    """When a final invoice of the prior month is contacted: at the start, or, issued after it, the next business day (P3)."""
    return start if issued_on <= start else calendar.next_business_day(issued_on)


def check_report(month: date, on: date) -> None:
    """Refused: finals_month_not_over, for a report before the last day of the month it is about."""
    if on < on_day(month.year, month.month, "eom"):
        raise Refused("finals_month_not_over", month=f"{month:%Y-%m}")


def check_withdrawal(month: date, began_on: date | None) -> None:
    """Refused: finals_contacts_began. A report is withdrawn only before the contacts it started began (P3)."""
    if began_on is not None:
        raise Refused("finals_contacts_began", month=f"{month:%Y-%m}", began_on=began_on)


# --- the e-mail of the campaign ---------------------------------------------------------------------------------------


def campaign_mail(
    attempts: Sequence[str],
    policy: Policy,
    *,
    emailed: bool = False,
    notice_today: bool = False,
    do_not_call: bool = False,
    end_of_day: bool = True,
) -> tuple[bool, str, dict[str, Any]]:
    """Whether a customer of the day's list is written to, with code and facts: called, not reached, once, the same day (P6).

    Not on top of a notice of the same day: that one asked already.
    """
    facts = {"calls": len(attempts)}
    if any(is_reached(outcome) for outcome in attempts):
        return False, "campaign_mail_reached", facts
    if emailed:
        return False, "campaign_mail_sent", facts
    if notice_today:
        return False, "campaign_mail_notice", facts
    action = next_action(attempts, policy.campaign_max_attempts, end_of_day, do_not_call, emailed)
    if action == "email":
        return True, "campaign_mail_due" if attempts else "campaign_mail_no_calls", facts
    return (
        False,
        "campaign_mail_later" if action == "call" and attempts else "campaign_mail_not_called",
        facts,
    )
