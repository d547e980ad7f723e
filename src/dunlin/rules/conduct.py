"""The one gate before every contact: cease contact, blocks, do not call, wrong numbers, local hours, attempts and spacing.

Hours are read in the contact's own zone (rules/zones.py). An unknown place gets the narrowest window of all that could
hold. This is configuration with dated defaults, not legal advice. See docs/rules/conduct.md (DOMAIN section 5, P6; B3; invariant 25).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dunlin.rules.calendars import Calendar
from dunlin.rules.campaigns import is_reached
from dunlin.rules.policy import Policy, minutes_of
from dunlin.rules.zones import Zone, zone_at

# Countries that the row "EU" of the call hours serves.
EU = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())

# Blocks of a customer that forbid contact; the others only say that nobody asks for the money.
FORBIDDING = ("insolvency", "legal", "agency")

# How far ahead the next allowed moment is looked for. Longer closures than this do not exist in a calendar.
_DAYS_AHEAD = 30


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether contact is allowed now; `code` and `facts` say why (codes.REASONS), `next_at` when it would be, if ever."""

    allowed: bool
    code: str
    facts: dict[str, Any] = field(default_factory=dict)
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the contact is. An empty zone, country or region is unknown; an unknown zone is that of country and region if
    they have one. `calendar` holds the holidays of the place."""

    zone: str = ""
    country: str = ""
    region: str = ""
    calendar: Calendar | None = None


def zone_of(place: Place, policy: Policy) -> Zone:
    """The zone the clock of a place is read in, and whether it is only assumed."""
    return zone_at(place.zone, place.country, place.region, policy.ledger_time_zone)


def window_for(place: Place, policy: Policy) -> tuple[int, int]:
    """First minute and end (exclusive) of the call window of a place, in minutes of its local day.

    The row country-region wins, then the country's. While the region is unknown, every row of the country holds at once;
    while the country is unknown, every row there is. Known countries without a row take EU or default.
    """
    hours = dict(policy.call_hours)
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
    # Windows without a common hour would forbid every call; the default then decides.
    return (first, end) if first < end else minutes_of(hours["default"])


def may_call(
    now: datetime,
    place: Place,
    policy: Policy,
    attempts: Sequence[tuple[datetime, str]] = (),
    do_not_call: bool = False,
    cease_contact: bool = False,
    blocks: Collection[str] = (),
    wrong_number: bool = False,
) -> Verdict:
    """Whether a call may be made at `now`. `attempts` are other calls to the customer (moment, outcome); all times aware.

    `blocks` are the kinds of the customer's blocks in force; `wrong_number`: what is to be dialled is known to be wrong.
    """
    if cease_contact:
        return Verdict(False, "conduct_cease_contact")
    if forbidding := _forbidding(blocks):
        return forbidding
    if do_not_call:
        return Verdict(False, "conduct_do_not_call")
    if wrong_number:
        return Verdict(False, "conduct_wrong_number")
    name, assumed = zone_of(place, policy)
    zone = ZoneInfo(name)
    local = now.astimezone(zone)
    window = window_for(place, policy)
    facts = {
        "local_time": f"{local:%H:%M}",
        "today": local.date().isoformat(),
        "day": local.date().isoformat(),
        "zone": zone.key,
        "zone_assumed": assumed,
        "opens": _clock(window[0]),
        "closes": _clock(window[1]),
    }
    tomorrow = datetime.combine(local.date() + timedelta(1), time(), zone)
    closed = _closed_day(local, place, policy)
    if closed:
        return Verdict(False, closed, facts, _next_open(tomorrow, place, policy, window))
    if not window[0] <= local.hour * 60 + local.minute < window[1]:
        return Verdict(False, "conduct_hours", facts, _next_open(local, place, policy, window))
    today = [(at, outcome) for at, outcome in attempts if at.astimezone(zone).date() == local.date()]
    if any([is_reached(outcome) for _, outcome in today]):  # noqa: C419 (an unknown outcome is refused wherever it stands)
        return Verdict(False, "conduct_reached_today", facts, _next_open(tomorrow, place, policy, window))
    if len(today) >= policy.campaign_max_attempts:
        facts |= {"attempts": len(today), "max_attempts": policy.campaign_max_attempts}
        return Verdict(False, "conduct_attempts", facts, _next_open(tomorrow, place, policy, window))
    if near := _too_near(now, attempts, policy.campaign_spacing_minutes):
        code, minutes, again = near
        facts |= {"minutes": minutes, "spacing_minutes": policy.campaign_spacing_minutes}
        return Verdict(False, code, facts, _next_open(again.astimezone(zone), place, policy, window))
    return Verdict(True, "conduct_allowed", facts, now)


def may_write(cease_contact: bool = False, blocks: Collection[str] = ()) -> Verdict:
    """Whether an e-mail may go out: at any hour, to a customer who must not be called too, but never after cease contact nor
    while a block forbids contact."""
    if cease_contact:
        return Verdict(False, "conduct_cease_contact")
    return _forbidding(blocks) or Verdict(True, "conduct_writing_allowed")


def _too_near(
    now: datetime, attempts: Sequence[tuple[datetime, str]], spacing_minutes: int
) -> tuple[str, int, datetime] | None:
    """The code, the minutes between, and when the spacing is over. Every attempt counts, so that midnight does not shorten it;
    later ones too, because calls may be logged out of their order."""
    spacing = timedelta(minutes=spacing_minutes)
    near = [at for at, _ in attempts if abs(at - now) < spacing]
    if not near:
        return None
    before = [at for at in near if at <= now]
    gap = now - max(before) if before else min(near) - now
    code = "conduct_spacing" if before else "conduct_spacing_later"
    return code, int(gap.total_seconds() // 60), max(near) + spacing


def _forbidding(blocks: Collection[str]) -> Verdict | None:
    kind = next((each for each in FORBIDDING if each in blocks), None)
    return Verdict(False, "conduct_blocked", {"block": kind}) if kind else None


def _closed_day(local: datetime, place: Place, policy: Policy) -> str:
    """The code why nobody is called on the local day of `local`, or empty."""
    weekend = place.calendar.weekend if place.calendar is not None else frozenset({5, 6})
    if not policy.call_on_weekends and local.weekday() in weekend:
        return "conduct_weekend"
    if not policy.call_on_holidays and place.calendar is not None and local.date() in place.calendar.closed:
        return "conduct_holiday"
    return ""


def _next_open(start: datetime, place: Place, policy: Policy, window: tuple[int, int]) -> datetime | None:
    """The first moment from `start` (in the contact's zone) that falls on an open day inside the window."""
    zone = start.tzinfo
    for ahead in range(_DAYS_AHEAD):
        day = start.date() + timedelta(ahead)
        opens = datetime.combine(day, time(window[0] // 60, window[0] % 60), zone)
        # A clock time that a change to summer time leaves out becomes the moment after the gap.
        opens = opens.astimezone(ZoneInfo("UTC")).astimezone(zone)
        moment = max(opens, start) if ahead == 0 else opens
        inside = window[0] <= moment.hour * 60 + moment.minute < window[1] and moment.date() == day
        if inside and not _closed_day(moment, place, policy):
            return moment
    return None


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
