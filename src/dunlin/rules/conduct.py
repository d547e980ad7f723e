"""The one gate before every contact, by every channel: cease contact, blocks, addresses, local hours, how often.

Hours are read in the contact's own zone (rules/zones.py). An unknown place gets the narrowest window of all that could
hold. A blocked act names its rule (rules/conduct_profiles.py). This is configuration with dated defaults, not legal advice.
See docs/rules/conduct.md (DOMAIN section 5, P6; B3, D10; invariant 25).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dunlin.rules.campaigns import is_reached
from dunlin.rules.conduct_hours import (
    DAYS_AHEAD,
    Opening,
    Place,
    clock_facts,
    closed_day,
    email_window_for,
    next_open,
    tomorrow,
    window_for,
    zone_of,
)
from dunlin.rules.conduct_profiles import profile_for
from dunlin.rules.conduct_weeks import WEEK, limit_passed, profile_rule, reg_f_allowed
from dunlin.rules.policy import Policy, minutes_of

__all__ = [
    "CHANNELS", "FORBIDDING", "UNCOUNTED", "Place", "Verdict", "email_window_for", "may_call", "may_name_amounts",
    "may_override", "may_write", "reg_f_allowed", "window_for", "zone_of",
]  # fmt: skip

# Blocks of a customer that forbid contact; the others only say that nobody asks for the money.
FORBIDDING = ("insolvency", "legal", "sanctions", "agency")

CHANNELS = ("email", "letter", "portal")

# What a message is for, where the caps on automatic messages do not count it: what was asked for, what is due by the calendar,
# what became of a payment they began, what a person writes, and what goes to colleagues.
UNCOUNTED = frozenset(
    {"statement", "answer", "copies", "written", "request", "internal", "confirmation", "payment"}
)

# What a person may pass with a reason when writing: the hands the account is in, if the customer wrote to us first. Law
# (insolvency, legal hands, cease contact) and addresses that do not work are never passed.
_OVERRIDABLE_BLOCKS = ("agency",)

NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether contact is allowed now; `code` and `facts` say why (codes.REASONS), `next_at` when it would be, if ever.

    A refusal has the fact `conduct_rule`: {"key", "profile", "source", "binding"} of the rule that blocks.
    """

    allowed: bool
    code: str
    facts: dict[str, Any] = field(default_factory=dict)
    next_at: datetime | None = None


def may_call(
    now: datetime,
    place: Place,
    policy: Policy,
    attempts: Sequence[tuple[datetime, str]] = (),
    do_not_call: bool = False,
    cease_contact: bool = False,
    blocks: Collection[str] = (),
    wrong_number: bool = False,
    last_conversation: date | None = None,
) -> Verdict:
    """Whether a call may be made at `now`. `attempts` are other calls to the customer (moment, outcome) of the last eight days
    at least; all times aware. `last_conversation`: local day of the last one, where it may lie before them.

    `blocks` are the kinds of the customer's blocks in force; `wrong_number`: what is to be dialled is known to be wrong.
    """
    if forbidden := _never(cease_contact, blocks):
        return forbidden
    if do_not_call:
        return Verdict(False, "conduct_do_not_call", _rule("do_not_call", "customer's wish"))
    if wrong_number:
        return Verdict(False, "conduct_wrong_number", _rule("right_party", "section 5"))
    verdict = _call_at(now, place, policy, attempts, last_conversation)
    if verdict.allowed:
        return verdict
    again = _first_allowed(
        now, verdict.next_at, lambda at: _call_at(at, place, policy, attempts, last_conversation)
    )
    return Verdict(False, verdict.code, verdict.facts, again)


