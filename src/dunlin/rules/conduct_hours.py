"""When a channel is open at the place of a contact: its zone, its hours, its closed days, the next opening.

Clock times are the contact's own, so a change to or from summer time moves the hours with them. See docs/rules/conduct.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dunlin.rules.calendars import Calendar
from dunlin.rules.conduct_profiles import EU
from dunlin.rules.policy import Policy, minutes_of
from dunlin.rules.zones import Zone, zone_at

# How far ahead the next opening is looked for. Longer closures than this do not exist in a calendar.
DAYS_AHEAD = 45


@dataclass(frozen=True, slots=True)
class Place:
    """Where the contact is. An empty zone, country or region is unknown; an unknown zone is that of country and region if
    they have one. `calendar` holds the holidays of the place."""

    zone: str = ""
    country: str = ""
    region: str = ""
    calendar: Calendar | None = None


class Opening(NamedTuple):
    """When a channel is open at a place: minutes of the local day, end exclusive."""

    first: int
    end: int
    weekends: bool
    holidays: bool
    calendar: Calendar | None


def zone_of(place: Place, policy: Policy) -> Zone:
    """The zone the clock of a place is read in, and whether it is only assumed."""
    return zone_at(place.zone, place.country, place.region, policy.ledger_time_zone)


def window_for(place: Place, policy: Policy) -> tuple[int, int]:
    """First minute and end (exclusive) of the call window of a place, in minutes of its local day.

    The row country-region wins, then the country's. While the region is unknown, every row of the country holds at once;
    while the country is unknown, every row there is. Known countries without a row take EU or default.
    """
    return _window(place, policy.call_hours)


def email_window_for(place: Place, policy: Policy) -> tuple[int, int]:
    """First minute and end (exclusive) of the hours of automatic e-mail at a place, found like those of calls."""
    return _window(place, policy.email_hours)


def clock_facts(local: datetime, zone: ZoneInfo, assumed: bool, window: tuple[int, int]) -> dict[str, Any]:
    """The local time and the hours, as facts of a sentence."""
    return {
        "local_time": f"{local:%H:%M}",
        "today": local.date().isoformat(),
        "day": local.date().isoformat(),
        "zone": zone.key,
        "zone_assumed": assumed,
        "opens": _clock(window[0]),
        "closes": _clock(window[1]),
    }


def closed_day(local: datetime, opening: Opening) -> str:
    """weekend or holiday when the channel is closed on the local day of `local`, or empty."""
    calendar = opening.calendar
    weekend = calendar.weekend if calendar is not None else frozenset({5, 6})
    if not opening.weekends and local.weekday() in weekend:
        return "weekend"
    if not opening.holidays and calendar is not None and local.date() in calendar.closed:
        return "holiday"
    return ""


def tomorrow(local: datetime) -> datetime:
    """The start of the next local day."""
    return datetime.combine(local.date() + timedelta(1), time(), local.tzinfo)


def next_open(start: datetime, opening: Opening) -> datetime | None:
    """The first moment from `start` (in the contact's zone) that falls on an open day inside the window."""
    zone = start.tzinfo
    for ahead in range(DAYS_AHEAD):
        day = start.date() + timedelta(ahead)
        opens = datetime.combine(day, time(opening.first // 60, opening.first % 60), zone)
        # A clock time that a change to summer time leaves out becomes the moment after the gap.
        opens = opens.astimezone(ZoneInfo("UTC")).astimezone(zone)
        moment = max(opens, start) if ahead == 0 else opens
        inside = opening.first <= moment.hour * 60 + moment.minute < opening.end and moment.date() == day
        if inside and not closed_day(moment, opening):
            return moment
    return None


def _window(place: Place, table: Sequence[tuple[str, str]]) -> tuple[int, int]:
    hours = dict(table)
    country, specific = place.country, f"{place.country}-{place.region}"
    if not country:
        names = list(hours)
    elif place.region and specific in hours:
        names = [specific]
    elif place.region:
        names = [country] if country in hours else []
    else:
        names = [name for name in hours if name == country or name.startswith(f"{country}-")]
    if not names:
        names = ["EU"] if country in EU and "EU" in hours else ["default"]
    windows = [minutes_of(hours[name]) for name in names]
    first, end = max(each[0] for each in windows), min(each[1] for each in windows)
    # Windows without a common hour would forbid every contact; the default then decides.
    return (first, end) if first < end else minutes_of(hours["default"])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
