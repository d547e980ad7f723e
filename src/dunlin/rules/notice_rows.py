"""What a decision about notices is made of: what was sent, the items carried, left out and later, and the decision itself.

See docs/rules/notices.md (P35).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from dunlin.rules.strategies import Escalation, Step

if TYPE_CHECKING:
    from dunlin.rules.notice_fees import FeeDraft


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
    `grace_days` of the customer's terms shift every step past due, never the days past due themselves; `own_grace_days` are
    those of an item with terms of its own, where they differ.
    """

    held: Mapping[int, Held] = field(default_factory=dict)
    last_notice_on: date | None = None
    waiting_since: date | None = None
    undelivered: Collection[int] = ()
    reply_pending: Collection[int] = ()
    reply_pending_all: bool = False
    interest_through: Mapping[int, date] = field(default_factory=dict)
    grace_days: int = 0
    own_grace_days: Mapping[int, int] = field(default_factory=dict)


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


def held_sums(left_out: Sequence[LeftOut]) -> list[dict[str, Any]]:
    """What is left out, summed by reason and currency, as facts hold it."""
    sums: dict[tuple[str, str], int] = {}
    for row in left_out:
        sums[row.why, row.currency] = sums.get((row.why, row.currency), 0) + row.amount
    return [{"why": why, "minor": sums[why, cur], "currency": cur} for why, cur in sorted(sums)]


def sums_of(rows: Sequence[Carried]) -> dict[str, int]:
    """What is asked for, by currency."""
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.amount
    return sums
