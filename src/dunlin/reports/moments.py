"""Days of the ledger as moments: when one begins and ends in the ledger's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day_begins(day: date, zone: str) -> datetime:
    """The first moment of the day, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def day_ends(day: date, zone: str) -> datetime:
    """The first moment after the day, in UTC. What happened on the day lies before it."""
    return datetime.max.replace(tzinfo=UTC) if day == date.max else day_begins(day + timedelta(1), zone)
