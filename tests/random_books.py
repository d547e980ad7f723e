"""Random but lawful books, and a slow recomputation of them from raw postings that shares nothing with the reports.

Postings are entered up to two weeks late, applications are reversed, due dates are amended, disputes come and go.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dunlin.records import balance_sums
from dunlin.records.models import Application, Customer, Dispute, DueDateChange, Item
from dunlin.rules.policy import Policy
from tests.cast import TODAY, customer, entity, item, moment, user

FIRST = TODAY - timedelta(days=300)


def write(seed: int, documents: int = 40) -> list[Customer]:
    """Write a random book down and return its customers: three entities, three currencies, a group of accounts."""
    chance = random.Random(seed)
    entities = [entity("US01"), entity("DE01", "EUR"), entity("CA01", "CAD")]
    collectors = [user("collector", "alice"), user("collector", "bob"), None]
    customers: list[Customer] = []
    for index in range(6):
        parent = customers[0] if index in (1, 2) else None
        country, currency = chance.choice(("US", "DE", "")), chance.choice(("USD", "EUR", "CAD"))
        customers.append(
            customer(
                f"Account {index}",
                parent=parent,
                country=country,
                currency=currency,
                collector=collectors[index % 3],
            )
        )
    clock = _Clock(chance)
    for _ in range(documents):
        _document(chance, clock, customers, entities)
        for act, odds in ((_use, 0.9), (_reverse, 0.2), (_amend, 0.15), (_contest, 0.2), (_settle, 0.3)):
            if chance.random() < odds:
                act(chance, clock)
    balance_sums.rebuild(TODAY, Policy())
    return customers


class _Clock:
    """Moments that only go forward; a posting may be for a day up to two weeks before."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.day, self.tick = chance, FIRST, 0

    def next(self) -> tuple[date, datetime]:
        self.day = min(self.day + timedelta(self.chance.choice((0, 0, 1, 2, 5))), TODAY)
        self.tick += 1
        return self.day, moment(self.day) + timedelta(seconds=self.tick)


def _document(chance: random.Random, clock: _Clock, customers: list[Customer], entities: list) -> None:
    day, recorded = clock.next()
    posted = day - timedelta(chance.choice((0, 0, 0, 3, 14)))
    kind = chance.choice(("invoice", "invoice", "invoice", "debit_memo", "payment", "payment", "credit_memo"))
    of = chance.choice(customers)
    term = chance.choice((0, 14, 30, 60, -5)) if kind == "invoice" else 0
    item(
        of, kind, chance.randrange(1, 500_000), document=posted, due=posted + timedelta(term), posted=posted, recorded=recorded,
        of_entity=chance.choice(entities), number=f"N{clock.tick}",
        invoice_class=chance.choice(("standard", "mrr", "final")) if kind == "invoice" else "",
    )  # fmt: skip


def _store(
    credit: Item,
    debit: Item,
    amount: int,
    posted: date,
    recorded: datetime,
    reverses: Application | None = None,
) -> None:
    Application.objects.create(
        credit=credit, debit=debit, amount=amount, posted_on=posted, value_on=posted, recorded_at=recorded, why="by_hand",
        reverses=reverses,
    )  # fmt: skip
    for each in (credit, debit):
        each.open -= amount
        each.last_applied_on = posted
        each.closed_on, each.closed_at = (posted, recorded) if each.open == 0 else (None, None)
        each.disputed = 0
        each.save()
    _contested_now(debit)


def _lawful(clock: _Clock, chance: random.Random, credit: Item, debit: Item) -> tuple[date, datetime]:
    """A posting date after everything the two items went through, so that no running open amount dips below zero."""
    day, recorded = clock.next()
    floor = max(
        each for one in (credit, debit) for each in (one.posted_on, one.last_applied_on or one.posted_on)
    )
    return max(floor, day - timedelta(chance.choice((0, 0, 2, 10)))), recorded


