"""Payments from a file: each is posted, applied to the invoices it names, and the rest stays unapplied.

The checks are those of `postings.apply`, made for a whole chunk at once: same currency, same entity, same customer or
group, never more than is open, never before a document was posted or on a day on which less was open. A payment that earns
the discount of a document's terms settles it, as `take_payment` would.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dunlin.actions.granted import credited_and_granted
from dunlin.actions.import_entities import known_without_entity
from dunlin.actions.import_known_state import Known, known_by_key
from dunlin.actions.import_parties import ENTITY_LONGEST, NUMBER_LONGEST, Parties
from dunlin.actions.import_work import Work
from dunlin.formats.rows import PaymentRow
from dunlin.records import balance_sums, bulk
from dunlin.records.item_rows import APPLICATION_FIELDS, ITEM_FIELDS, ITEM_NUMBER_LONGEST, short_key
from dunlin.records.locks import lock_customers
from dunlin.records.models import Application, Customer, Item
from dunlin.rules.discounts import earned_by_payment, still_offered
from dunlin.rules.money import Money


@dataclass(slots=True)
class Debit:
    """An open document a payment may be applied to, as it stands after the payments before."""

    id: int
    customer_id: int
    entity_id: int
    currency: str
    number: str
    posted_on: date
    due_on: date
    open: int
    disputed: int
    last_applied_on: date | None
    amount: int
    offered: int  # what the terms still offer off, in minor units, when paid through `discount_until`
    discount_until: date | None
    moved: bool = False

    def less_discount(self, paid_on: date) -> int:
        """What settles it when paid on that day, in minor units."""
        in_time = self.discount_until is not None and paid_on <= self.discount_until
        return self.open - self.offered if in_time and self.offered < self.open else self.open

    def take(self, amount: int, posted_on: date) -> None:
        """Count an application of it."""
        self.open -= amount
        self.last_applied_on = max(self.last_applied_on or posted_on, posted_on)
        self.moved = True


@dataclass(slots=True)
class New:
    """A payment to be posted, the documents it is used for with the amounts, and the discounts it earns on them."""

    row: PaymentRow
    key: str
    entity: str
    left: int
    uses: list[tuple[Debit, int, date]] = field(default_factory=list)
    discounts: list[tuple[Debit, int, date]] = field(default_factory=list)


class PaymentImport:
    """Takes in the payments of one file, chunk by chunk."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.parties = Parties(work)
        self._reversed: set[int] = set()

    def take(self, rows: Sequence[PaymentRow], write: bool) -> None:
        """Take one chunk: inside the caller's transaction when `write`, else only counted and compared."""
        work = self.work
        self.parties.look_up(row.customer for row in rows)
        groups = _groups({pk for row in rows if (pk := self.parties.customers.get(row.customer))})
        if write:
            lock_customers(pk for members in groups.values() for pk in members)
        work.read_locks()
        debits = _open_debits(rows, groups)
        self._reversed = _with_reversals(debits)
        keys = [short_key(row.identity) for row in rows]
        known = known_by_key([work.source], keys)
        known |= known_without_entity(work, keys, known, self.parties.entities)
        fresh = []
        for row, key in zip(rows, keys):
            held = known.get(key)
            if held is not None:
                self._compare(row, held)
                continue
            new = self._new(row, key, debits, groups)
            if new is not None:
                fresh.append(new)
                work.tally.new += 1
                work.tally.sum(row.amount.currency, row.amount.minor, new.left)
        if write:
            self._write(fresh, {id(debit): debit for found in debits.values() for debit in found}.values())

    def finish(self, write: bool) -> None:
        """Nothing is left to do after the last chunk."""

    def _compare(self, row: PaymentRow, held: Known) -> None:
        facts = [
            ("customer", held.customer_id, self.parties.customers.get(row.customer)),
            ("amount", held.amount, row.amount.minor),
            ("currency", held.currency, row.amount.currency),
            ("value_on", held.document_on, row.value_on),
        ]
        for target, before, after in facts:
            if before != after:
                shown = [Money(v, held.currency) if target == "amount" else v for v in (before, after)]  # type: ignore[arg-type]
                if target == "customer":
                    shown = ["another customer", row.customer]
                told = {"document": held.named, "target": target.replace("_on", " date")}
                self.work.refuse(row, target, after, "fact_changed", before=shown[0], after=shown[1], **told)
                return
        self.work.tally.same += 1
        self.work.tally.sum(row.amount.currency, row.amount.minor, held.open)

    def _new(
        self, row: PaymentRow, key: str, debits: dict[str, list[Debit]], groups: dict[int, set[int]]
    ) -> New | None:
        work, parties = self.work, self.parties
        for target, value, limit in (
            ("customer", row.customer, NUMBER_LONGEST),
            ("entity", row.entity, ENTITY_LONGEST),
            ("number", row.number or "", ITEM_NUMBER_LONGEST),
        ):
            if len(value) > limit:
                work.refuse(row, target, value, "text_too_long", target=target, limit=limit)
                return None
        asked = sum(amount.minor for _, amount in row.invoices if amount is not None)
        if asked > row.amount.minor:
            facts = {"asked": Money(asked, row.amount.currency), "amount": row.amount}
            work.refuse(row, "invoices", row.amount.plain, "uses_exceed_amount", **facts)
            return None
        group = groups.get(parties.customers.get(row.customer, 0), set())
        entity = self._entity(row, group, debits)
        entity_id = parties.entities.get(entity)
        if not work.may_post(row, entity_id, entity, row.posted_on):
            return None
        new = New(row, key, entity, row.amount.minor)
        named = [
            (number, amount, self._fitting(row, number, group, entity_id, debits))
            for number, amount in row.invoices
        ]
        settles = _settles_less_discounts(row, [debit for _, _, fitting in named for debit in fitting])
        for number, amount, fitting in named:
            self._use(new, number, amount, fitting, entity_id, settles)
        if row.warnings:
            work.warn_read(row)
        return new

    def _entity(self, row: PaymentRow, group: set[int], debits: dict[str, list[Debit]]) -> str:
        """The entity of the row; not said, that of the documents it names, else the default one."""
        if not row.entity and row.invoices:
            found = {
                debit.entity_id
                for number, _ in row.invoices
                for debit in debits.get(number, ())
                if debit.customer_id in group and debit.currency == row.amount.currency
            }
            if len(found) == 1:
                entity_id = found.pop()
                return next(code for code, pk in self.parties.entities.items() if pk == entity_id)
        return self.parties.entity_code(row)

    def _fitting(
        self,
        row: PaymentRow,
        number: str,
        group: set[int],
        entity_id: int | None,
        debits: dict[str, list[Debit]],
    ) -> list[Debit]:
        """The open documents of a number a payment may be used for, in the order they fall due."""
        return [
            debit
            for debit in debits.get(number, ())
            if debit.customer_id in group
            and debit.entity_id == entity_id
            and debit.currency == row.amount.currency
            and debit.open
        ]

    def _use(
        self,
        new: New,
        number: str,
        amount: Money | None,
        fitting: list[Debit],
        entity_id: int | None,
        settles: bool,
    ) -> None:
        """Use the payment for a document it names, instalments in the order they fall due. `settles`: each for no more
        than settles it with its discount."""
        row, currency = new.row, new.row.amount.currency
        wanted = new.left if amount is None else min(amount.minor, new.left)
        asked = wanted
        fitting = [debit for debit in fitting if debit.open]
        for debit in fitting:
            used = min(wanted, debit.less_discount(row.value_on) if settles else debit.open)
            posted_on = self._day(new, debit, entity_id)
            if used <= 0 or posted_on is None:
                continue
            earned = earned_by_payment(debit.open, debit.offered, debit.discount_until, used, row.value_on)
            new.uses.append((debit, used, posted_on))
            new.left -= used
            wanted -= used
            debit.take(used, posted_on)
            if earned:
                self._grant(new, debit, earned, posted_on)
        if not fitting and asked:
            self.work.warn(row, "invoices", number, "invoice_not_open", value=number)
        elif amount is not None and wanted:
            told = {"applied": Money(asked - wanted, currency), "asked": Money(asked, currency)}
            self.work.warn(row, "invoices", number, "applied_less", document=number, **told)

    def _grant(self, new: New, debit: Debit, earned: int, posted_on: date) -> None:
        """Settle what the payment leaves of a document by the discount it earned, and tell it of the row."""
        before, discount = Money(debit.open, debit.currency), Money(earned, debit.currency)
        new.discounts.append((debit, earned, posted_on))
        debit.take(earned, posted_on)
        debit.offered -= earned
        did = f"Discount of {discount} granted: paid on {new.row.value_on}, earned through {debit.discount_until}"
        self.work.change(new.row, debit.number, "open", before, Money(debit.open, debit.currency), did)
        self.work.tally.created["discounts"] += 1

    def _day(self, new: New, debit: Debit, entity_id: int | None) -> date | None:
        """The day the application is posted: not before either document, nor in a locked period; None: no such day yet."""
        on = max(new.row.posted_on, debit.posted_on)
        # With a reversal in between less may have been open for a while; from the last application on, all of it was.
        if debit.last_applied_on is not None and debit.last_applied_on > on and debit.id in self._reversed:
            on = debit.last_applied_on
        if entity_id is not None:
            on = self.work.first_open_day(entity_id, on)
        return on if on <= self.work.who.today else None

    def _write(self, fresh: list[New], debits: Iterable[Debit]) -> None:
        work, parties, who = self.work, self.parties, self.work.who
        parties.make([new.row for new in fresh])
        ids = iter(bulk.reserve_ids(Item, sum(1 + len(new.discounts) for new in fresh)))
        items: list[tuple[Any, ...]] = []
        applications: list[tuple[Any, ...]] = []
        touched = set()
        for new in fresh:
            pk = next(ids)
            items.append(self._item(pk, new))
            touched.add(parties.customers[new.row.customer])
            evidence = f"named by {work.file_name}, line {new.row.line}"[:300]
            uses = [(pk, *use, "by_reference") for use in new.uses]
            for granted in new.discounts:
                items.append(self._discount(next(ids), new, pk, *granted))
                uses.append((items[-1][0], *granted, "discount_earned"))
            for credit, debit, amount, posted_on, why in uses:
                touched.add(debit.customer_id)
                applications.append((
                    credit, debit.id, amount, posted_on, new.row.value_on, who.now, why, evidence, who.user_id,
                ))  # fmt: skip
        bulk.insert(Item, ITEM_FIELDS, items)
        bulk.insert(Application, APPLICATION_FIELDS, applications)
        work.tally.created["applications"] += len(applications)
        standing = []
        for debit in debits:
            if debit.moved:
                closed = debit.open == 0
                standing.append((
                    debit.id, debit.open, min(debit.disputed, debit.open), debit.last_applied_on,
                    debit.last_applied_on if closed else None, who.now if closed else None,
                ))  # fmt: skip
        bulk.update(Item, ("open", "disputed", "last_applied_on", "closed_on", "closed_at"), standing)
        if touched:
            balance_sums.refresh(touched, who.today, work.policy)
            work.touched |= touched

    def _discount(
        self, pk: int, new: New, payment: int, debit: Debit, amount: int, posted_on: date
    ) -> tuple[Any, ...]:
        """A discount earned, as `granted.grant_discount` posts it."""
        return (
            pk, debit.entity_id, debit.customer_id, "discount", -1, "", "", 0, debit.currency, amount, 0, posted_on,
            posted_on, posted_on, new.row.value_on, self.work.who.now, None, None, 0, None, "", "", "",
            f"Early payment of {debit.number}"[:200], "earned", payment, self.work.source,
            short_key(f"{new.key}|discount|{debit.id}"), 0, 0, posted_on, posted_on, self.work.who.now, 0, None,
        )  # fmt: skip

    def _item(self, pk: int, new: New) -> tuple[Any, ...]:
        row, now = new.row, self.work.who.now
        last = max((posted_on for _, _, posted_on in new.uses), default=None)
        closed = new.left == 0
        description = " ".join(part for part in (row.method, row.description) if part)
        for target, text, limit in (("reference", row.reference, 140), ("description", description, 200)):
            if len(text) > limit:
                self.work.warn(row, target, text, "text_shortened", target=target, limit=limit)
        return (
            pk, self.parties.entities[new.entity], self.parties.customers[row.customer], "payment", -1, "",
            row.number or "", 0, row.amount.currency, row.amount.minor, 0, row.value_on, row.value_on, row.posted_on,
            row.value_on, now, None, None, 0, None, "", "", row.reference[:140], description[:200], "", None,
            self.work.source, new.key, new.left, 0, last, last if closed else None, now if closed else None, 0, None,
        )  # fmt: skip


