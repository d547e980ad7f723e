"""The decision of a day: whom to contact, by which step, in which tier, or why not. "Not today" is a decision too.

`decide` turns the facts of one customer into one `Decision`; `rank` orders the decisions of a portfolio. Both are made
for whole books: whole minor units and dates only, no text is written here. The sentence people read is made from the
facts by `rules/reasons.py`. See docs/rules/worklist.md (P4, P5, P6, P7, P18; B2, H3).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from dunlin.rules.money import minor_digits


class OpenItem(NamedTuple):
    """An open debit item. Amounts are minor units of `currency`; 0 < open and 0 <= disputed <= open.

    `block` names why nobody asks for the item (extension, plan, undelivered, legal, agency, insolvency, ...), or is empty.
    `stages_done` holds the contact stages done or skipped: receipt, d5, d15, suspension.
    """

    id: int
    number: str
    kind: str
    invoice_class: str
    document_on: date
    due_on: date
    open: int
    disputed: int
    currency: str
    service_month: date | None
    block: str
    stages_done: Collection[str]


class PromiseFact(NamedTuple):
    """A promise to pay. `amount` in minor units, or None for the whole open of its items. Without items it covers the
    items of its currency that were due when it was made."""

    id: int
    amount: int | None
    currency: str
    due_on: date
    status: str
    item_ids: Collection[int]
    made_on: date


class CustomerBlock(NamedTuple):
    """Why a whole customer is not contacted (legal, agency, insolvency, ...), through `until` or without end."""

    kind: str
    until: date | None = None


class Snooze(NamedTuple):
    """Put aside by a person: back on `until`."""

    until: date
    why: str
    by: str


class Rate(NamedTuple):
    """Home minor units for one minor unit: numerator / denominator, as published for `on`."""

    numerator: int
    denominator: int
    on: date

    @classmethod
    def of(cls, rate: Decimal, currency: str, home: str, on: date) -> Rate:
        """From units of `home` for one unit of `currency`. ValueError unless above zero."""
        if rate <= 0:
            raise ValueError(f"a rate must be above zero, not {rate}")
        numerator, denominator = rate.as_integer_ratio()
        return cls(numerator * 10 ** minor_digits(home), denominator * 10 ** minor_digits(currency), on)


@dataclass(slots=True)
class Situation:
    """What is known about one customer on the day: the facts a decision rests on.

    `items` are open debits. `unapplied` is unused credit per currency in minor units. `promises` are the open ones and
    the broken ones that nothing superseded. `rates` may be one table shared by all; the home currency needs none.
    `attempts_today` are outcomes of today's calls in order.
    """

    customer_id: int
    number: str
    name: str = ""
    items: Sequence[OpenItem] = ()
    unapplied: Mapping[str, int] = field(default_factory=dict)
    promises: Sequence[PromiseFact] = ()
    blocks: Sequence[CustomerBlock] = ()
    do_not_call: bool = False
    cease_contact: bool = False
    last_reached_on: date | None = None
    last_attempt_on: date | None = None
    last_attempt_outcome: str = ""
    attempts_today: Sequence[str] = ()
    emailed_today: bool = False
    follow_up_due_on: date | None = None
    snooze: Snooze | None = None
    rates: Mapping[str, Rate] = field(default_factory=dict)


class Decision(NamedTuple):
    """What happens to one customer on one day, and the figures that say so.

    `step` is call, email or none; `tier` is empty when it is none. `code` is in `codes.REASONS`; `facts` are JSON-safe
    (dates ISO, money as {"minor", "currency"}). `past_due` = `collectable` + what is held back, in minor units per
    currency; the `_home` figures are minor units of the home currency. `oldest_due_on` is the oldest collectable item's.
    `stages` and `skipped` pair item ids with contact stages that this contact fulfils or passes over.
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
    stages: tuple[tuple[int, str], ...]
    skipped: tuple[tuple[int, str], ...]
