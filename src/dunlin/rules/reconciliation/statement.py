"""A customer's statement against our account: what both have, what one of us misses, and what differs. P27.

Every line of either side is in the answer once, so the differences of the lines add up to the difference of the totals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from dunlin.rules.cash.references import forms_of
from dunlin.rules.reconciliation.facts import MONEY, Entry
from dunlin.rules.reconciliation.findings import called, money

PAYMENT_DAYS = 7
Kind = Literal["matched", "differs", "closed_here", "not_here", "not_there", "paid_not_here"]
# The order of the page, and what each kind means.
KINDS: dict[str, str] = {
    "differs": "Another amount",
    "not_here": "They have it, we do not",
    "paid_not_here": "They paid it, we have no such money",
    "closed_here": "Settled here, open with them",
    "not_there": "We have it, they do not",
    "matched": "The same on both sides",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of their statement. `amount` minor units, above zero what they owe, below what they credit or paid."""

    line: int
    number: str
    amount: int
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the comparison; `theirs` and `ours` minor units as they count in the balance, 0 where one side has nothing."""

    kind: Kind
    number: str
    theirs: int
    ours: int
    their_on: date | None
    item: int | None
    note: str

    @property
    def difference(self) -> int:
        """Ours less theirs."""
        return self.ours - self.theirs


@dataclass(frozen=True)
class Comparison:
    """All lines. `turned`: their file counts what they owe below zero, and was read the other way round."""

    currency: str
    lines: tuple[Compared, ...]
    turned: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def theirs(self) -> int:
        return sum(line.theirs for line in self.lines)

    @property
    def ours(self) -> int:
        return sum(line.ours for line in self.lines)

    def of(self, kind: str) -> tuple[Compared, ...]:
        """The lines of one kind."""
        return tuple(line for line in self.lines if line.kind == kind)


def compare(rows: Sequence[Row], entries: Sequence[Entry], currency: str) -> Comparison:
    """Their rows against our entries of one currency: those open, and those closed lately, which their statement may still show."""
    ours = [entry for entry in entries if entry.currency == currency]
    by_form: dict[str, list[Entry]] = {}
    for entry in ours:
        for form in forms_of(entry.number) if len(entry.number) > 1 else ():
            by_form.setdefault(form, []).append(entry)
    pairs = [(row, _entry(row, by_form)) for row in rows]
    turned = _turned(pairs)
    if turned:
        pairs = [(Row(row.line, row.number, -row.amount, row.on), found) for row, found in pairs]
    lines: list[Compared] = []
    met: set[int] = set()
    for row, fit in pairs:
        if fit is not None and fit.id not in met:
            met.add(fit.id)
            lines.append(_both(row, fit, currency))
        else:
            lines.append(_theirs_only(row, fit, ours, met, currency))
    lines += [
        Compared("not_there", called(entry), 0, entry.side * entry.open, None, entry.id, _not_there(entry))
        for entry in ours
        if entry.open and entry.id not in met
    ]
    order = list(KINDS)
    lines.sort(key=lambda line: (order.index(line.kind), -abs(line.difference), line.number))
    return Comparison(currency, tuple(lines), turned, {kind: sum(line.kind == kind for line in lines) for kind in KINDS})  # fmt: skip


def _entry(row: Row, by_form: dict[str, list[Entry]]) -> Entry | None:
    """The one document of that number; of instalments under one number the one of that amount, else the first open one."""
    for form in forms_of(row.number) if row.number else ():
        fits = by_form.get(form, [])
        if len({(each.kind, each.number) for each in fits}) == 1:
            exact = [each for each in fits if abs(row.amount) in (each.open, each.amount)]
            return (exact or [each for each in fits if each.open] or fits)[0]
    return None


def _turned(pairs: Sequence[tuple[Row, Entry | None]]) -> bool:
    signs = [row.amount * entry.side for row, entry in pairs if entry is not None and row.amount]
    return sum(sign < 0 for sign in signs) > sum(sign > 0 for sign in signs)


def _both(row: Row, entry: Entry, currency: str) -> Compared:
    here = entry.side * entry.open
    if row.amount == here:
        return Compared("matched", called(entry), row.amount, here, row.on, entry.id, "")
    if not entry.open:
        note = f"settled here; they show {money(row.amount, currency)}"
        return Compared("closed_here", called(entry), row.amount, 0, row.on, entry.id, note)
    used = entry.amount - entry.open
    if row.amount == entry.side * entry.amount:
        note = f"they do not count {money(used, currency)} that was settled here"
    elif not row.amount:
        note = "they show it as paid"
    else:
        note = f"ours less theirs: {money(here - row.amount, currency)}"
    return Compared("differs", called(entry), row.amount, here, row.on, entry.id, note)


def _theirs_only(
    row: Row, again: Entry | None, ours: Sequence[Entry], met: set[int], currency: str
) -> Compared:
    if again is not None:
        return Compared(
            "not_here", row.number, row.amount, 0, row.on, None, "they have this number more than once"
        )
    if row.amount >= 0:
        return Compared(
            "not_here",
            row.number or f"line {row.line}",
            row.amount,
            0,
            row.on,
            None,
            "no document of that number here",
        )
    money_in = [
        each
        for each in ours
        if each.side == -1
        and each.id not in met
        and each.amount == -row.amount
        and each.kind in MONEY
        and (row.on is None or abs((each.document_on - row.on).days) <= PAYMENT_DAYS)
    ]
    if len(money_in) == 1:
        paid = money_in[0]
        met.add(paid.id)
        if paid.open == -row.amount:
            return Compared("matched", called(paid), row.amount, -paid.open, row.on, paid.id, "")
        note = f"{money(paid.amount - paid.open, currency)} of it is applied here"
        return Compared("differs", called(paid), row.amount, -paid.open, row.on, paid.id, note)
    return Compared(
        "paid_not_here",
        row.number or f"line {row.line}",
        row.amount,
        0,
        row.on,
        None,
        "no money of that amount near that day; ask for the proof of payment",
    )


def _not_there(entry: Entry) -> str:
    if entry.side == -1:
        return "credit they do not know of"
    return "they may not have received it, or have paid it"
