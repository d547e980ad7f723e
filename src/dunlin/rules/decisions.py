"""The decision of a day: whom to contact, by which step, in which tier, or why not. "Not today" is a decision too.

`decide` turns the facts of one customer into one `Decision`; `rank` orders the decisions of a portfolio. Both are made
for whole books: whole minor units and dates only, no text is written here. The sentence people read is made from the
facts by `rules/reasons.py`. See docs/rules/worklist.md (P4, P5, P6, P7, P18; B2, H3).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from dunlin.rules.calendars import Calendar
from dunlin.rules.campaigns import next_action
from dunlin.rules.mrr import months_behind
from dunlin.rules.policy import Policy
from dunlin.rules.promise_facts import broke_after, latest_broken, moneys, passed_promise, promise_facts
from dunlin.rules.situations import (
    CustomerBlock,
    OpenItem,
    PromiseFact,
    Rate,
    Row,
    Situation,
    Snooze,
    Tally,
    hold_what_credit_covers,
    pausing,
    tally_of,
)
from dunlin.rules.stages import contact_stage

# Facts and decision are used together, so callers may take both from here.
__all__ = [
    "CustomerBlock",
    "Decision",
    "OpenItem",
    "PromiseFact",
    "Rate",
    "Situation",
    "Snooze",
    "decide",
    "home_minor",
    "rank",
    "rank_key",
    "stages_fulfilled",
]


class Decision(NamedTuple):
    """What happens to one customer on one day, and the figures that say so.

    `step` is call, email or none; `tier` is empty when it is none. `code` is in `codes.REASONS`; `facts` are JSON-safe
    (dates ISO, money as {"minor", "currency"}). `past_due` = `collectable` + what is held back, in minor units per
    currency; the `_home` figures are minor units of the home currency. `oldest_due_on` is the oldest collectable item's.
    """

    customer_id: int
    number: str
    step: str
    tier: str
    code: str
    facts: dict[str, Any]
    past_due: dict[str, int]
    collectable: dict[str, int]
    past_due_home: int
    collectable_home: int
    oldest_due_on: date | None
    promise_broken: bool
    look_again_on: date | None


def decide(situation: Situation, today: date, policy: Policy) -> Decision:
    """The decision for one customer on `today` (P4-P7, P18). The promises must have been judged before (rules/promises.py)."""
    tally = _tally(situation, today, policy)
    broken = latest_broken(situation, tally.rows)
    silence = _silence(situation, tally, today, policy)
    if silence is not None:
        return _decision(situation, tally, policy, "none", "", *silence, broken=broken)
    rest = _rest(situation, tally, today, policy)
    if rest is not None:
        return _decision(situation, tally, policy, "none", "", *rest, broken=broken)
    step = next_action(
        situation.attempts_today,
        policy.campaign_max_attempts,
        False,
        situation.do_not_call or situation.no_phone,
    )
    tomorrow = today + timedelta(1)
    # An e-mail of today stands for the one that would be next. It takes nobody off the phone: P4 wants both.
    if step == "email" and situation.emailed_today:
        step = "none"
    if step == "none":
        code = "emailed_today" if situation.emailed_today else "reached_today"
        facts = {"today": today.isoformat(), "calls": len(situation.attempts_today)}
        return _decision(situation, tally, policy, "none", "", code, facts, tomorrow, broken=broken)
    limit = situation.weekly_limit
    if step == "call" and limit is not None:
        facts = {"today": today.isoformat(), **limit.facts}
        return _decision(
            situation, tally, policy, "none", "", limit.code, facts, limit.again_on, broken=broken
        )
    tally.rows.sort()
    tier, group, months = _tier(tally.rows, today, policy)
    facts = _facts(tally, group, today, months, broken)
    facts |= passed_promise(situation, tally.rows, today, policy)
    if step == "email":
        facts["email_because"] = _email_because(situation)
    return _decision(situation, tally, policy, step, tier, "due_" + tier, facts, tomorrow, broken=broken)


def stages_fulfilled(
    situation: Situation, today: date, policy: Policy, calendar: Calendar
) -> tuple[tuple[int, str], ...]:
    """(item id, contact stage) that a contact on `today` fulfils, of the items it asks for (P4); none on a day that is no
    business day of the ledger's `calendar`, and none where the decision is not to contact."""
    # A limit of calls keeps no conversation that took place from counting: they called us, or a lead let it pass.
    asked = replace(situation, weekly_limit=None)
    if not calendar.is_business_day(today) or decide(asked, today, policy).step == "none":
        return ()
    done = {item.id: item.stages_done for item in situation.items}
    found = []
    for row in _tally(situation, today, policy).rows:
        stage = contact_stage(
            row.invoice_class,
            (today - row.due_on).days,
            done[row.id],
            policy.stage_days,
            policy.stage_suspension_over,
        )
        if stage is not None:
            found.append((row.id, stage))
    return tuple(found)


