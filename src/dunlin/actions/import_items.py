"""Items from a file: what is new is posted with its settlement, what is known is compared, a chunk at a time.

A row is the same item as last time when mapping and key agree, or, coming from elsewhere, when entity, customer,
number and instalment do. Set-wise throughout: the statements of a chunk do not grow with its rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeGuard

from dunlin.actions.import_entities import known_without_entity
from dunlin.actions.import_known_items import KnownItems
from dunlin.actions.import_known_state import Known, corrected_ids, known_by_key, known_by_number
from dunlin.actions.import_missing import Brought
from dunlin.actions.import_parties import ENTITY_LONGEST, NUMBER_LONGEST, TERMS_LONGEST, Parties
from dunlin.actions.import_plans import Plans, part_key, parts_of_row
from dunlin.actions.import_work import Work, kind_of
from dunlin.formats.rows import ItemRow
from dunlin.records import balance_sums, bulk
from dunlin.records.calendars import LEDGER, Calendars
from dunlin.records.item_rows import (
    APPLICATION_FIELDS,
    ITEM_FIELDS,
    ITEM_NUMBER_LONGEST,
    settlement_number,
    short_key,
)
from dunlin.records.items import DEBIT_KINDS
from dunlin.records.locks import lock_customers
from dunlin.records.models import Application, ImportRun, Item
from dunlin.rules.calendars import Calendar
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money, allocate
from dunlin.rules.terms import Terms, discount_until, due_date, instalment_plan

_DEBITS = frozenset(DEBIT_KINDS)
_LONGEST = (("po_number", 64), ("order_number", 64), ("reference", 140), ("description", 200))


@dataclass(slots=True)
class New:
    """A row to be posted: its key, instalment, due date, discount, and when what was paid is posted and valued."""

    row: ItemRow
    key: str
    instalment: int
    due_on: date
    discount: int = 0
    discount_until: date | None = None
    paid: int = 0
    paid_posted_on: date | None = None
    paid_value_on: date | None = None


@dataclass(slots=True)
class Plan:
    """What a chunk comes to before anything is written."""

    known: KnownItems
    new: list[New] = field(default_factory=list)


class ItemImport:
    """Takes in the items of one file, chunk by chunk."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.parties = Parties(work)
        self.calendars = Calendars()
        # What is known is only looked for where there is something: from this mapping, or from elsewhere.
        self.before = Item.objects.filter(source=work.source).exists()
        self.others = Item.objects.exclude(source=work.source, source_key__isnull=False).exists()
        self.other_sources = _other_sources(work)
        self.corrected = corrected_ids()
        self.plans = Plans(work.source)
        self.claimed: set[int] = set()
        self.brought = Brought(work)

    def take(self, rows: Sequence[ItemRow], write: bool) -> None:
        """Take one chunk: inside the caller's transaction when `write`, else only counted and compared."""
        self.parties.look_up(row.customer for row in rows)
        if write:
            lock_customers(pk for row in rows if (pk := self.parties.customers.get(row.customer)))
        self.work.read_locks()
        plan = self._plan(rows)
        if write:
            self._write(plan)

    def finish(self, write: bool) -> None:
        """Tell what a file of open items does not bring any more."""
        self.brought.tell_missing(write)

    # --- what a chunk comes to ----------------------------------------------------------------------------------------

    def _plan(self, rows: Sequence[ItemRow]) -> Plan:
        work, tally = self.work, self.work.tally
        keys = [short_key(row.identity) for row in rows]
        known = known_by_key([work.source], keys) if self.before else {}
        if self.before:
            known |= known_without_entity(work, keys, known, self.parties.entities)
        siblings = self.plans.siblings(
            {key: held for row, key in zip(rows, keys) if not row.instalment and (held := known.get(key)) and held.instalment}
        )  # fmt: skip
        if self.others:
            known |= self._from_elsewhere(rows, keys, known, siblings)
        plan = Plan(known=KnownItems(work, self.parties, self.corrected))
        for row, key in zip(rows, keys):
            held = known.get(key)
            if held is not None:
                others = siblings.get(held.id, ())
                self.brought.add((held, *others))
                plan.known.compare(row, key, held, others)
                continue
            new = self._new(row, key)
            if new:
                plan.new += new
                tally.new += 1
                work.count_in(row)
                if row.warnings:
                    work.warn_read(row)
                if key.startswith("content|") and not key.endswith("|1"):
                    work.warn(row, "number", "", "possible_duplicate")
        plan.known.settle()
        return plan

    def _from_elsewhere(
        self,
        rows: Sequence[ItemRow],
        keys: list[str],
        known: dict[str, Known],
        siblings: dict[int, list[Known]],
    ) -> dict[str, Known]:
        """Known by document number though another mapping, screen or interface brought them: key → item. What stands in
        instalments of the row's amount is the row's document too; the further ones go into `siblings`."""
        parties = self.parties
        wanted = {}
        # A row without number is known by its content, under whatever name the mapping went then.
        contents = [key for key in keys if key.startswith("content|") and key not in known]
        found = known_by_key(self.other_sources, contents) if self.other_sources and contents else {}
        for row, key in zip(rows, keys):
            customer_id = parties.customers.get(row.customer)
            if key not in known and row.number and customer_id:
                instalment = int(row.instalment) if row.instalment.isdecimal() else 0
                entity_id = parties.entities.get(parties.entity_code(row))
                kind = kind_of(row)
                wanted[(entity_id, customer_id, row.number, instalment, kind)] = key
        parts: dict[str, list[Known]] = defaultdict(list)
        for held in known_by_number([place[2] for place in wanted], self.work.source):
            asked = wanted.get((held.entity_id, held.customer_id, held.number, held.instalment, held.kind))
            if asked is not None and held.id not in self.claimed:
                self.claimed.add(held.id)
                found[asked] = held
            elif held.instalment:
                whole = wanted.get((held.entity_id, held.customer_id, held.number, 0, held.kind))
                if whole is not None:
                    parts[whole].append(held)
        amounts = {
            key: row.amount.minor for row, key in zip(rows, keys) if key in parts and not row.instalment
        }
        for key, held_in in parts.items():
            held_in.sort(key=lambda each: each.instalment)
            first, *others = held_in
            if (
                key not in found
                and first.id not in self.claimed
                and amounts.get(key) == sum(p.amount for p in held_in)
            ):
                self.claimed.update(part.id for part in held_in)
                found[key], siblings[first.id] = first, others
        return found

    def _new(self, row: ItemRow, key: str) -> list[New]:
        """The row as it will be posted, one for each instalment of its terms; empty when it is refused."""
        work, parties = self.work, self.parties
        if (
            len(row.customer) > NUMBER_LONGEST
            or len(row.entity) > ENTITY_LONGEST
            or len(row.terms) > TERMS_LONGEST
        ):
            self._too_long(row)
            return []
        if row.number is not None and len(row.number) > ITEM_NUMBER_LONGEST:
            work.refuse(
                row, "number", row.number, "text_too_long", target="number", limit=ITEM_NUMBER_LONGEST
            )
            return []
        instalment = 0
        if row.instalment:
            if not row.instalment.isdecimal() or len(row.instalment) > 4:
                work.refuse(row, "instalment", row.instalment, "number_not_whole", value=row.instalment)
                return []
            instalment = int(row.instalment)
        code = parties.entity_code(row)
        entity_id = parties.entities.get(code)
        if not work.may_post(row, entity_id, code, row.posted_on):
            return []
        new = New(row, key, instalment, row.document_on)
        if kind_of(row) in _DEBITS:
            rule = parties.rule(row.terms) if row.terms else self._own_terms(row)
            if _in_instalments(rule, row):
                return self._instalments(row, key, rule, entity_id, code)
            due_on = row.due_on or self._due_by_terms(row, rule)
            if due_on is None:
                work.refuse(row, "due_on", "", "due_date_missing")
                return []
            new.due_on = due_on
            if rule is not None and rule.discount_pct:
                new.discount = row.amount.times(rule.discount_pct / 100).minor
                new.discount_until = discount_until(rule, row.document_on)
        if row.paid is not None and row.paid.minor and not self._settled(new, entity_id, code):
            return []
        return [new]

    def _instalments(
        self, row: ItemRow, key: str, rule: Terms, entity_id: int | None, code: str
    ) -> list[New]:
        """The document in the instalments of its terms: amounts add up to it, so do the shares of its discount."""
        plan = instalment_plan(rule, row.amount, row.document_on, self._calendar(rule))
        amounts = [amount for _, amount in plan]
        whole = row.amount.times(rule.discount_pct / 100) if rule.discount_pct else Money.zero(row.currency)
        discounts = allocate(whole, [amount.minor for amount in amounts])
        until = discount_until(rule, row.document_on)
        made = []
        for number, (part, (due_on, _), discount) in enumerate(
            zip(parts_of_row(row, amounts), plan, discounts), 1
        ):
            new = New(
                part, part_key(key, number), number, due_on, discount.minor, until if discount.minor else None
            )
            if part.paid is not None and part.paid.minor and not self._settled(new, entity_id, code):
                return []
            made.append(new)
        self.plans.made(len(made))
        self.work.tally.created["instalments"] += len(made)
        return made

    def _too_long(self, row: ItemRow) -> None:
        for target, limit in (
            ("customer", NUMBER_LONGEST),
            ("entity", ENTITY_LONGEST),
            ("terms", TERMS_LONGEST),
        ):
            value = getattr(row, target)
            if len(value) > limit:
                self.work.refuse(row, target, value, "text_too_long", target=target, limit=limit)
                return

    def _own_terms(self, row: ItemRow) -> Terms | None:
        customer_id = self.parties.customers.get(row.customer)
        code = self.parties.own_terms.get(customer_id, "") if customer_id else ""
        return self.parties.rule(code) if code else None

    def _due_by_terms(self, row: ItemRow, rule: Terms | None) -> date | None:
        if rule is None:
            return None
        try:
            return due_date(rule, row.document_on, self._calendar(rule))
        except Refused:
            return None

    def _calendar(self, rule: Terms) -> Calendar | None:
        return self.calendars.get(LEDGER) if rule.roll != "none" else None

    def _settled(self, new: New, entity_id: int | None, entity: str) -> bool:
        """Settle the days of what was paid: never posted before the document, nor in a locked period. False: refused."""
        work, row = self.work, new.row
        today = work.who.today
        assert row.paid is not None
        new.paid = row.paid.minor
        if row.settled_on is None:
            work.tally.created["settlements_undated"] += 1
            new.paid_value_on = new.paid_posted_on = today
            return entity_id is None or work.may_post(row, entity_id, entity, today, "paid")
        new.paid_value_on = row.settled_on
        posted_on = max(row.settled_on, row.posted_on)
        if posted_on > today:
            return work.may_post(row, entity_id, entity, posted_on, "settled_on")
        if work.locked and entity_id is not None:
            free = work.first_open_day(entity_id, posted_on)
            if free > today:
                return work.may_post(row, entity_id, entity, posted_on, "settled_on")
            if free != posted_on:
                facts = {"settled_on": row.settled_on, "posted_on": free}
                work.warn(row, "settled_on", row.settled_on, "settlement_period_locked", **facts)
                posted_on = free
        new.paid_posted_on = posted_on
        return True

    # --- writing it ---------------------------------------------------------------------------------------------------

    def _write(self, plan: Plan) -> None:
        who = self.work.who
        self.parties.make([new.row for new in plan.new])
        touched = {self.parties.customers[new.row.customer] for new in plan.new}
        settled = sum(1 for new in plan.new if new.paid)
        items: list[tuple[Any, ...]]
        if settled:
            ids = iter(bulk.reserve_ids(Item, len(plan.new) + settled))
            items, applications = [], []
            for new in plan.new:
                document = self._item(new, next(ids))
                items.append(document)
                if new.paid:
                    items.append(self._settlement(new, next(ids), document))
                    applications.append(_application(self.work, new, document, items[-1]))
            bulk.insert(Item, ITEM_FIELDS, items)
            bulk.insert(Application, APPLICATION_FIELDS, applications)
            self.work.tally.created["settlements"] += settled
        else:
            bulk.insert(Item, ITEM_FIELDS[1:], [self._item(new, 0)[1:] for new in plan.new])
        assert plan.known is not None
        touched |= plan.known.write()
        if touched:
            balance_sums.refresh(touched, who.today, self.work.policy)
            self.work.touched |= touched

    def _item(self, new: New, pk: int) -> tuple[Any, ...]:
        """The row of the item table, in the order of ITEM_FIELDS."""
        row, parties, now = new.row, self.parties, self.work.who.now
        amount = row.amount.minor
        still_open = amount - new.paid
        kind = kind_of(row)
        closed = still_open == 0
        texts = (row.po_number, row.order_number, row.reference, row.description)
        if len(texts[0]) > 64 or len(texts[1]) > 64 or len(texts[2]) > 140 or len(texts[3]) > 200:
            texts = self._shortened(row)
        return (
            pk, parties.entities[row.entity or parties.default_entity], parties.customers[row.customer], kind,
            1 if kind in _DEBITS else -1, row.invoice_class if kind == "invoice" else "", row.number or "",
            new.instalment, row.amount.currency, amount, 0, row.document_on, new.due_on, row.posted_on,
            row.document_on, now, row.service_month, parties.terms[row.terms] if row.terms else None, new.discount,
            new.discount_until, *texts, "", None, self.work.source, new.key, still_open, 0, new.paid_posted_on,
            new.paid_posted_on if closed else None, now if closed else None, 0, None,
        )  # fmt: skip

    def _settlement(self, new: New, pk: int, document: tuple[Any, ...]) -> tuple[Any, ...]:
        """What was paid before the file came: a payment of exactly that amount; what a credit was used for: a refund."""
        row, now = new.row, self.work.who.now
        kind, side = ("payment", -1) if document[4] == 1 else ("refund", 1)
        return (
            pk, document[1], document[2], kind, side, "", settlement_number(row.number), 0, row.amount.currency,
            new.paid, 0, new.paid_value_on, new.paid_value_on, new.paid_posted_on, new.paid_value_on, now, None, None,
            0, None, "", "", "", "Imported settlement", "imported", None, self.work.source,
            short_key(f"{new.key}|paid"), 0, 0, new.paid_posted_on, new.paid_posted_on, now, 0, None,
        )  # fmt: skip

    def _shortened(self, row: ItemRow) -> tuple[str, str, str, str]:
        texts = []
        for target, limit in _LONGEST:
            value = getattr(row, target)
            if len(value) > limit:
                self.work.warn(
                    row, target, value, "text_shortened", target=target.replace("_", " "), limit=limit
                )
            texts.append(value[:limit])
        return texts[0], texts[1], texts[2], texts[3]


def _in_instalments(rule: Terms | None, row: ItemRow) -> TypeGuard[Terms]:
    """Whether the terms put the document into instalments: the row says neither a due date nor which instalment it is, and
    there is at least a minor unit for each."""
    return (
        rule is not None
        and rule.kind == "instalments"
        and 1 < rule.count <= row.amount.minor
        and not row.due_on
        and not row.instalment
    )


def _application(
    work: Work, new: New, document: tuple[Any, ...], settlement: tuple[Any, ...]
) -> tuple[Any, ...]:
    credit, debit = (settlement[0], document[0]) if document[4] == 1 else (document[0], settlement[0])
    return (
        credit, debit, new.paid, new.paid_posted_on, new.paid_value_on, work.who.now, "imported", "", work.who.user_id,
    )  # fmt: skip


def _other_sources(work: Work) -> list[str]:
    """The names under which items came from files before, other than this mapping's."""
    named = (
        ImportRun.objects.filter(kind="items").order_by("mapping_name").values_list("mapping_name", flat=True)
    )
    return sorted({name[:40] for name in named.distinct() if name} - {work.source})
