"""What a row of a file becomes: a customer, a contact, an item, a payment, or a refusal with its reason."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from dunlin.formats.values import Cell
from dunlin.rules.money import Money


class RowProblem(NamedTuple):
    """Why a row is refused, or, in `warnings` of a row, what is odd about a row that was taken.

    `line` is the physical line, `column` the column of the file (or the field when no column gives it), `value` the
    cell as it stands, `code` and `sentence` the reason, `also` further problems of the same row. One refused row is
    one RowProblem.
    """

    line: int
    column: str
    value: str
    code: str
    sentence: str
    header: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
    also: tuple[RowProblem, ...] = ()

    @property
    def raw(self) -> dict[str, Cell]:
        """The row as it stands in the file, by column."""
        return dict(zip(self.header, self.cells))


class CustomerRow(NamedTuple):
    """One customer. Blank texts are ""; `credit_limit` None means no limit is set (zero means nothing is allowed)."""

    line: int
    number: str
    name: str
    parent: str
    entity: str
    currency: str
    terms: str
    credit_limit: Money | None
    status: str
    collector: str
    sales_rep: str
    business_manager: str
    pinned_strategy: str
    preferred_channel: str
    email: str
    phone: str
    street: str
    city: str
    region: str
    postal_code: str
    country: str
    language: str
    time_zone: str
    tax_number: str
    note: str
    identity: str
    warnings: tuple[RowProblem, ...]
    header: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def raw(self) -> dict[str, Cell]:
        """The row as it stands in the file, by column."""
        return dict(zip(self.header, self.cells))


class ContactRow(NamedTuple):
    """One contact of a customer. `role` is one of `targets.CONTACT_ROLES`."""

    line: int
    customer: str
    customer_name: str
    name: str
    role: str
    title: str
    email: str
    phone: str
    mobile: str
    language: str
    time_zone: str
    do_not_call: bool
    note: str
    identity: str
    warnings: tuple[RowProblem, ...]
    header: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def raw(self) -> dict[str, Cell]:
        """The row as it stands in the file, by column."""
        return dict(zip(self.header, self.cells))


class ItemRow(NamedTuple):
    """One receivable item. Amounts are positive, `kind` says the side; amount = paid + open whenever both are known.

    `paid` and `open` are None when the file says nothing of them: then the whole amount is open. `settled_on` is the
    value date of what was paid; it can lie before the document. `service_month` is the first of the month.
    """

    line: int
    customer: str
    customer_name: str
    entity: str
    number: str | None
    instalment: str
    kind: str
    invoice_class: str
    document_on: date
    posted_on: date
    due_on: date | None
    amount: Money
    paid: Money | None
    open: Money | None
    settled_on: date | None
    terms: str
    po_number: str
    order_number: str
    reference: str
    service_month: date | None
    description: str
    identity: str
    warnings: tuple[RowProblem, ...]
    header: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def currency(self) -> str:
        """The currency of every amount of the row."""
        return self.amount.currency

    @property
    def settlement_posted_on(self) -> date | None:
        """The day the settlement is posted: its value date, but never before the item itself was posted."""
        return None if self.settled_on is None else max(self.settled_on, self.posted_on)

    @property
    def raw(self) -> dict[str, Cell]:
        """The row as it stands in the file, by column."""
        return dict(zip(self.header, self.cells))


class PaymentRow(NamedTuple):
    """One payment received. `invoices` are the numbers it pays, each with its amount or None when only named."""

    line: int
    customer: str
    customer_name: str
    entity: str
    number: str | None
    value_on: date
    posted_on: date
    amount: Money
    method: str
    reference: str
    invoices: tuple[tuple[str, Money | None], ...]
    description: str
    identity: str
    warnings: tuple[RowProblem, ...]
    header: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def currency(self) -> str:
        """The currency of the payment."""
        return self.amount.currency

    @property
    def raw(self) -> dict[str, Cell]:
        """The row as it stands in the file, by column."""
        return dict(zip(self.header, self.cells))


Row = CustomerRow | ContactRow | ItemRow | PaymentRow