def _groups(ids: set[int]) -> dict[int, set[int]]:
    """Each customer with everyone of its group: the same head, found level by level; statements grow with the depth only."""
    parents: dict[int, int | None] = {}
    asked = set(ids)
    while asked:
        found: dict[int, int | None] = {}
        for chunk in bulk.chunks(sorted(asked)):
            found.update(Customer.objects.filter(pk__in=chunk).values_list("id", "parent_id"))
        parents |= found
        asked = {parent for parent in found.values() if parent and parent not in parents}
    heads = {pk: _head(pk, parents) for pk in ids}
    members: dict[int, set[int]] = defaultdict(set)
    for pk, head in heads.items():
        members[head] |= {pk, head}
    below = set(heads.values())
    of = {head: head for head in below}
    while below:
        children: dict[int, int] = {}
        for chunk in bulk.chunks(sorted(below)):
            children.update(Customer.objects.filter(parent_id__in=chunk).values_list("id", "parent_id"))
        below = {pk for pk in children if pk not in of}
        for pk in below:
            of[pk] = of[children[pk]]
            members[of[pk]].add(pk)
    return {pk: members[head] for pk, head in heads.items()}


def _head(pk: int, parents: dict[int, int | None]) -> int:
    seen = {pk}
    while (parent := parents.get(pk)) is not None and parent not in seen:
        seen.add(parent)
        pk = parent
    return pk


