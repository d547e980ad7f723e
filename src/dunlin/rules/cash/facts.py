"""What cash application is given and what it answers: a payment, the open items, a proposal with its evidence. All amounts are
minor units of the named currency; credit memos are negative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

Decision = Literal["auto", "review"]
EqualItems = Literal["ask", "earliest_due"]


@dataclass(frozen=True, slots=True)
class RemittanceLine:
    """A line of the payer's own list: what they call the document, what they paid on it, why less than `gross`."""

    reference: str
    paid: int
    reason: str = ""
    gross: int | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came in on a day. `account` is a token of the payer's bank account, never the number itself; `advised` the customer
    whose advice was found to be of this money."""

    id: str
    on: date
    amount: int
    currency: str
    payer_name: str = ""
    account: str = ""
    channel: str = ""
    memo: str = ""
    remittance: tuple[RemittanceLine, ...] = ()
    advised: str = ""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A document with something open: `open` is negative for a credit memo. `held` says why no money is put on it by itself
    (disputed, written off, legal, closed period)."""

    id: str
    number: str
    customer: str
    open: int
    currency: str
    issued_on: date
    due_on: date
    po_number: str = ""
    held: str = ""
    discount_offered: int = 0
    discount_until: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What forbids acting alone for a customer, and what their terms allow."""

    insolvent: bool = False
    sanctioned: bool = False
    oldest_first: bool = False
    equal_items: EqualItems | None = None


@dataclass(frozen=True, slots=True)
class Habits:
    """What a customer did before: discounts taken (per cent, in hundredths: 250 is 2.5 %) with how often, and short pays of the
    last 90 days that were written off as small differences."""

    discounts: Mapping[int, int] = field(default_factory=dict)
    small_differences: int = 0


@dataclass(frozen=True, slots=True)
class Earlier:
    """A payment of the days before, to see a duplicate by."""

    payment: str
    on: date
    amount: int
    currency: str
    references: frozenset[str]


@dataclass(frozen=True, slots=True)
class Known:
    """A customer that an account or a name stands for. `sure` is 0 to 1, in thousandths."""

    customer: str
    sure: int
    how: str


class Book(Protocol):
    """What matching asks. The records answer from the database, `dunlin apply files` from memory; each answer is bounded."""

    def by_account(self, account: str) -> Sequence[Known]:
        """Customers an account paid for, as learnt; empty when it pays for unrelated ones."""

    def shared_account(self, account: str) -> bool:
        """Whether an account pays for customers that have nothing to do with each other (a payment service)."""

    def by_name(self, name: str) -> Sequence[Known]:
        """Customers a payer's name may stand for, the surest first."""

    def by_number(self, number: str) -> str | None:
        """The customer of this customer number."""

    def family(self, customer: str) -> Sequence[str]:
        """The declared payer group: the customer, its parent and the parent's other children."""

    def items_of(self, customer: str) -> Sequence[OpenItem]:
        """What is open of a customer, credits too, oldest due first."""

    def items_named(self, form: str) -> Sequence[OpenItem]:
        """Open items of anybody whose number has this form (`references.forms_of`)."""

    def number_like(self, digits: str) -> bool:
        """Whether document numbers of this book look so: as many digits, the same first ones."""

    def habits(self, customer: str) -> Habits:
        """What the customer did before."""

    def standing(self, customer: str) -> Standing:
        """What forbids acting alone."""

    def earlier(self, payment: Payment) -> Sequence[Earlier]:
        """Payments of the same payer in the days before."""


@dataclass(frozen=True, slots=True)
class Line:
    """An amount put on an item (negative when a credit memo is used)."""

    item: str
    amount: int


@dataclass(frozen=True, slots=True)
class Deduction:
    """What the payer kept back on an item, and the code of why."""

    item: str
    amount: int
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for or against, as a code with its figures; `words` makes the sentence of it."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What should happen with a payment. Lines and `unapplied` make its amount. `sure` is in thousandths; `forbidden` names what
    keeps it from being done alone however sure it is."""

    payment: str
    decision: Decision
    step: str
    customers: tuple[str, ...]
    lines: tuple[Line, ...]
    deductions: tuple[Deduction, ...]
    unapplied: int
    sure: int
    evidence: tuple[Evidence, ...]
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """Settings of a run. Acts alone at `auto_bar` thousandths; larger payments than `auto_limit` are a person's (None: no limit)."""

    auto_bar: int = 985
    auto_limit: int | None = None
    equal_items: EqualItems = "ask"
    items_searched: int = 60
    items_max: int = 5
