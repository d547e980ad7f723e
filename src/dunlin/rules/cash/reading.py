"""What a payment says, beside what is open: its mentions, its possible payers, their items. Made once, used by every step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dunlin.rules.cash.facts import Bars, Book, Deduction, Evidence, Known, Line, OpenItem, Payment
from dunlin.rules.cash.payer import identify
from dunlin.rules.cash.references import Index, Mention, form_of, mentions_in

SURE_PAYER = 900
SCOPE_CUSTOMERS_MAX = 60
SCOPE_ITEMS_MAX = 3_000
GLOBAL_DIGITS_MIN = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to use the money. `equal_items` when an item not chosen is as good as a chosen one."""

    step: str
    sure: int
    items: tuple[OpenItem, ...] = ()
    lines: tuple[Line, ...] = ()
    deductions: tuple[Deduction, ...] = ()
    unapplied: int = 0
    evidence: tuple[Evidence, ...] = ()
    equal_items: bool = False
    forbidden: tuple[str, ...] = ()


@dataclass(slots=True)
class Case:
    """A payment being looked at. `named` are items of anybody that the payment names in full."""

    payment: Payment
    book: Book
    bars: Bars
    mentions: tuple[Mention, ...]
    known: tuple[Known, ...]
    named: tuple[OpenItem, ...]
    scope: tuple[str, ...]
    items: tuple[OpenItem, ...]
    index: Index
    tried: list[Evidence] = field(default_factory=list)

    @property
    def payer(self) -> Known | None:
        """The customer it is from, when that is sure."""
        return self.known[0] if self.known and self.known[0].sure >= SURE_PAYER else None

    def failed(self, code: str, **facts: object) -> None:
        """Note why a step did not decide; the next one is tried."""
        self.tried.append(Evidence(code, facts))


def read(payment: Payment, book: Book, bars: Bars) -> Case:
    """Find the mentions, the payers they and the account point at, and what these have open in the payment's currency."""
    mentions = mentions_in(payment.memo)
    known = identify(payment, mentions, book)
    written = [*mentions, *(each for line in payment.remittance for each in mentions_in(line.reference))]
    named = _named(written, book, payment.currency)
    scope: dict[str, None] = {}
    for each in known:
        scope |= dict.fromkeys(book.family(each.customer))
    if not known or known[0].sure < SURE_PAYER:
        scope |= dict.fromkeys(item.customer for item in named)
    customers = tuple(scope)[:SCOPE_CUSTOMERS_MAX]
    items = _items_of(customers, book, payment.currency)
    return Case(payment, book, bars, mentions, known, named, customers, items, Index(items))


def _named(mentions: Iterable[Mention], book: Book, currency: str) -> tuple[OpenItem, ...]:
    found: dict[str, OpenItem] = {}
    for mention in mentions:
        if mention.label == "account" or len(mention.digits) < GLOBAL_DIGITS_MIN:
            continue
        for form in dict.fromkeys((form_of(mention.text), mention.digits)):
            for item in book.items_named(form):
                if item.currency == currency:
                    found[item.id] = item
    return tuple(found.values())


def _items_of(customers: Sequence[str], book: Book, currency: str) -> tuple[OpenItem, ...]:
    items: list[OpenItem] = []
    for customer in customers:
        items += [item for item in book.items_of(customer) if item.currency == currency and item.open]
        if len(items) >= SCOPE_ITEMS_MAX:
            break
    return tuple(items[:SCOPE_ITEMS_MAX])


def lines_of(items: Iterable[OpenItem], kept: Iterable[Deduction] = ()) -> tuple[Line, ...]:
    """Each item in full, less what was kept back on it."""
    less = {each.item: each.amount for each in kept}
    return tuple(Line(item.id, item.open - less.get(item.id, 0)) for item in items)


def total(items: Iterable[OpenItem]) -> int:
    """What is open on all of them; credits count against."""
    return sum(item.open for item in items)


def in_order(items: Iterable[OpenItem]) -> list[OpenItem]:
    """Oldest due first, then by number: the order in which equal items are taken."""
    return sorted(items, key=lambda item: (item.due_on, item.issued_on, item.number))
