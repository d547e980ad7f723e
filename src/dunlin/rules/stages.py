"""Contact stages of an item: receipt, 5 days, 15 days, suspension. Rules P3 and P4; see docs/rules/contact-stages.md.

A stage is a window of days past due, never one exact day, so a missed run loses nothing. A stage fires once; entering a
later one marks the earlier ones that were not done as skipped and never replays them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from dunlin.rules.calendars import Calendar

# In the order an item passes them. Only final invoices have the first.
STAGES = ("receipt", "d5", "d15", "suspension")

DAYS = (5, 15)
SUSPENSION_OVER = 30


def stage_reached(
    days_past_due: int, days: tuple[int, ...] = DAYS, suspension_over: int = SUSPENSION_OVER
) -> int:
    """Index in STAGES of the stage whose window holds that many days past due; 0 (receipt) before the first number."""
    if days_past_due > suspension_over:
        return 3
    if days_past_due >= days[1]:
        return 2
    return 1 if days_past_due >= days[0] else 0


def contact_stage(
    invoice_class: str,
    days_past_due: int,
    done: Collection[str] = (),
    days: tuple[int, ...] = DAYS,
    suspension_over: int = SUSPENSION_OVER,
    receipt_open: bool = True,
) -> str | None:
    """The stage due now for an item of that class (final, mrr, standard), or None.

    `done` are stages done or skipped before. `receipt_open` says that confirming receipt of finals has begun (P3).
    """
    index = stage_reached(days_past_due, days, suspension_over)
    if index == 0 and (invoice_class != "final" or not receipt_open):
        return None
    # A due date moved later can bring an item back under a stage it has passed: a ladder is never climbed twice.
    if done and any(stage in done for stage in STAGES[index:]):
        return None
    return STAGES[index]


def stages_skipped(invoice_class: str, stage: str, done: Collection[str] = ()) -> tuple[str, ...]:
    """The earlier stages that `stage` passes over: those of this class that were not done."""
    first = 0 if invoice_class == "final" else 1
    earlier = STAGES[first : STAGES.index(stage)]
    return tuple(each for each in earlier if each not in done) if done else earlier


def stage_passed(
    invoice_class: str,
    days_past_due: int,
    days: tuple[int, ...] = DAYS,
    suspension_over: int = SUSPENSION_OVER,
) -> str | None:
    """The last stage that an item so many days past due has gone past, done or not; None before the second one."""
    passed = stages_skipped(invoice_class, STAGES[stage_reached(days_past_due, days, suspension_over)])
    return passed[-1] if passed else None


def contact_stage_on(
    invoice_class: str,
    due_on: date,
    as_of: date,
    calendar: Calendar,
    done: Collection[str] = (),
    days: tuple[int, ...] = DAYS,
    suspension_over: int = SUSPENSION_OVER,
    receipt_open: bool = True,
) -> str | None:
    """The stage due on `as_of`: as `contact_stage`, and None on a day that is no business day of the ledger calendar."""
    if not calendar.is_business_day(as_of):
        return None
    return contact_stage(invoice_class, (as_of - due_on).days, done, days, suspension_over, receipt_open)


def stage_fires_on(due_on: date, days_past_due: int, calendar: Calendar) -> date:
    """The first business day on which an item due `due_on` is at least that many days past due."""
    return calendar.roll(due_on + timedelta(days=days_past_due), "following")
