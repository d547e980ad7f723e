"""Fees and interest of a notice as drafts: each becomes an item of its own, once. See docs/rules/notices.md (invariant 28).

A draft posts nothing. Whoever sends the notice posts it in the transaction that uses up the level, under its `key`: a
second run, or a second try, finds the key and charges nothing again (trap 28).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple

from dunlin.rules.strategies import Step, Strategy

if TYPE_CHECKING:
    from dunlin.rules.notice_rows import Carried

# The kind of item that a fee becomes; on it no further fee or interest is charged.
CHARGE_KIND = "finance_charge"
DAYS_OF_YEAR = 365


class FeeDraft(NamedTuple):
    """A charge to post with the notice: `what` is fee or interest, `minor` whole minor units above zero. `item_id` is the
    item it is charged on (the oldest one of a fee per notice). Interest is for the `days` after `since`."""

    what: str
    entity: int
    currency: str
    minor: int
    item_id: int
    level: int
    key: str
    since: date | None = None
    days: int = 0


def simple_interest(minor: int, rate_pct: Decimal, days: int) -> int:
    """Simple interest in whole minor units, half up, on a year of 365 days. 0 for no days, no rate or no money."""
    if days <= 0 or minor <= 0:
        return 0
    exact = Decimal(minor) * rate_pct * days / (100 * DAYS_OF_YEAR)
    return int(exact.to_integral_value(ROUND_HALF_UP))


def fees_of(
    rows: Sequence[Carried],
    strategy: Strategy,
    entity: int,
    today: date,
    interest_through: Mapping[int, date],
) -> tuple[FeeDraft, ...]:
    """The charges of a notice: on items that it raises to a step with a fee, never on a charge itself. `rows` oldest first.

    A fee per notice is that of the highest such step, once per currency. Interest is on what is asked for, from the day
    after the due date, or after the last day charged, through today: periods adjoin and never overlap.
    """
    drafts: list[FeeDraft] = []
    steps = {step.level: step for step in strategy.steps if step.fee is not None}
    if not steps:
        return ()
    charged: dict[str, tuple[Step, Carried]] = {}
    for row in rows:
        step = steps.get(row.level)
        if step is None or step.fee is None or not row.raised or row.kind == CHARGE_KIND:
            continue
        flat = step.fee.flat.get(row.currency, 0)
        if flat and step.fee.per == "item":
            drafts.append(_flat(step, row, entity, flat))
        elif flat and (row.currency not in charged or charged[row.currency][0].level < step.level):
            charged[row.currency] = step, row
        since = max(row.due_on, interest_through.get(row.id, row.due_on))
        days = (today - since).days
        minor = simple_interest(row.amount, step.fee.interest_pct, days)
        if minor:
            key = f"interest:{row.id}:{row.level}"
            drafts.append(
                FeeDraft("interest", entity, row.currency, minor, row.id, row.level, key, since, days)
            )
    for step, row in charged.values():
        drafts.append(_flat(step, row, entity, step.fee.flat[row.currency]))  # type: ignore[union-attr]
    return tuple(drafts)


def _flat(step: Step, row: Carried, entity: int, minor: int) -> FeeDraft:
    return FeeDraft("fee", entity, row.currency, minor, row.id, step.level, f"fee:{row.id}:{step.level}")
