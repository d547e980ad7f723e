"""The notice of a run: who gets one, at which level, about which items, and why the others get none.

`notices` turns the facts of one customer into one decision per entity: our entities have their own letterhead, bank and
books, so what is owed to two of them is never in one notice. Levels are facts about items and are used up by sending only,
so they come in as `NoticeFacts.held`. See docs/rules/notices.md (P35, P4, P13, P18, P28; traps 1-7, 21-33, 52-59).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from dunlin.rules.calendars import Calendar
from dunlin.rules.notice_fees import fees_of
from dunlin.rules.notice_rows import (
    Carried,
    Held,
    Later,
    LeftOut,
    NoticeDecision,
    NoticeFacts,
    held_sums,
    sums_of,
)
from dunlin.rules.notice_silence import Why, gate, whole_customer, why_none
from dunlin.rules.policy import Policy
from dunlin.rules.promise_facts import moneys
from dunlin.rules.situations import PromiseFact, Situation, covering
from dunlin.rules.strategies import NO_LEVEL, Strategy, Window

# Decision, facts and rows are used together, so callers may take all from here.
__all__ = ["Carried", "Held", "Later", "LeftOut", "NoticeDecision", "NoticeFacts", "held_sums", "notices"]


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
    drafted: Mapping[int, int] | None = None,
) -> tuple[NoticeDecision, ...]:
    """One decision per entity with anything open, by entity; none for a customer with nothing open (P35).

    The promises must have been judged before. What a notice carries is raised by one step at most. Whether it goes is asked of
    the customer, not of the entity: two entities write on the same day or wait for each other.

    `drafted` decides a draft again at the moment it goes: item id to the level the draft gives it (NO_LEVEL for none). It
    carries none but those items, and gives none of them a higher level than was drafted, and approved.
    """
    ladder = strategy.ladder
    silent = whole_customer(situation, today)
    parts = _sort_items(situation, facts, ladder, today, policy, silent[0] if silent else "")
    if not parts:
        return ()
    if silent:
        wait: Why | None = silent[1]
    else:
        wait = gate(
            situation, facts, strategy, today, calendar, [row for part in parts.values() for row in part.rows]
        )
    decided = []
    for entity in sorted(parts):
        part = parts[entity]
        # Who owes anything past due gets no friendly word about what is not due yet, and that never delays a notice.
        group = part.rows or part.courtesy
        if part.rows:
            part.put_off(part.courtesy, None)
        _leave_out_what_credit_covers(part, group, situation.unapplied, entity)
        if drafted is not None:
            group = _as_drafted(part, group, drafted, facts.held)
            _leave_out_what_credit_covers(
                part, group, situation.unapplied, entity
            )  # which may cover these alone
        group.sort()
        reached = any(row.raised for row in group)
        if wait is None and reached:
            decided.append(_notice(situation, facts, strategy, ladder, today, calendar, entity, part, group))
        else:
            why = (
                wait
                if wait is not None and (reached or silent)
                else why_none(group, part.small, part.left_out)
            )
            decided.append(_none(situation, today, entity, part, group, why))
    return tuple(decided)


def _as_drafted(
    part: _Sorted, group: list[Carried], drafted: Mapping[int, int], held: Mapping[int, Held]
) -> list[Carried]:
    """The rows that the draft was about, none above the level it was to get; the others have their turn later."""
    kept = []
    for row in group:
        if row.id not in drafted:
            part.put_off([row], None)
        elif row.raised and row.level > drafted[row.id]:
            last = held.get(row.id)
            kept.append(row._replace(raised=False, level=last.level if last else NO_LEVEL))
        else:
            kept.append(row)
    return kept


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
    held, own_grace = facts.held, facts.own_grace_days
    first = min((window.level for window in ladder if not window.before_due), default=NO_LEVEL)
    make = tuple.__new__
    parts: dict[int, _Sorted] = {}
    for row in situation.items:
        item_id, number, kind, klass, due_on, open_, disputed, currency, _, block, _, entity = row
        if open_ <= 0:
            continue
        part = parts.get(entity)
        if part is None:
            part = parts[entity] = _Sorted()
        days = (today - due_on).days
        last = held.get(item_id)
        level = NO_LEVEL if last is None else last[0]
        grace = own_grace.get(item_id, facts.grace_days) if own_grace else facts.grace_days
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
        why = silent_because or block or _quiet(item_id, facts, covered, loose, currency, due_on)
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


def _quiet(
    item_id: int,
    facts: NoticeFacts,
    covered: Collection[int],
    loose: Sequence[PromiseFact],
    currency: str,
    due_on: date,
) -> str:
    """Why an item that nothing blocks is not asked for: not delivered, promised, their answer waits for ours; or empty."""
    if item_id in facts.undelivered:
        return "undelivered"
    if item_id in covered or (loose and _promised(loose, currency, due_on)):
        return "promised"
    return "reply" if facts.reply_pending_all or item_id in facts.reply_pending else ""


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
    asked = sums_of(group)
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
    asked = sums_of(group)
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


def _none(
    situation: Situation, today: date, entity: int, part: _Sorted, group: Sequence[Carried], why: Why
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