def may_write(
    now: datetime | None = None,
    channel: str = "email",
    place: Place = NOWHERE,
    policy: Policy | None = None,
    *,
    purpose: str = "written",
    automatic: bool = False,
    cease_contact: bool = False,
    blocks: Collection[str] = (),
    address_state: str = "ok",
    sent: Sequence[tuple[datetime, str]] = (),
    required_by_law: bool = False,
    confirmed: bool = False,
) -> Verdict:
    """Whether a message may go out at `now` (aware) by `channel` of CHANNELS, to an address in `address_state`.

    `purpose` is what it is for (records: notice, statement, finals, mrr, not_reached, suspension, answer, copies, written,
    request, internal, payment; and confirmation, the one message that says that contact ceases; `confirmed`: it was sent already).
    `automatic`: a process writes, not a person; hours and caps hold for these. `sent` are the automatic messages of this
    channel to the customer, (moment, purpose), of the last 31 days at least, those on their way too.
    `cease_contact` of the contact or of the customer; `required_by_law`: a notice that must reach them all the same.
    Calls that must not be made do not stop writing. ValueError: an unknown channel, or automatic without a moment.
    """
    if channel not in CHANNELS or (automatic and now is None):
        raise ValueError(f"{channel!r} is not a channel, or an automatic message states no moment")
    once = purpose == "confirmation" and not confirmed
    if not required_by_law and (forbidden := _never(cease_contact and not once, blocks)):
        return forbidden
    if channel != "portal" and address_state != "ok":
        facts = {"state": address_state} | _rule("address", "section 5")
        return Verdict(False, "conduct_address", facts)
    if not automatic or now is None or channel == "portal":
        return Verdict(True, "conduct_writing_allowed", {}, now)
    policy = policy or Policy()
    counted = (
        [] if required_by_law or purpose in UNCOUNTED else [at for at, what in sent if what not in UNCOUNTED]
    )
    capped = not required_by_law and purpose not in UNCOUNTED
    verdict = _write_at(now, channel, place, policy, counted, capped)
    if verdict.allowed:
        return verdict
    again = _first_allowed(
        now, verdict.next_at, lambda at: _write_at(at, channel, place, policy, counted, capped)
    )
    return Verdict(False, verdict.code, verdict.facts, again)


def may_override(verdict: Verdict, purpose: str) -> bool:
    """Whether a person with the right to it may write all the same, with a reason: only to answer the customer's own message
    while the account is with an agency. What the law or the customer forbids is never passed."""
    blocked = verdict.code == "conduct_blocked" and verdict.facts.get("block") in _OVERRIDABLE_BLOCKS
    return blocked and purpose in ("answer", "copies")


def may_name_amounts(medium: str, policy: Policy) -> bool:
    """Whether debt details may be named there: never on a voicemail; in a shared_mailbox by the setting."""
    return medium != "voicemail" and (medium != "shared_mailbox" or policy.details_to_shared_mailboxes)


def _call_at(
    now: datetime, place: Place, policy: Policy, attempts: Sequence[tuple[datetime, str]], spoke: date | None
) -> Verdict:
    """The part of may_call that depends on the moment; `next_at` is only where to look next."""
    name, assumed = zone_of(place, policy)
    zone = ZoneInfo(name)
    local = now.astimezone(zone)
    window = window_for(place, policy)
    opening = Opening(*window, policy.call_on_weekends, policy.call_on_holidays, place.calendar)
    facts = clock_facts(local, zone, assumed, window)
    if closed := closed_day(local, opening):
        facts |= _rule("call_days", "setting conduct.call_on_weekends, conduct.call_on_holidays")
        return Verdict(False, f"conduct_{closed}", facts, next_open(tomorrow(local), opening))
    if not window[0] <= local.hour * 60 + local.minute < window[1]:
        return Verdict(False, "conduct_hours", facts | _hours_rule(place, window), next_open(local, opening))
    days = [(at.astimezone(zone).date(), is_reached(outcome)) for at, outcome in attempts]
    today = [reached for day, reached in days if day == local.date()]
    if any(today):
        facts |= _rule("campaign", "P6")
        return Verdict(False, "conduct_reached_today", facts, next_open(tomorrow(local), opening))
    if len(today) >= policy.campaign_max_attempts:
        facts |= {"attempts": len(today), "max_attempts": policy.campaign_max_attempts}
        facts |= _rule("calls_per_day", "setting campaign.max_attempts")
        return Verdict(False, "conduct_attempts", facts, next_open(tomorrow(local), opening))
    if weekly := limit_passed(days, spoke, local.date(), place, policy):
        code, more = weekly
        return Verdict(False, code, facts | more, next_open(tomorrow(local), opening))
    if near := _too_near(now, attempts, policy.campaign_spacing_minutes):
        code, minutes, again = near
        facts |= {"minutes": minutes, "spacing_minutes": policy.campaign_spacing_minutes}
        facts |= _rule("spacing", "setting campaign.spacing_minutes")
        return Verdict(False, code, facts, next_open(again.astimezone(zone), opening))
    return Verdict(True, "conduct_allowed", facts, now)