def _use(chance: random.Random, clock: _Clock) -> None:
    credits = list(Item.objects.filter(side=-1, open__gt=0).order_by("id"))
    chance.shuffle(credits)
    for credit in credits:
        debits = list(
            Item.objects.filter(
                side=1,
                open__gt=0,
                customer=credit.customer_id,
                entity=credit.entity_id,
                currency=credit.currency,
            ).order_by("id")
        )
        if debits:
            debit = chance.choice(debits)
            most = min(credit.open, debit.open)
            posted, recorded = _lawful(clock, chance, credit, debit)
            _store(
                credit, debit, most if chance.random() < 0.6 else chance.randint(1, most), posted, recorded
            )
            return


def _reverse(chance: random.Random, clock: _Clock) -> None:
    found = list(Application.objects.filter(reverses=None, reversal=None).order_by("id"))
    if found:
        undone = chance.choice(found)
        posted, recorded = _lawful(clock, chance, undone.credit, undone.debit)
        _store(undone.credit, undone.debit, -undone.amount, posted, recorded, undone)


def _amend(chance: random.Random, clock: _Clock) -> None:
    found = list(Item.objects.filter(side=1).order_by("id"))
    if found:
        of = chance.choice(found)
        day, recorded = clock.next()
        new = of.due_on + timedelta(chance.randint(-20, 60))
        DueDateChange.objects.create(
            item=of,
            old_due_on=of.due_on,
            new_due_on=new,
            posted_on=day,
            recorded_at=recorded,
            reason="asked for",
        )
        of.due_on = new
        of.save()


def _contest(chance: random.Random, clock: _Clock) -> None:
    found = list(Item.objects.filter(side=1, open__gt=0).order_by("id"))
    if found:
        of = chance.choice(found)
        day, recorded = clock.next()
        amount = chance.randint(1, of.open)
        Dispute.objects.create(
            item=of, customer=of.customer, amount=amount, reason="price", opened_on=day, recorded_at=recorded
        )
        _contested_now(of)


def _settle(chance: random.Random, clock: _Clock) -> None:
    found = list(Dispute.objects.filter(resolved_on=None).order_by("id"))
    if found:
        of = chance.choice(found)
        of.resolved_on, of.resolved_at = clock.next()
        of.resolution = "refused"
        of.save()
        _contested_now(of.item)


def _contested_now(of: Item) -> None:
    of.disputed = min(
        of.open, sum(Dispute.objects.filter(item=of, resolved_on=None).values_list("amount", flat=True))
    )
    of.save()


# The slow way


@dataclass(frozen=True)
class Standing:
    """An item as of a day, as known at a moment."""

    item: Item
    open: int
    due_on: date
    disputed: int


def recomputed(as_of: date, known_at: datetime | None = None) -> list[Standing]:
    """Every item that was open, worked out one at a time from all postings."""
    known_at = known_at or datetime.max.replace(tzinfo=UTC)
    applications, changes = list(Application.objects.all()), list(DueDateChange.objects.order_by("id"))
    disputes = list(Dispute.objects.all())
    standings = []
    for each in Item.objects.select_related("customer").order_by("id"):
        if each.posted_on > as_of or each.recorded_at > known_at:
            continue
        used = sum(
            one.amount for one in applications
            if each.pk in (one.credit_id, one.debit_id) and one.posted_on <= as_of and one.recorded_at <= known_at
        )  # fmt: skip
        left = each.amount - used
        assert 0 <= left <= each.amount, "the random book is not lawful"
        if left:
            standings.append(
                Standing(
                    each,
                    left,
                    _due(each, changes, as_of, known_at),
                    _contested(each, left, disputes, as_of, known_at),
                )
            )
    return standings


def _due(each: Item, changes: list[DueDateChange], as_of: date, known_at: datetime) -> date:
    own = [one for one in changes if one.item_id == each.pk]
    due = own[0].old_due_on if own else each.due_on
    for one in own:
        if one.posted_on <= as_of and one.recorded_at <= known_at:
            due = one.new_due_on
    return due


def _contested(each: Item, left: int, disputes: list[Dispute], as_of: date, known_at: datetime) -> int:
    live = 0
    for one in disputes:
        begun = one.opened_on <= as_of and one.recorded_at <= known_at
        over = one.resolved_on is not None and one.resolved_on <= as_of and one.resolved_at <= known_at
        live += one.amount if one.item_id == each.pk and begun and not over else 0
    return min(live, left)
