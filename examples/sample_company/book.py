"""The subledger of the sample company while its story is told: items, applications and what they leave open.

Every change goes through the functions below, in the order of posting, so that the rows keep the invariants by the way
they are made: nothing is applied twice, before its documents, or beyond what is open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(slots=True, eq=False)
class Item:
    """One item as it will stand in the table; amounts in minor units. `index` is its place in the book."""

    index: int
    customer: int
    entity: str
    kind: str
    side: int
    currency: str
    amount: int
    document_on: date
    due_on: date
    posted_on: date
    value_on: date
    recorded_at: datetime
    number: str = ""
    invoice_class: str = ""
    instalment: int = 0
    tax: int = 0
    service_month: date | None = None
    terms: str | None = None
    discount: int = 0
    discount_until: date | None = None
    po_number: str = ""
    order_number: str = ""
    reference: str = ""
    description: str = ""
    reason: str = ""
    corrects: Item | None = None
    source: str = "billing"
    source_key: str | None = None
    open: int = 0
    contested: int = 0  # by disputes not resolved; `disputed` is what of it is still open
    disputed: int = 0
    last_applied_on: date | None = None
    last_recorded_at: datetime | None = None
    stage: int = 0
    stage_on: date | None = None
    # What the payer means to do; no part of the books.
    pay_on: date | None = None
    pay_part: int = 0  # minor units of the next payment; 0: all that is open
    held: bool = False  # the payer waits: a dispute, or it has gone quiet


@dataclass(slots=True, eq=False)
class Application:
    """Part of a credit used against a debit; negative when it undoes `reverses`."""

    index: int
    credit: Item
    debit: Item
    amount: int
    posted_on: date
    value_on: date
    recorded_at: datetime
    why: str
    evidence: str = ""
    by: str | None = None
    reverses: Application | None = None


@dataclass
class Book:
    """All items and applications, and the open debits of each customer by index, oldest first."""

    items: list[Item] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    open_debits: dict[int, dict[int, Item]] = field(default_factory=dict)
    open_credits: dict[int, dict[int, Item]] = field(default_factory=dict)
    settlements: dict[int, list[Application]] = field(default_factory=dict)  # by index of the debit

    def post(self, **facts: Any) -> Item:
        """A new item, wholly open."""
        item = Item(index=len(self.items), **facts)
        if item.amount <= 0 or item.posted_on < item.document_on:
            raise ValueError(f"item {item.number}: {item.amount} on {item.posted_on}")
        item.open = item.amount
        self.items.append(item)
        self._open_of(item)[item.index] = item
        return item

    def _open_of(self, item: Item) -> dict[int, Item]:
        return (self.open_debits if item.side > 0 else self.open_credits).setdefault(item.customer, {})

    def apply(
        self,
        credit: Item,
        debit: Item,
        amount: int,
        on: date,
        at: datetime,
        why: str,
        by: str | None = None,
        evidence: str = "",
    ) -> Application:
        """Use `amount` of the credit against the debit on day `on`."""
        if not 0 < amount <= min(credit.open, debit.open):
            raise ValueError(f"{amount} of {credit.open} cannot be applied to {debit.open} of {debit.number}")
        if (
            on < max(credit.posted_on, debit.posted_on)
            or credit.currency != debit.currency
            or credit.entity != debit.entity
        ):
            raise ValueError(f"{credit.number} cannot be applied to {debit.number} on {on}")
        return self._link(
            credit, debit, amount, on, max(at, credit.recorded_at, debit.recorded_at), why, by, evidence, None
        )

    def reverse(
        self, application: Application, on: date, at: datetime, why: str, by: str | None, evidence: str = ""
    ) -> None:
        """Undo an application with a negative one."""
        at = max(at, application.recorded_at)
        self._link(
            application.credit, application.debit, -application.amount, max(on, application.posted_on), at, why, by, evidence,
            application,
        )  # fmt: skip

    def _link(
        self, credit: Item, debit: Item, amount: int, on: date, at: datetime, why: str, by: str | None, evidence: str,
        reverses: Application | None,
    ) -> Application:  # fmt: skip
        link = Application(
            len(self.applications),
            credit,
            debit,
            amount,
            on,
            credit.value_on,
            at,
            why,
            evidence,
            by,
            reverses,
        )
        self.applications.append(link)
        self.settlements.setdefault(debit.index, []).append(link)
        for item in (credit, debit):
            item.open -= amount
            item.last_applied_on = max(item.last_applied_on or on, on)
            item.last_recorded_at = max(item.last_recorded_at or at, at)
            if item.open:
                self._open_of(item)[item.index] = item
            else:
                self._open_of(item).pop(item.index, None)
        debit.disputed = min(debit.contested, debit.open)
        return link
