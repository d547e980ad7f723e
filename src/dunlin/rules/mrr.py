"""Aged months of monthly recurring revenue (MRR) invoices, and who comes first. Rule P7; see docs/rules/mrr.md."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from dunlin.rules.calendars import on_day

PRIORITY_MONTHS = 2


class MonthsAged(NamedTuple):
    """How many months a customer's recurring invoices are behind, and whether that gives priority."""

    months: int
    priority: bool


def whole_months(start: date, end: date) -> int:
    """The largest k with start + k months (clamped to the month's end) on or before `end`; 0 when `end` is earlier."""
    if end < start:
        return 0
    k = (end.year - start.year) * 12 + end.month - start.month
    return k if on_day(end.year, end.month, start.day) <= end else k - 1


def months_behind(as_of: date, service_months: int, oldest_due_on: date | None) -> int:
    """The larger of the distinct service months past due and the whole months since the oldest past-due date."""
    return (
        max(service_months, whole_months(oldest_due_on, as_of))
        if oldest_due_on is not None
        else service_months
    )


def months_aged(
    as_of: date, invoices: Iterable[tuple[date | None, date, int]], priority_months: int = PRIORITY_MONTHS
) -> MonthsAged:
    """Months aged of MRR invoices given as (service month, due date, open amount).

    An invoice counts when it is past due (due before `as_of`) and open (above zero). Any day stands for its service
    month; two invoices of one month are one month, and an invoice without a service month counts by its age only.
    """
    months: set[tuple[int, int]] = set()
    oldest: date | None = None
    for service_month, due_on, open_amount in invoices:
        if due_on >= as_of or open_amount <= 0:
            continue
        if service_month is not None:
            months.add((service_month.year, service_month.month))
        if oldest is None or due_on < oldest:
            oldest = due_on
    behind = months_behind(as_of, len(months), oldest)
    return MonthsAged(behind, behind >= priority_months)
