"""The notice of a run: who gets one, at which level, about which items, and why the others get none.

`notices` turns the facts of one customer into one decision per entity: our entities have their own letterhead, bank and
books, so what is owed to two of them is never in one notice. Levels are facts about items and are used up by sending only,
so they come in as `NoticeFacts.held`. See docs/rules/notices.md (P35, P4, P13, P18, P28; traps 1-7, 21-33, 52-59).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from dunlin.rules.calendars import Calendar
from dunlin.rules.notice_fees import FeeDraft, fees_of
from dunlin.rules.policy import Policy
from dunlin.rules.promise_facts import broke_after, moneys
from dunlin.rules.situations import PromiseFact, Situation, covering
from dunlin.rules.strategies import NO_LEVEL, Escalation, Step, Strategy, Window


class Held(NamedTuple):
    """The level an item holds, and the day on which the notice that gave it was sent."""

    level: int
    on: date


@dataclass(slots=True)
class NoticeFacts:
    """What was sent to a customer and came of it. By item id unless said otherwise.

    `held`: levels of notices that were sent and not undone by a failed delivery. `last_notice_on`: the last one to this
    customer, of any entity. `waiting_since`: a notice is drafted and neither sent nor dropped. `reply_pending`: their
    answer waits for ours; `reply_pending_all` when the answer names no items. `interest_through`: the last day charged.
    `grace_days` of the customer's terms shift every step past due, never the days past due themselves.
    """

    held: Mapping[int, Held] = field(default_factory=dict)
    last_notice_on: date | None = None
    waiting_since: date | None = None
    undelivered: Collection[int] = ()
    reply_pending: Collection[int] = ()
    reply_pending_all: bool = False
    interest_through: Mapping[int, date] = field(default_factory=dict)
    grace_days: int = 0


class Carried(NamedTuple):
    """An item in the notice, or what of it is not in dispute. `amount` is asked for, in minor units; `level` is its own
    (NO_LEVEL for one too small to have any), and `raised` says that this notice gives it. Sorts by age, then number."""

    due_on: date
    number: str
    id: int
    kind: str
    invoice_class: str
    currency: str
    amount: int
    days: int
    level: int
    raised: bool


class LeftOut(NamedTuple):
    """An item past due, or the part of it, that is not asked for, and why: disputed, promised, a block, reply, unapplied."""

    id: int
    number: str
    currency: str
    amount: int
    why: str


class Later(NamedTuple):
    """An item whose turn has not come; `next_on` is the earliest day for its next step, None when none follows by itself."""

    id: int
    number: str
    currency: str
    amount: int
    next_on: date | None


class NoticeDecision(NamedTuple):
    """A notice to a customer from one entity, or none (`step` is None), and why.

    Every open item of the entity is in `carried`, `left_out` or `later`; a part-disputed one in two of them, and the amounts
    add up to what is open. Amounts are minor units by currency, each currency a section of its own. `asked` is the sum
    carried, `credits` unapplied credit in its currencies, `to_pay` what is asked after the strategy's policy for credits.
    `level` is the highest reached, `step` the one whose template speaks, `raised_to` the step of the highest level given new.
    """

    customer_id: int
    number: str
    entity: int
    step: Step | None
    level: int
    code: str
    facts: dict[str, Any]
    carried: Sequence[Carried] = ()
    left_out: Sequence[LeftOut] = ()
    later: Sequence[Later] = ()
    asked: Mapping[str, int] = {}
    credits: Mapping[str, int] = {}
    to_pay: Mapping[str, int] = {}
    fees: Sequence[FeeDraft] = ()
    escalations: Sequence[Escalation] = ()
    pay_by: date | None = None
    look_again_on: date | None = None


class _Sorted:
    """The items of one entity: what may be carried, what is left out, what is not reached."""

    __slots__ = ("courtesy", "later", "left_out", "next_on", "rows", "small")

    def __init__(self) -> None:
        self.rows: list[Carried] = []
        self.courtesy: list[Carried] = []
        self.left_out: list[LeftOut] = []
        self.later: list[Later] = []
        self.small: set[int] = set()  # due for a step, but below the amount that sets it off
        self.next_on: dict[int, date | None] = {}  # of rows that go along: when their own next step begins

    def put_off(self, rows: Sequence[Carried], until: date | None) -> None:
        """Move rows to later: those that reached a step until then, the others until their own next step."""
        for row in rows:
            on = until if row.raised else self.next_on.get(row.id)
            self.later.append(Later(row.id, row.number, row.currency, row.amount, on))


def notices(
    situation: Situation,
    facts: NoticeFacts,
    strategy: Strategy,
    today: date,
    policy: Policy,
    calendar: Calendar,
) -> tuple[NoticeDecision, ...]:
    """One decision per entity with anything open, by entity; none for a customer with nothing open (P35).

    The promises must have been judged before. What a notice carries is raised by one step at most. Whether it goes is asked of
    the customer, not of the entity: two entities write on the same day or wait for each other.
    """
    ladder = strategy.ladder
    silent = _whole_customer(situation, today)
    parts = _sort_items(situation, facts, ladder, today, policy, silent[0] if silent else "")
    if not parts:
        return ()
    gate = silent[1] if silent else _gate(situation, facts, strategy, today, calendar, parts)
    decided = []
    for entity in sorted(parts):
        part = parts[entity]
        # Who owes anything past due gets no friendly word about what is not due yet, and that never delays a notice.
        group = part.rows or part.courtesy
        if part.rows:
            part.put_off(part.courtesy, None)
        _leave_out_what_credit_covers(part, group, situation.unapplied, entity)
        group.sort()
        reached = any(row.raised for row in group)
        if gate is None and reached:
            decided.append(_notice(situation, facts, strategy, ladder, today, calendar, entity, part, group))
        else:
            why = gate if gate is not None and (reached or silent) else _why_none(group, part)
            decided.append(_none(situation, today, entity, part, group, why))
    return tuple(decided)


def _sort_items(
    situation: Situation,
    facts: NoticeFacts,
    ladder: Sequence[Window],
    today: date,
    policy: Policy,
    silent_because: str,
) -> dict[int, _Sorted]:
    """Each open item, or each part of one, in its place. The one loop over the items of the book."""
    covered, loose = covering(situation, today, policy) if situation.promises else ((), ())
    held, replies, undelivered = facts.held, facts.reply_pending, facts.undelivered
    replied, grace = facts.reply_pending_all, facts.grace_days
    first = min((window.level for window in ladder if not window.before_due), default=NO_LEVEL)
    make = tuple.__new__
    parts: dict[int, _Sorted] = {}
    for (
        item_id,
        number,
        kind,
        klass,
        due_on,
        open_,
        disputed,
        currency,
        _,
        block,
        _,
        entity,
    ) in situation.items:
        if open_ <= 0:
            continue
        part = parts.get(entity)
        if part is None:
            part = parts[entity] = _Sorted()
        days = (today - due_on).days
        last = held.get(item_id)
        level = NO_LEVEL if last is None else last[0]
        # As `next_step` and `is_due` say, without the calls: this loop sees every open item of the book.
        reached = days - grace if days > grace else min(days, 0)
        window = None
        for each in ladder:
            if each[0] > level and (each[2] is None or reached <= each[2]) and (days < 1 or not each[4]):
                window = each
                break
        if window is None or reached < window[1] or (last is not None and (today - last[1]).days < window[3]):
            next_on = _next_on(window, due_on, last, grace)
            if days <= grace or level < first:
                part.later.append(make(Later, (item_id, number, currency, open_, next_on)))
                continue
            part.next_on[item_id] = next_on
            raised = False
        else:
            raised = True
        amount = open_
        if disputed:
            contested = min(disputed, open_)
            part.left_out.append(LeftOut(item_id, number, currency, contested, "disputed"))
            amount -= contested
            if amount <= 0:
                continue
        why = silent_because or block
        if not why:
            if item_id in undelivered:
                why = "undelivered"
            elif item_id in covered or (loose and _promised(loose, currency, due_on)):
                why = "promised"
            elif replied or item_id in replies:
                why = "reply"
        if why:
            part.left_out.append(LeftOut(item_id, number, currency, amount, why))
            continue
        if raised and window is not None:
            minimum = window[5].minimum
            if minimum and amount < minimum.get(currency, 0):
                # It goes along with a notice at the level it holds: it sets none off and does not climb by going along.
                raised = False
                part.small.add(item_id)
            else:
                level = window[0]
        (part.rows if days >= 1 else part.courtesy).append(
            make(Carried, (due_on, number, item_id, kind, klass, currency, amount, days, level, raised))
        )
    return parts


def _promised(loose: Sequence[PromiseFact], currency: str, due_on: date) -> bool:
    return any(each.currency == currency and due_on <= each.made_on for each in loose)


def _next_on(window: Window | None, due_on: date, last: Held | None, grace: int) -> date | None:
    """The first day of the window for an item; None when no step follows by itself."""
    if window is None:
        return None
    begins = due_on + timedelta(window[1] + (0 if window[4] else grace))
    return begins if last is None else max(begins, last[1] + timedelta(window[3]))


def _leave_out_what_credit_covers(
    part: _Sorted, group: list[Carried], unapplied: Mapping[tuple[int, str], int], entity: int
) -> None:
    """Nobody is asked for money that already lies here: what the unapplied credit of the entity covers is left out, whatever
    the strategy's policy for credits (trap 23)."""
    if not unapplied or not group:
        return
    asked = _sums(group)
    covered = {cur for cur, minor in asked.items() if unapplied.get((entity, cur), 0) >= minor}
    if covered:
        part.left_out.extend(
            LeftOut(row.id, row.number, row.currency, row.amount, "unapplied")
            for row in group
            if row.currency in covered
        )
        group[:] = [row for row in group if row.currency not in covered]