def _tally(situation: Situation, today: date, policy: Policy) -> Tally:
    tally = tally_of(situation, today, policy)
    if situation.unapplied or situation.group_unapplied:
        hold_what_credit_covers(tally, situation)
    return tally


def rank_key(decision: Decision, policy: Policy) -> tuple[Any, ...]:
    """Sort key of the worklist (P5): tier, broken promise, larger amount to collect, older item, customer number."""
    return (
        policy.tier_order.index(decision.tier),
        not decision.promise_broken,
        -decision.collectable_home,
        decision.oldest_due_on,
        decision.number,
        decision.customer_id,
    )


def rank(
    decisions: Sequence[Decision],
    policy: Policy,
    pins: Mapping[int, int] | None = None,
    steps: Collection[str] = ("call",),
) -> list[Decision]:
    """The decisions of those steps in the order of work. `pins` (customer id to position) come first, in their order.

    A pin moves a customer up; it never puts one on the list whom the decision leaves out.
    """
    working = sorted(
        (each for each in decisions if each.step in steps), key=lambda each: rank_key(each, policy)
    )
    if pins:
        last = len(pins) + max(pins.values())
        working.sort(key=lambda each: pins.get(each.customer_id, last))
    return working


def home_minor(amounts: Mapping[str, int], rates: Mapping[str, Rate], home: str) -> int:
    """Minor units of the home currency, each amount rounded half up once. A currency without a rate is left out: the
    facts of the decision name it."""
    total = 0
    for currency, minor in amounts.items():
        if currency == home:
            total += minor
        elif (rate := rates.get(currency)) is not None:
            total += (2 * minor * rate.numerator + rate.denominator) // (2 * rate.denominator)
    return total


def _silence(
    situation: Situation, tally: Tally, today: date, policy: Policy
) -> tuple[str, dict[str, Any], date | None] | None:
    """Code, facts and the day to look again when nobody is to be contacted about anything; None when there is work."""
    facts: dict[str, Any] = {"today": today.isoformat()}
    next_look = tally.next_due_on + timedelta(1) if tally.next_due_on else None
    if not tally.anything_open:
        return "nothing_open", facts, None
    if situation.cease_contact:
        return "cease_contact", facts, None
    for block in situation.blocks:
        if block.until is None or block.until >= today:
            facts |= {"block": block.kind, "until": block.until.isoformat() if block.until else None}
            return "customer_blocked", facts, block.until + timedelta(1) if block.until else None
    if not tally.past_due:
        facts |= {"due_on": tally.next_due_on.isoformat(), "amount": _due_then(situation, tally.next_due_on)}  # type: ignore[union-attr]
        return "nothing_past_due", facts, next_look
    if situation.snooze is not None and today < situation.snooze.until:
        until, text, by, since = situation.snooze
        # D2: a promise that breaks brings the customer back, whatever a person had put aside before.
        if since is None or not broke_after(since, situation, tally.rows):
            return "snoozed", facts | {"until": until.isoformat(), "why": text, "by": by}, until
    if tally.rows:
        return None
    facts["held"] = _held(tally)
    kinds = {why for why, _ in tally.held}
    quiet = pausing(situation.promises, today, policy)
    next_look = _first_end(situation, quiet, today, policy, next_look)
    if kinds == {"promised"}:
        return "all_promised", facts | promise_facts(quiet, tally), next_look
    if len(kinds) == 1:
        kind = kinds.pop()
        facts |= {"block": kind, "amount": moneys(tally.past_due)}
        return (
            {"disputed": "all_disputed", "unapplied": "unapplied_covers"}.get(kind, "all_blocked"),
            facts,
            next_look,
        )
    return "all_held", facts, next_look


def _first_end(
    situation: Situation, quiet: Sequence[PromiseFact], today: date, policy: Policy, next_look: date | None
) -> date | None:
    """The first day on which something that holds a past-due item back is over, or on which the next item is past due."""
    ends = [promise.due_on + timedelta(policy.promise_pause_days_after + 1) for promise in quiet]
    if situation.block_ends:
        for item in situation.items:
            end = situation.block_ends.get(item.id) if item.block else None
            if end is not None and item.due_on < today:
                ends.append(end + timedelta(1))
    if next_look is not None:
        ends.append(next_look)
    return min(ends, default=None)


