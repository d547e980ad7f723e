"""When a contract claim becomes too old to sue for, as a warning, not as advice. See docs/rules/conduct.md (section 5).

A part payment or a signed acknowledgement inside the period starts it anew; after its last day nothing revives it in the
United Kingdom. Other places differ: `limitation_years` of rules/conduct_profiles.py only says how long the shortest is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from dunlin.rules.calendars import add_months

UK_YEARS = 6
WARN_MONTHS = 12


def last_day(accrued_on: date, acknowledged_on: Iterable[date] = (), years: int = UK_YEARS) -> date:
    """The last day on which a claim may be brought. Acknowledgements after the period, or before the claim, change nothing."""
    last = add_months(accrued_on, 12 * years)
    for day in sorted(acknowledged_on):
        if accrued_on <= day <= last:
            last = max(last, add_months(day, 12 * years))
    return last


def limitation_state(last: date, today: date) -> str:
    """`expired` (no threat of suit; legal review first), `near` from twelve months before the last day, or blank."""
    if today > last:
        return "expired"
    return "near" if today >= add_months(last, -WARN_MONTHS) else ""
