"""How often in seven days: the place's limit while nobody is reached, and the option 7-in-7; when calls are allowed again.

The gate asks it of a moment (rules/conduct.py), the decision of the day of a whole day (rules/decisions.py). See
docs/rules/conduct.md (DOMAIN section 5; D10).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dunlin.rules.campaigns import is_reached
from dunlin.rules.conduct_hours import DAYS_AHEAD, Opening, Place, closed_day, window_for, zone_of
from dunlin.rules.conduct_profiles import PROFILES, Chosen, profile_for
from dunlin.rules.policy import Policy

WEEK = 7
_UNREACHED = "calls_per_week_unreached"
_FEWEST = min(each.values[_UNREACHED].value for each in PROFILES if _UNREACHED in each.values)


class WeeklyLimit(NamedTuple):
    """A limit over seven days that is reached: `code` (codes.REASONS) and `facts` say which, with the `conduct_rule`.
    `again_on` is the first open day, in the days of the place, on which it allows a call."""

    code: str
    facts: dict[str, Any]
    again_on: date


def weekly_limit(
    day: date, place: Place, policy: Policy, calls: Sequence[tuple[datetime, str]]
) -> WeeklyLimit | None:
    """The limit that one more call on the local `day` would pass; None when none. `calls` are those made to the customer
    (aware moment, outcome) of the last eight days at least."""
    if not may_be_reached(calls, policy):
        return None
    zone = ZoneInfo(zone_of(place, policy).name)
    days = [(at.astimezone(zone).date(), is_reached(outcome)) for at, outcome in calls]
    found = limit_passed(days, None, day, place, policy)
    if found is None:
        return None
    opening = Opening(
        *window_for(place, policy), policy.call_on_weekends, policy.call_on_holidays, place.calendar
    )
    allowed = [
        on
        for on in (day + timedelta(ahead) for ahead in range(1, DAYS_AHEAD))
        if limit_passed(days, None, on, place, policy) is None
    ]
    opened = (on for on in allowed if not closed_day(datetime.combine(on, time(), zone), opening))
    code, facts = found
    # Calendars closed for weeks on end do not exist; were there one, the limit's own day stands.
    again_on = next(opened, allowed[0])
    return WeeklyLimit(code.removeprefix("conduct_"), facts | {"again_on": again_on.isoformat()}, again_on)


def may_be_reached(calls: Sequence[tuple[datetime, str]], policy: Policy) -> bool:
    """Whether so few calls can reach a limit of any place: spares looking up where the customer is."""
    return policy.seven_in_seven or (policy.weekly_call_limits and len(calls) >= _FEWEST)


def reg_f_allowed(calls: Collection[date], last_conversation: date | None, proposed: date) -> bool:
    """The option 7-in-7: whether a call on `proposed` is presumed reasonable, given the local days of earlier calls.

    Seven calls within seven days are allowed, the eighth is not; none within seven days of a conversation, whose day is
    the first: on that day + 7 calls may resume (12 CFR 1006.14(b)).
    """
    first = proposed - timedelta(WEEK - 1)
    if last_conversation is not None and first <= last_conversation <= proposed:
        return False
    return sum(first <= day <= proposed for day in calls) < WEEK


def limit_passed(
    days: Sequence[tuple[date, bool]], spoke: date | None, today: date, place: Place, policy: Policy
) -> tuple[str, dict[str, Any]] | None:
    """The code and facts of a limit over seven local days that a call today would pass, if any."""
    week = [(day, reached) for day, reached in days if today - timedelta(WEEK - 1) <= day <= today]
    profile = profile_for(place.country, place.region)
    limit = profile.get("calls_per_week_unreached")
    if policy.weekly_call_limits and limit and not any(reached for _, reached in week):
        most = limit.value.value
        if len(week) >= most:
            rule = profile_rule("calls_per_week_unreached", limit)
            return "conduct_calls_per_week", {"attempts": len(week), "most": most} | rule
    if policy.seven_in_seven:
        conversations = [day for day, reached in days if reached and day <= today]
        last = max([*conversations, *([spoke] if spoke is not None and spoke <= today else [])], default=None)
        if not reg_f_allowed([day for day, _ in days], last, today):
            rule = profile_rule("calls_per_week", profile_for("US", debtor="consumer")["calls_per_week"])
            return "conduct_seven_in_seven", {"attempts": len(week)} | rule
    return None


def profile_rule(key: str, chosen: Chosen) -> dict[str, Any]:
    """The fact `conduct_rule` of a value: its key, profile, source and binding."""
    source, binding = chosen.value.source, chosen.value.binding
    return {"conduct_rule": {"key": key, "profile": chosen.profile, "source": source, "binding": binding}}
