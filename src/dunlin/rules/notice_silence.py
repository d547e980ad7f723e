"""Why no notice goes: what silences a whole customer, what makes a day wait, what sets nothing off. See docs/rules/notices.md."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from dunlin.rules.calendars import Calendar
from dunlin.rules.notice_rows import Carried, LeftOut, NoticeFacts, held_sums, sums_of
from dunlin.rules.promise_facts import broke_after, moneys
from dunlin.rules.situations import Situation
from dunlin.rules.strategies import Strategy

# Code of `codes.REASONS`, its facts, and the day to look again.
Why = tuple[str, dict[str, Any], date | None]


def whole_customer(situation: Situation, today: date) -> tuple[str, Why] | None:
    """When the customer gets nothing at all: the word for what is left out, and why."""
    if situation.cease_contact:
        return "cease_contact", ("cease_contact", {}, None)
    for block in situation.blocks:
        if block.until is None or block.until >= today:
            told = {"block": block.kind, "until": block.until.isoformat() if block.until else None}
            look = block.until + timedelta(1) if block.until else None
            return block.kind, ("customer_blocked", told, look)
    return None


def gate(
    situation: Situation,
    facts: NoticeFacts,
    strategy: Strategy,
    today: date,
    calendar: Calendar,
    rows: Sequence[Any],
) -> Why | None:
    """Why nothing goes to this customer today though an item has reached a step; None when it may go."""
    if not calendar.is_business_day(today):
        return "notice_not_business_day", {}, calendar.next_business_day(today)
    snooze = situation.snooze
    # As on the worklist: a promise that breaks ends the rest that a person had given before it broke (D2).
    if (
        snooze is not None
        and today < snooze.until
        and (snooze.since is None or not broke_after(snooze.since, situation, rows))
    ):
        told: dict[str, Any] = {"until": snooze.until.isoformat(), "why": snooze.why, "by": snooze.by}
        return "snoozed", told, snooze.until
    if facts.waiting_since is not None:
        return "notice_waiting", {"drafted_on": facts.waiting_since.isoformat()}, None
    last, between = facts.last_notice_on, max(1, strategy.min_days_between)
    if last is not None and (today - last).days < between:
        until = last + timedelta(between)
        told = {"last_on": last.isoformat(), "days": between, "until": until.isoformat()}
        return "notice_too_soon", told, until
    if situation.emailed_today:
        return "notice_after_mail", {}, calendar.next_business_day(today)
    return None


def why_none(group: Sequence[Carried], small: Collection[int], left_out: Sequence[LeftOut]) -> Why:
    """Why nothing sets a notice off from this entity."""
    too_small = [row for row in group if row.id in small]
    if too_small:
        return "notice_below_minimum", {"items": len(too_small), "amount": moneys(sums_of(too_small))}, None
    if group:
        level = max(row.level for row in group)
        return "notice_level_held", {"level": level, "amount": moneys(sums_of(group))}, None
    if left_out:
        return "all_held", {"held": held_sums(left_out)}, None
    return "notice_not_reached", {}, None
