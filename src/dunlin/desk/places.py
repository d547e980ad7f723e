"""Where a customer is, in words, and what time it is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dunlin.rules.zones import Zone


@dataclass(frozen=True)
class Clock:
    """A local time: "14:32" on a day ("Thu"), the place it holds in, and whether calls may be made at that hour ("08:00" to "21:00")."""

    time: str
    place: str
    inside: bool
    opens: str
    closes: str
    day: str = ""


def clock_there(zone: Zone, country: str, now: datetime, opens: int, closes: int) -> Clock:
    """The clock at a customer. `opens` and `closes` are minutes of the local day, `closes` exclusive."""
    try:
        local = now.astimezone(ZoneInfo(zone.name))
    except (ZoneInfoNotFoundError, ValueError):
        local = now
    minute = local.hour * 60 + local.minute
    return Clock(
        f"{local:%H:%M}",
        place(zone, country),
        opens <= minute < closes,
        f"{opens // 60:02d}:{opens % 60:02d}",
        f"{closes // 60:02d}:{closes % 60:02d}",
        f"{local:%a}",
    )


def place(zone: Zone, country: str) -> str:
    """The city of the zone, for a contact may sit in another country than the customer; that the zone is assumed is said."""
    if zone.assumed:
        return ", ".join(part for part in (country, "zone assumed") if part)
    return zone.name.rsplit("/", 1)[-1].replace("_", " ") if "/" in zone.name else country