def _write_at(
    now: datetime, channel: str, place: Place, policy: Policy, counted: Sequence[datetime], capped: bool
) -> Verdict:
    """Hours and caps of an automatic message at a moment; `next_at` is only where to look next. Letters have no hours."""
    name, assumed = zone_of(place, policy)
    zone = ZoneInfo(name)
    local = now.astimezone(zone)
    window = email_window_for(place, policy) if channel == "email" else (0, 1440)
    closed_too = policy.email_on_closed_days or channel == "letter"
    opening = Opening(*window, closed_too, closed_too, place.calendar)
    facts = clock_facts(local, zone, assumed, window)
    if closed_day(local, opening):
        facts |= _rule("email_days", "setting conduct.email_on_closed_days")
        return Verdict(False, "conduct_email_closed_day", facts, next_open(tomorrow(local), opening))
    if not window[0] <= local.hour * 60 + local.minute < window[1]:
        facts |= _rule("email_hours", "setting conduct.email_hours")
        return Verdict(False, "conduct_email_hours", facts, next_open(local, opening))
    days = [at.astimezone(zone).date() for at in counted]
    for span, most, key in _caps(channel, policy) if capped else ():
        # Messages already decided for a later moment count as well: the cap holds to both sides.
        near = [day for day in days if abs((local.date() - day).days) < span]
        if len(near) >= most:
            within = "a day" if span == 1 else f"{span} days"
            facts |= {"count": len(near), "most": most, "within": within, "channel": channel}
            facts |= _rule(key.partition(".")[2], f"setting {key}")
            return Verdict(False, "conduct_too_many", facts, next_open(tomorrow(local), opening))
    return Verdict(True, "conduct_writing_allowed", facts, now)


def _caps(channel: str, policy: Policy) -> tuple[tuple[int, int, str], ...]:
    """(days, most automatic messages in them, setting) of a channel."""
    if channel == "letter":
        return ((30, policy.letters_per_month, "conduct.letters_per_month"),)
    return (
        (1, policy.emails_per_day, "conduct.emails_per_day"),
        (WEEK, policy.emails_per_week, "conduct.emails_per_week"),
    )


def _first_allowed(
    now: datetime, start: datetime | None, verdict_at: Callable[[datetime], Verdict]
) -> datetime | None:
    """The first moment, from `start` on, that the gate itself would allow; None when none comes within the horizon."""
    moment = start
    for _ in range(DAYS_AHEAD * 2):
        if moment is None or moment - now > timedelta(DAYS_AHEAD):
            return None
        verdict = verdict_at(moment)
        if verdict.allowed:
            return moment
        moment = verdict.next_at
    return None


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


def _never(cease_contact: bool, blocks: Collection[str]) -> Verdict | None:
    """What stops every channel at every moment."""
    if cease_contact:
        return Verdict(False, "conduct_cease_contact", _rule("cease_contact", "customer's wish"))
    kind = next((each for each in FORBIDDING if each in blocks), None)
    return (
        Verdict(False, "conduct_blocked", {"block": kind} | _rule(str(kind), "section 5")) if kind else None
    )


def _rule(key: str, source: str) -> dict[str, Any]:
    binding = "law" if key in ("insolvency", "legal", "sanctions", "cease_contact") else "default"
    return {"conduct_rule": {"key": key, "profile": "all", "source": source, "binding": binding}}


def _hours_rule(place: Place, window: tuple[int, int]) -> dict[str, Any]:
    """The profile that the call window comes from; the setting where a company has its own hours."""
    chosen = profile_for(place.country, place.region)["call_window"]
    if minutes_of(chosen.value.value) != window:
        return _rule("call_window", "setting conduct.call_hours")
    return profile_rule("call_window", chosen)