def _notice(
    situation: Situation, facts: NoticeFacts, strategy: Strategy, ladder: Sequence[Window], today: date,
    calendar: Calendar, entity: int, part: _Sorted, group: list[Carried],
) -> NoticeDecision:  # fmt: skip
    level = max(row.level for row in group)
    # A level given by decision (legal) has no notice of its own to repeat: the highest step below it speaks.
    step = [window.step for window in ladder if window.level <= level][-1]
    asked = _sums(group)
    credits = {cur: minor for cur in asked if (minor := situation.unapplied.get((entity, cur), 0)) > 0}
    net = credits if strategy.credits == "net" else {}
    given = {row.level for row in group if row.raised}
    told: dict[str, Any] = {
        "today": today.isoformat(),
        "level": level,
        "step": step.name,
        "items": len(group),
        "amount": moneys(asked),
        "due_on": group[0].due_on.isoformat(),
    }
    if part.left_out:
        told["held"] = held_sums(part.left_out)
    if credits:
        told |= {"unapplied": moneys(credits), "credits": strategy.credits}
    pay_by = calendar.roll(today + timedelta(step.pay_within_days), "following")
    return NoticeDecision(
        situation.customer_id, situation.number, entity, step, level, "notice_due", told,
        group, part.left_out, part.later, asked, credits,
        {cur: minor - net.get(cur, 0) for cur, minor in asked.items()},
        fees_of(group, strategy, entity, today, facts.interest_through),
        tuple(each.step.escalation for each in ladder if each.level in given and each.step.escalation),
        pay_by if step.pay_within_days else None,
    )  # fmt: skip


