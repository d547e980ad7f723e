"""What a check finds: a sentence with its figures, the documents, how sure it is, and the steps that would put it right.

Without steps it is a question for a person. A finding's `key` stands for its steps: whatever changes them changes the key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from dunlin.rules.money import Money
from dunlin.rules.reconciliation.facts import Account, Entry, Limits

Sure = Literal["certain", "likely", "possible"]
StepKind = Literal["apply", "reverse", "write_off"]

# Code → (the check it belongs to, what it is called). The order is that of the page.
CODES: Mapping[str, tuple[str, str]] = {
    "impossible_figures": ("figures", "Figures that cannot be"),
    "payment_twice": ("duplicates", "Payment that may be a duplicate"),
    "invoice_twice": ("duplicates", "Invoice that may be a duplicate"),
    "wrong_document": ("wrong_place", "Payment on the wrong document"),
    "wrong_customer": ("wrong_place", "Payment on the wrong account"),
    "better_fit": ("wrong_place", "Payment that fits another document"),
    "memo_unapplied": ("memos", "Credit memo not applied"),
    "credit_named": ("credits", "Credit that names its documents"),
    "deposit_due": ("credits", "Deposit whose order is invoiced"),
    "credit_exact": ("credits", "Credit of exactly one document"),
    "credit_sum": ("credits", "Credit of exactly several documents"),
    "offsetting": ("credits", "Credits that make one document"),
    "credit_oldest": ("credits", "Credit for the oldest documents"),
    "credit_unclear": ("credits", "Credit beside open documents"),
    "credit_stale": ("stale", "Old unapplied credit"),
    "small_balance": ("small", "Small balance"),
    "small_repeated": ("small", "Small balance again"),
}  # fmt: skip
CHECKS: Mapping[str, str] = {
    "credits": "Unapplied credit beside open documents",
    "memos": "Credit memos on what they correct",
    "wrong_place": "Payments on the right document and account",
    "duplicates": "No invoice or payment twice",
    "figures": "No negative or impossible figure",
    "small": "Small balances",
    "stale": "Old unapplied credit",
    "statement": "The customer's statement against ours",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One posting: apply `amount` of `credit` to `debit`, reverse `application` (all of it), or write off `amount` of `debit`."""

    kind: StepKind
    amount: int
    credit: int = 0
    debit: int = 0
    application: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit. `amount` is what it is about, minor units; `items` and `applications` what it rests on."""

    code: str
    customer: int
    sentence: str
    currency: str
    amount: int
    items: tuple[int, ...]
    sure: Sure = "possible"
    steps: tuple[Step, ...] = ()
    applications: tuple[int, ...] = ()
    question: str = ""

    @property
    def key(self) -> str:
        """Stands for this finding with these steps; 24 signs."""
        rest = [self.code, self.customer, sorted(self.items), [str(step) for step in self.steps]]
        return hashlib.sha256(repr(rest).encode()).hexdigest()[:24]

    @property
    def check(self) -> str:
        """The check of the list that it belongs to."""
        return CODES[self.code][0]

    @property
    def label(self) -> str:
        """What it is called."""
        return CODES[self.code][1]

    @property
    def written_off(self) -> int:
        """By how much its steps lower the balance; everything else leaves the balance as it is."""
        return sum(step.amount for step in self.steps if step.kind == "write_off")

    def as_question(self, question: str) -> Finding:
        """The same without its steps."""
        return replace(self, steps=(), sure="possible", question=question)


class Desk:
    """The account on the table: entries by id, and those a proposal or a doubt has taken, so that no two proposals meet."""

    def __init__(self, account: Account, limits: Limits) -> None:
        self.account, self.limits = account, limits
        self.by_id = {entry.id: entry for entry in account.entries}
        self.taken: set[int] = set()
        self.own = [each for each in account.entries if each.customer == account.customer]
        self._debits: dict[tuple[int, str], list[Entry]] = {}
        for each in sorted(self.own, key=lambda each: (each.due_on, each.id)):
            if usable(each):
                self._debits.setdefault(each.books, []).append(each)

    def take(self, *ids: int) -> None:
        """These are spoken for."""
        self.taken.update(ids)

    def credits(self) -> list[Entry]:
        """Open credits nobody has taken, oldest first."""
        return sorted(
            (each for each in self.own if each.side == -1 and each.open > 0 and each.id not in self.taken),
            key=lambda each: (each.document_on, each.id),
        )

    def debits(self, books: tuple[int, str]) -> list[Entry]:
        """Open debits of these books that may be settled, the one due first in front: not disputed, not taken."""
        return [each for each in self._debits.get(books, ()) if each.id not in self.taken]


def usable(debit: Entry) -> bool:
    """Whether a proposal may settle this document: open, not disputed, and no return or refund."""
    return debit.side == 1 and debit.open > 0 and debit.disputed == 0 and debit.kind not in ("refund", "payment_return")  # fmt: skip


def called(entry: Entry) -> str:
    """A document as people call it: "invoice INV-20931", "payment WIRE 4711"."""
    part = f"/{entry.instalment}" if entry.instalment else ""
    name = entry.number or entry.reference[:40] or f"of {on(entry.document_on)}"
    return f"{entry.kind.replace('_', ' ')} {name}{part}"


def listed(entries: Iterable[Entry], most: int = 5) -> str:
    """Several documents in words, the first few of many."""
    names = [called(each) for each in entries]
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def money(minor: int, currency: str) -> str:
    """An amount in words."""
    return str(Money(minor, currency))


def on(day: date) -> str:
    """A day in words: 3 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


def capital(sentence: str) -> str:
    """A sentence begins with a capital."""
    return sentence[:1].upper() + sentence[1:]