def _open_debits(rows: Sequence[PaymentRow], groups: dict[int, set[int]]) -> dict[str, list[Debit]]:
    """Open documents of the numbers the rows name, of the customers of the chunk, by number, oldest due first."""
    numbers = sorted({number for row in rows for number, _ in row.invoices})
    wanted = set().union(*groups.values()) if groups else set()
    found: dict[str, list[Debit]] = defaultdict(list)
    for chunk in bulk.chunks(numbers):
        open_items = Item.objects.filter(number__in=chunk, side=1, open__gt=0).order_by(
            "due_on", "instalment", "id"
        )
        for facts in open_items.values_list(
            "id", "customer_id", "entity_id", "currency", "number", "posted_on", "due_on", "open", "disputed",
            "last_applied_on", "amount", "discount", "discount_until",
        ):  # fmt: skip
            if facts[1] in wanted:
                found[facts[4]].append(Debit(*facts))
    # Of what was credited no discount is earned; what was granted is not offered again.
    begun = {
        debit.id: debit
        for held in found.values()
        for debit in held
        if debit.offered and debit.open < debit.amount
    }
    for pk, (credited, granted) in credited_and_granted(begun).items():
        begun[pk].offered = still_offered(begun[pk].offered, begun[pk].amount, credited, granted)
    return found


def _settles_less_discounts(row: PaymentRow, fitting: list[Debit]) -> bool:
    """Whether a payment that names several documents without amounts is exactly what they owe less their discounts."""
    if len(fitting) < 2 or any(amount is not None for _, amount in row.invoices):
        return False
    return sum(debit.less_discount(row.value_on) for debit in fitting) == row.amount.minor


def _with_reversals(debits: dict[str, list[Debit]]) -> set[int]:
    """Those of the documents on which an application was ever reversed."""
    ids = [debit.id for found in debits.values() for debit in found if debit.last_applied_on is not None]
    reversed_on: set[int] = set()
    for chunk in bulk.chunks(ids):
        reversed_on.update(
            Application.objects.filter(debit_id__in=chunk, amount__lt=0).values_list("debit_id", flat=True)
        )
    return reversed_on
