"""What is known about one customer on a day: open items, promises, blocks, today's calls; and what of it stands to be
collected. The facts a decision rests on, in whole minor units. See docs/rules/worklist.md (P4, P18; invariant 20).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from dunlin.rules.conduct_weeks import WeeklyLimit
from dunlin.rules.money import minor_digits
from dunlin.rules.policy import Policy


class OpenItem(NamedTuple):
    """An open debit item. Amounts are minor units of `currency`; 0 < open and 0 <= disputed <= open.

    `block` names why nobody asks for the item (extension, plan, undelivered, legal, agency, insolvency, ...), or is empty.
    `stages_done` holds the contact stages done: receipt, d5, d15, suspension. `entity` is whose books it is in.
    """

    id: int
    number: str
    kind: str
    invoice_class: str
    due_on: date
    open: int
    disputed: int
    currency: str
    service_month: date | None
    block: str
    stages_done: Collection[str]
    entity: int = 0


class PromiseFact(NamedTuple):
    """A promise to pay. `amount` in minor units, or None for the whole open of its items. Without items it covers the
    items of its currency that were due when it was made. `broke_on` is the day it was judged broken; `paid` is money applied
    to its items since it was made, in minor units."""

    id: int
    amount: int | None
    currency: str
    due_on: date
    status: str
    item_ids: Collection[int]
    made_on: date
    broke_on: date | None = None
    paid: int = 0

    @property
    def is_paid(self) -> bool:
        """Whether the stated amount has come already: what else is open was never promised."""
        return self.amount is not None and self.paid >= self.amount


class CustomerBlock(NamedTuple):
    """Why a whole customer is not contacted (legal, agency, insolvency, ...), through `until` or without end."""

    kind: str
    until: date | None = None


class Snooze(NamedTuple):
    """Put aside by a person on `since` (if known): back on `until`, or when a promise is judged broken after that day."""

    until: date
    why: str
    by: str
    since: date | None = None


class Rate(NamedTuple):
    """Home minor units for one minor unit: numerator / denominator, published for `on` as `text` in major units."""

    numerator: int
    denominator: int
    on: date
    text: str

    @classmethod
    def of(cls, rate: Decimal, currency: str, home: str, on: date) -> Rate:
        """From units of `home` for one unit of `currency`. ValueError unless above zero."""
        if rate <= 0:
            raise ValueError(f"a rate must be above zero, not {rate}")
        numerator, denominator = rate.as_integer_ratio()
        scaled = numerator * 10 ** minor_digits(home), denominator * 10 ** minor_digits(currency)
        return cls(*scaled, on, f"{rate:f}")


@dataclass(slots=True)
class Situation:
    """What is known about one customer on the day: the facts a decision rests on.

    `items` are open debits. `unapplied` is unused credit by (entity, currency) in minor units, without deposits: those belong to
    their order. `group_unapplied` is that of the customer above. `no_phone`: something is on file to reach them by, and no
    telephone number that may be called. `promises` are the open ones and
    the broken ones that nothing superseded. `block_ends` is the last day of the block of an item, by item, of blocks that end;
    it and `rates` may be one table shared by all; the home currency needs no rate. `attempts_today` are outcomes of today's
    calls in order. `weekly_limit`: one more call today would pass it.
    """

    customer_id: int
    number: str
    name: str = ""
    items: Sequence[OpenItem] = ()
    unapplied: Mapping[tuple[int, str], int] = field(default_factory=dict)
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
    group_unapplied: Mapping[tuple[int, str], int] = field(default_factory=dict)
    no_phone: bool = False
    block_ends: Mapping[int, date] = field(default_factory=dict)
    weekly_limit: WeeklyLimit | None = None


class Row(NamedTuple):
    """A past-due item, or the rest of one, that nothing holds back. Sorts by age, then number."""

    due_on: date
    number: str
    id: int
    kind: str
    invoice_class: str
    currency: str
    amount: int
    service_month: date | None
    entity: int


@dataclass(slots=True)
class Tally:
    """One pass over the items of a customer: past_due = collectable + held, per currency. `unapplied` is credit that lies
    beside what is asked for, by where it lies (here, other_entity, group) and currency. `stated` is what promises with an
    amount still owe, per currency, where the items they keep quiet are more than that."""

    past_due: dict[str, int] = field(default_factory=dict)
    collectable: dict[str, int] = field(default_factory=dict)
    held: dict[tuple[str, str], int] = field(default_factory=dict)
    unapplied: dict[tuple[str, str], int] = field(default_factory=dict)
    stated: dict[str, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    next_due_on: date | None = None
    anything_open: bool = False


def tally_of(situation: Situation, today: date, policy: Policy) -> Tally:
    """What of the open items is past due, and what of that nothing holds back: no dispute, block or live promise."""
    tally = Tally()
    past_due, collectable, held, rows = tally.past_due, tally.collectable, tally.held, tally.rows
    covered, loose = covering(situation, today, policy) if situation.promises else (_NO_COVER, ())
    next_due_on: date | None = None
    make = tuple.__new__
    for item in situation.items:
        # Unpacked at once: this loop sees every open item of the book.
        item_id, number, kind, klass, due_on, open_, disputed, currency, month, block, _, entity = item
        if open_ <= 0:
            continue
        tally.anything_open = True
        if due_on >= today:
            if next_due_on is None or due_on < next_due_on:
                next_due_on = due_on
            continue
        past_due[currency] = past_due.get(currency, 0) + open_
        amount = open_
        if disputed:
            contested = min(disputed, open_)
            held["disputed", currency] = held.get(("disputed", currency), 0) + contested
            amount -= contested
            if amount <= 0:
                continue
        if block:
            held[block, currency] = held.get((block, currency), 0) + amount
        elif item_id in covered or (
            loose and any(each.currency == currency and due_on <= each.made_on for each in loose)
        ):
            held["promised", currency] = held.get(("promised", currency), 0) + amount
        else:
            collectable[currency] = collectable.get(currency, 0) + amount
            # As Row(...) makes it, without the call in between.
            rows.append(make(Row, (due_on, number, item_id, kind, klass, currency, amount, month, entity)))
    tally.next_due_on = next_due_on
    if situation.promises:
        tally.stated = _stated(pausing(situation.promises, today, policy), held)
    return tally


_NO_COVER: frozenset[int] = frozenset()


def covering(
    situation: Situation, today: date, policy: Policy
) -> tuple[Collection[int], Sequence[PromiseFact]]:
    """Ids of the items that a promise keeps quiet today, and the promises that name no items: those keep quiet what is of their
    currency and was due when they were made (P18)."""
    quiet = pausing(situation.promises, today, policy)
    ids: set[int] = set()
    for promise in quiet:
        ids.update(promise.item_ids if promise.amount is None else _first_of(situation.items, promise))
    return ids, [promise for promise in quiet if not promise.item_ids]


def _first_of(items: Sequence[OpenItem], promise: PromiseFact) -> Iterator[int]:
    """The oldest items of a promise, up to its amount: 500.00 promised keeps no 150,000.00 quiet (trap 52). The item that the
    amount ends in counts whole."""
    left = (promise.amount or 0) - promise.paid
    for item in sorted(
        (each for each in items if each.id in promise.item_ids), key=lambda each: (each.due_on, each.number)
    ):
        if left <= 0:
            return
        yield item.id
        left -= max(0, item.open - item.disputed)


def pausing(promises: Sequence[PromiseFact], today: date, policy: Policy) -> list[PromiseFact]:
    """The open promises that keep their items quiet today: through their date, and no longer unless the policy says so; nor
    once their amount has come."""
    since = today - timedelta(policy.promise_pause_days_after)
    return [
        promise
        for promise in promises
        if promise.status == "open" and promise.due_on >= since and not promise.is_paid
    ]


def _stated(quiet: Sequence[PromiseFact], held: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """See `Tally.stated`. A promise without an amount is about the whole of its items."""
    stated: dict[str, int] = {}
    whole = {promise.currency for promise in quiet if promise.amount is None}
    for promise in quiet:
        if promise.amount is not None and promise.currency not in whole:
            stated[promise.currency] = stated.get(promise.currency, 0) + promise.amount - promise.paid
    return {cur: minor for cur, minor in stated.items() if minor < held.get(("promised", cur), 0)}


def hold_what_credit_covers(tally: Tally, situation: Situation) -> None:
    """A customer is not asked for money that already lies here unapplied: what the credit of an entity covers there is held.
    Any other credit in a currency that is asked for is named, never netted in silence (trap 23)."""
    asked: dict[tuple[int, str], int] = {}
    for row in tally.rows:
        key = row.entity, row.currency
        asked[key] = asked.get(key, 0) + row.amount
    covered = {key for key, minor in asked.items() if situation.unapplied.get(key, 0) >= minor}
    for _, currency in covered:
        tally.held["unapplied", currency] = 0
    for key in covered:
        tally.held["unapplied", key[1]] += asked[key]
        tally.collectable[key[1]] -= asked[key]
        if not tally.collectable[key[1]]:
            del tally.collectable[key[1]]
    if covered:
        tally.rows = [row for row in tally.rows if (row.entity, row.currency) not in covered]
    for credits, elsewhere in ((situation.unapplied, "other_entity"), (situation.group_unapplied, "group")):
        for key, minor in credits.items():
            if minor and key not in covered and key[1] in tally.collectable:
                where = "here" if key in asked and credits is situation.unapplied else elsewhere
                tally.unapplied[where, key[1]] = tally.unapplied.get((where, key[1]), 0) + minor
