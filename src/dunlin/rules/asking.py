"""Which open items of a customer a message may ask about today, and which are left out and why: P4 for every kind of message.

The same silences as on the worklist and in the notices: dispute, block, promise, an answer we owe, credit that covers it. A property
test holds it against both. See docs/guides/processes.md (P3, P4, P6, P7, P13, P18; traps 23, 52, 53, 59).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from typing import Any, NamedTuple

from dunlin.rules.notices import LeftOut
from dunlin.rules.policy import Policy
from dunlin.rules.situations import OpenItem, Situation, covering


class Asked(NamedTuple):
    """An item that may be asked about; `amount` in minor units is what is not in dispute."""

    item: OpenItem
    amount: int


class Asking(NamedTuple):
    """What may be asked about, oldest due first, and what is left out."""

    asked: list[Asked]
    left_out: list[LeftOut]


def silence_of(situation: Situation, today: date) -> tuple[str, dict[str, Any]] | None:
    """The code and facts (codes.REASONS) when the customer as a whole is not written to by itself today; None when it may be."""
    if situation.cease_contact:
        return "cease_contact", {}
    for block in situation.blocks:
        if block.until is None or block.until >= today:
            return "customer_blocked", {"block": block.kind, "until": block.until.isoformat() if block.until else None}  # fmt: skip
    snooze = situation.snooze
    if snooze is not None and today < snooze.until:
        return "snoozed", {"until": snooze.until.isoformat(), "why": snooze.why, "by": snooze.by}
    return None


def asking(
    situation: Situation,
    today: date,
    policy: Policy,
    about: Callable[[OpenItem], bool],
    reply_pending: Collection[int] = (),
) -> Asking:
    """The items `about` says that a message is about, in those it may name today and those it leaves out."""
    covered, loose = covering(situation, today, policy)
    asked: list[Asked] = []
    left: list[LeftOut] = []
    for item in situation.items:
        if item.open <= 0 or not about(item):
            continue
        amount = item.open
        if item.disputed:
            contested = min(item.disputed, item.open)
            left.append(LeftOut(item.id, item.number, item.currency, contested, "disputed"))
            amount -= contested
            if amount <= 0:
                continue
        promised = item.id in covered or any(
            each.currency == item.currency and item.due_on <= each.made_on for each in loose
        )
        why = item.block or ("promised" if promised else "reply" if item.id in reply_pending else "")
        if why:
            left.append(LeftOut(item.id, item.number, item.currency, amount, why))
        else:
            asked.append(Asked(item, amount))
    sums: dict[tuple[int, str], int] = {}
    for row in asked:
        key = row.item.entity, row.item.currency
        sums[key] = sums.get(key, 0) + row.amount
    paid_for = {key for key, minor in sums.items() if situation.unapplied.get(key, 0) >= minor}
    if paid_for:
        for row in asked:
            if (row.item.entity, row.item.currency) in paid_for:
                left.append(LeftOut(row.item.id, row.item.number, row.item.currency, row.amount, "unapplied"))
        asked = [row for row in asked if (row.item.entity, row.item.currency) not in paid_for]
    asked.sort(key=lambda row: (row.item.due_on, row.item.number, row.item.id))
    return Asking(asked, left)
