"""Whom a row names: customers, entities, terms. Looked up set-wise per chunk; those an items file brings are made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from dunlin.actions.import_entities import usual_entity
from dunlin.actions.import_work import Work, distinct
from dunlin.formats.rows import ItemRow, PaymentRow
from dunlin.records import bulk
from dunlin.records.customers import sort_name
from dunlin.records.models import Customer, CustomerName, Entity, PaymentTerms
from dunlin.rules.terms import Terms, terms_of

# Rows without an entity go here when the books have several and nobody said which.
NO_ENTITY = "MAIN"

NUMBER_LONGEST, ENTITY_LONGEST, TERMS_LONGEST = 40, 20, 30

_CUSTOMER_FIELDS = (
    "id", "number", "name", "sort_name", "parent_id", "status", "segment", "currency", "language", "time_zone",
    "country", "region", "terms_id", "credit_limit", "collector_id", "assigned_by_hand", "sales_rep_id",
    "business_manager_id", "created_at",
)  # fmt: skip
_NET = re.compile(r"(?:NET|N)[ -]?(\d{1,3})(?: ?DAYS?)?\Z")


class Parties:
    """What is known of customers, entities and terms; it grows with the file and is asked by number or code."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.customers: dict[str, int] = {}
        self.names: dict[int, set[str]] = {}
        self.currencies: dict[int, str] = {}
        self.entities = dict(Entity.objects.values_list("code", "id"))
        self.terms: dict[str, int] = {}
        self.rules: dict[str, Terms | None] = {}
        for code, pk, rule in PaymentTerms.objects.values_list("code", "id", "rule"):
            self.terms[code], self.rules[code] = pk, terms_of(code, rule)
        self.own_terms: dict[int, str] = {}
        self._missing: set[str] = set()
        only = next(iter(self.entities)) if len(self.entities) == 1 else ""
        self.default_entity = only or usual_entity(work.source) or NO_ENTITY

    def look_up(self, numbers: Iterable[str]) -> None:
        """Find the customers of these numbers. At most one statement per ten thousand numbers not met before."""
        wanted = [number for number in distinct(numbers) if number not in self.customers]
        codes = {pk: code for code, pk in self.terms.items()}
        for chunk in bulk.chunks(wanted):
            found = Customer.objects.filter(number__in=chunk).values_list(
                "number", "id", "name", "terms_id", "currency"
            )
            for number, pk, name, terms_id, currency in found:
                self.customers[number] = pk
                self.names[pk] = {name}
                self.currencies[pk] = currency
                if terms_id:
                    self.own_terms[pk] = codes[terms_id]
        pks = [self.customers[number] for number in wanted if number in self.customers]
        for chunk in bulk.chunks(pks):
            for pk, name in CustomerName.objects.filter(customer_id__in=chunk).values_list(
                "customer_id", "name"
            ):
                self.names[pk].add(name)

    def entity_code(self, row: ItemRow | PaymentRow) -> str:
        """The entity of a row, the default one when the file names none."""
        return row.entity or self.default_entity

    def make(self, rows: Sequence[ItemRow | PaymentRow]) -> None:
        """Make what these rows name and the books do not have yet: entities, terms, customers and their further names."""
        self._make_entities(rows)
        self._make_terms(distinct(row.terms for row in rows if isinstance(row, ItemRow)))
        self._make_customers(rows)
        self._add_names(rows)

    def _make_entities(self, rows: Sequence[ItemRow | PaymentRow]) -> None:
        for row in rows:
            code = row.entity or self.default_entity
            if code in self.entities:
                continue
            made = Entity.objects.create(code=code, name=code, currency=row.amount.currency)
            self.entities[code] = made.pk
            self.work.tally.created["entities"] += 1
            if not row.entity:
                told = f"The file names no legal entity; its rows went to entity {code}. Say entity=CODE to choose one."
                self.work.tally.notices[told] = None

    def _make_terms(self, codes: Iterable[str]) -> None:
        for code in codes:
            self.terms_id(code)

    def terms_id(self, code: str) -> int | None:
        """The terms of a code, made when not known: NET30 says its days; any other code says nothing by itself."""
        if not code:
            return None
        if code not in self.terms:
            net = _NET.match(code.upper())
            rule: dict[str, Any] = {"kind": "net_days", "days": int(net[1])} if net else {"kind": "unknown"}
            self.terms[code] = PaymentTerms.objects.create(code=code, rule=rule).pk
            self.rules[code] = terms_of(code, rule)
            self.work.tally.created["terms"] += 1
        return self.terms[code]

    def rule(self, code: str) -> Terms | None:
        """What terms say about due dates; None when nothing. A code not met yet is read as `terms_id` would make it."""
        if code in self.rules:
            return self.rules[code]
        net = _NET.match(code.upper())
        return Terms(code, "net_days", days=int(net[1])) if net else None

    def _make_customers(self, rows: Sequence[ItemRow | PaymentRow]) -> None:
        fresh: dict[str, ItemRow | PaymentRow] = {}
        for row in rows:
            if row.customer not in self.customers and row.customer not in fresh:
                fresh[row.customer] = row
        pks = bulk.reserve_ids(Customer, len(fresh))
        written = []
        for pk, (number, row) in zip(pks, fresh.items()):
            name = (row.customer_name or number)[:200]
            currency = row.amount.currency
            written.append((
                pk, number, name, sort_name(name), None, "active", "", currency, "en", "", "", "", None, None,
                None, False, None, None, self.work.who.now,
            ))  # fmt: skip
            self.customers[number], self.names[pk], self.currencies[pk] = pk, {name}, currency
        bulk.insert(Customer, _CUSTOMER_FIELDS, written)
        self.work.tally.created["customers"] += len(written)

    def _add_names(self, rows: Sequence[ItemRow | PaymentRow]) -> None:
        """Every name a customer's documents carry is kept: it is searched by and shown, never matched by."""
        written = []
        customers, names = self.customers, self.names
        for row in rows:
            name = row.customer_name[:200]
            pk = customers[row.customer]
            if name and name not in names[pk]:
                names[pk].add(name)
                written.append((pk, name, sort_name(name)))
        bulk.insert(CustomerName, ("customer_id", "name", "sort_name"), written)
        self.work.tally.created["names"] += len(written)
