"""Whether a service may be switched off for non-payment, and what is missing (P10, invariant 27). See docs/rules/suspension.md."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from dunlin.rules.calendars import Calendar

CUSTOMERS_DAYS = 14  # day 0 is the notice; day 14 belongs to the customer as a whole
MIN_CALLS, MIN_EMAILS = 2, 2  # the least that "multiple" can mean
MISSING = ("two_weeks", "calls", "emails", "blocks", "approval")


@dataclass(frozen=True, slots=True)
class Readiness:
    """`missing`: of MISSING, in that order; nothing: it may be suspended. `not_before`: the first day it could be, None without notice."""

    missing: tuple[str, ...]
    not_before: date | None

    @property
    def ready(self) -> bool:
        return not self.missing


def not_before(notice_on: date, ledger: Calendar) -> date:
    """The first day a service may be suspended after a notice: the business day after day 14."""
    return ledger.next_business_day(notice_on + timedelta(CUSTOMERS_DAYS))


def readiness(
    today: date, ledger: Calendar, *, notice_on: date | None, calls: Iterable[date], emails: Iterable[date], blocks: Collection[str],
    approved: bool, min_calls: int = MIN_CALLS, min_emails: int = MIN_EMAILS,
) -> Readiness:  # fmt: skip
    """What of P10 is there on a day.

    `calls`: days of documented calls; those after the notice count, once a day. `emails`: days of mails in the prescribed wording with all
    copies; the notice is one, once a day. `blocks`: what stands against it (dispute, extension, plan in good standing, bankruptcy,
    legal). What lies after `today` does not count.
    """
    first = None if notice_on is None else not_before(notice_on, ledger)
    called = {day for day in calls if notice_on is not None and notice_on < day <= today}
    written = {day for day in emails if notice_on is not None and notice_on <= day <= today}
    there = {
        "two_weeks": first is not None and today >= first, "calls": len(called) >= min_calls, "emails": len(written) >= min_emails,
        "blocks": not blocks, "approval": approved,
    }  # fmt: skip
    return Readiness(tuple(name for name in MISSING if not there[name]), first)
