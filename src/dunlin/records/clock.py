"""The clock. Doors read it once per request or command and hand `today` and `now` on; rules are never given the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def today(zone: str) -> date:
    """The calendar day it is now in `zone`, the ledger's time zone (policy.ledger_time_zone)."""
    return day_of(now(), zone)


def day_of(moment: datetime, zone: str) -> date:
    """The calendar day of a moment in `zone`."""
    return moment.astimezone(ZoneInfo(zone)).date()