def held_sums(left_out: Sequence[LeftOut]) -> list[dict[str, Any]]:
    """What is left out, summed by reason and currency, as facts hold it."""
    sums: dict[tuple[str, str], int] = {}
    for row in left_out:
        sums[row.why, row.currency] = sums.get((row.why, row.currency), 0) + row.amount
    return [{"why": why, "minor": sums[why, cur], "currency": cur} for why, cur in sorted(sums)]


def _sums(rows: Sequence[Carried]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.amount
    return sums


# --- why not ----------------------------------------------------------------------------------------------------------

_Why = tuple[str, dict[str, Any], date | None]


def _whole_customer(situation: Situation, today: date) -> tuple[str, _Why] | None:
    """When the customer gets nothing at all: the word for what is left out, and why."""
    if situation.cease_contact:
        return "cease_contact", ("cease_contact", {}, None)
    for block in situation.blocks:
        if block.until is None or block.until >= today:
            told = {"block": block.kind, "until": block.until.isoformat() if block.until else None}
            look = block.until + timedelta(1) if block.until else None
            return block.kind, ("customer_blocked", told, look)
    return None


def _gate(
    situation: Situation,
    facts: NoticeFacts,
    strategy: Strategy,
    today: date,
    calendar: Calendar,
    parts: Mapping[int, _Sorted],
) -> _Why | None:
    """Why nothing goes to this customer today though an item has reached a step; None when it may go."""
    if not calendar.is_business_day(today):
        return "notice_not_business_day", {}, calendar.next_business_day(today)
    snooze = situation.snooze
    if snooze is not None and today < snooze.until:
        rows: list[Any] = [row for part in parts.values() for row in part.rows]
        # As on the worklist: a promise that breaks ends the rest that a person had given before it broke (D2).
        if snooze.since is None or not broke_after(snooze.since, situation, rows):
            return (
                "snoozed",
                {"until": snooze.until.isoformat(), "why": snooze.why, "by": snooze.by},
                snooze.until,
            )
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


def _why_none(group: Sequence[Carried], part: _Sorted) -> _Why:
    """Why nothing sets a notice off from this entity."""
    small = [row for row in group if row.id in part.small]
    if small:
        return "notice_below_minimum", {"items": len(small), "amount": moneys(_sums(small))}, None
    if group:
        level = max(row.level for row in group)
        return "notice_level_held", {"level": level, "amount": moneys(_sums(group))}, None
    if part.left_out:
        return "all_held", {"held": held_sums(part.left_out)}, None
    return "notice_not_reached", {}, None


def _none(
    situation: Situation, today: date, entity: int, part: _Sorted, group: Sequence[Carried], why: _Why
) -> NoticeDecision:
    code, told, look = why
    part.put_off(group, look)
    if look is None:
        look = min((row.next_on for row in part.later if row.next_on is not None), default=None)
    return NoticeDecision(
        situation.customer_id,
        situation.number,
        entity,
        None,
        NO_LEVEL,
        code,
        {"today": today.isoformat()} | told,
        left_out=part.left_out,
        later=part.later,
        look_again_on=look,
    )