def _rest(
    situation: Situation, tally: Tally, today: date, policy: Policy
) -> tuple[str, dict[str, Any], date | None] | None:
    """The quiet days after a conversation. A promise broken since, or a follow-up that is due, ends them; the day of the
    conversation itself is always quiet (P6: none after reached)."""
    reached_on = situation.last_reached_on
    if reached_on is None or reached_on > today:
        return None
    facts: dict[str, Any] = {"today": today.isoformat(), "reached_on": reached_on.isoformat()}
    if reached_on == today:
        return "reached_today", facts | {"calls": len(situation.attempts_today)}, today + timedelta(1)
    until = reached_on + timedelta(policy.rest_days_after_reached)
    if today >= until or broke_after(reached_on, situation, tally.rows):
        return None
    follow_up = situation.follow_up_due_on
    if follow_up is not None and follow_up <= today:
        return None
    look = min(until, follow_up) if follow_up is not None else until
    return "resting", facts | {"until": until.isoformat()}, look


def _tier(rows: list[Row], today: date, policy: Policy) -> tuple[str, list[Row], int]:
    """The first tier of the order that takes the customer, its items oldest first, and the MRR months aged (P5, P7)."""
    months = 0
    for tier in policy.tier_order:
        if tier == "final_just_past_due":
            since = today - timedelta(policy.final_just_past_due_through)
            group = [row for row in rows if row.invoice_class == "final" and row.due_on >= since]
        elif tier == "mrr_aged":
            group = [row for row in rows if row.invoice_class == "mrr"]
            if group:
                of = {(row.service_month.year, row.service_month.month) for row in group if row.service_month}
                months = months_behind(today, len(of), group[0].due_on)
                if months < policy.mrr_priority_months:
                    continue
        elif tier == "late":
            before = today - timedelta(policy.late_bucket_from)
            group = [row for row in rows if row.due_on <= before]
        elif tier == "early":
            low, high = (today - timedelta(days) for days in policy.early_days)
            group = [row for row in rows if high <= row.due_on <= low]
        else:
            continue
        if group:
            return tier, group, months
    return "rest", rows, months


def _facts(
    tally: Tally, group: list[Row], today: date, months: int, broken: PromiseFact | None
) -> dict[str, Any]:
    first = group[0]
    amounts: dict[str, int] = {}
    for row in group:
        amounts[row.currency] = amounts.get(row.currency, 0) + row.amount
    facts: dict[str, Any] = {
        "today": today.isoformat(),
        "item": first.number,
        "kind": first.kind,
        "class": first.invoice_class,
        "due_on": first.due_on.isoformat(),
        "days": (today - first.due_on).days,
        "count": len(group),
        "amount": moneys(amounts),
        "months": months,
    }
    if len(group) != len(tally.rows):
        facts["collectable"] = moneys(tally.collectable)
    if tally.held:
        facts["held"] = _held(tally)
    if tally.unapplied:
        facts["unapplied"] = [
            {"where": where, "minor": tally.unapplied[where, cur], "currency": cur}
            for where, cur in sorted(tally.unapplied)
        ]
    if broken is not None:
        facts["broken_on"] = broken.due_on.isoformat()
    return facts


def _decision(
    situation: Situation, tally: Tally, policy: Policy, step: str, tier: str, code: str, facts: dict[str, Any],
    look_again_on: date | None, *, broken: PromiseFact | None = None,
) -> Decision:  # fmt: skip
    home, rates = policy.home_currency, situation.rates
    foreign = [each for each in tally.past_due if each != home]
    if foreign:
        facts["rates"] = [
            {"currency": each, "rate": rates[each].text, "on": rates[each].on.isoformat()}
            if each in rates
            else {"currency": each, "rate": None, "on": None}
            for each in sorted(foreign)
        ]
    return Decision(
        situation.customer_id,
        situation.number,
        step,
        tier,
        code,
        facts,
        tally.past_due,
        tally.collectable,
        home_minor(tally.past_due, rates, home),
        home_minor(tally.collectable, rates, home),
        min(row.due_on for row in tally.rows) if tally.rows else None,
        broken is not None,
        look_again_on,
    )


def _email_because(situation: Situation) -> str:
    if situation.do_not_call:
        return "do_not_call"
    if "wrong_number" in situation.attempts_today:
        return "wrong_number"
    return "no_phone" if situation.no_phone else "not_reached"


def _held(tally: Tally) -> list[dict[str, Any]]:
    held = [{"why": why, "minor": tally.held[why, cur], "currency": cur} for why, cur in sorted(tally.held)]
    for each in held:
        if each["why"] == "promised" and each["currency"] in tally.stated:
            each["stated"] = {"minor": tally.stated[each["currency"]], "currency": each["currency"]}
    return held


def _due_then(situation: Situation, on: date | None) -> list[dict[str, Any]]:
    amounts: dict[str, int] = {}
    for item in situation.items:
        if item.due_on == on and item.open > 0:
            amounts[item.currency] = amounts.get(item.currency, 0) + item.open
    return moneys(amounts)
