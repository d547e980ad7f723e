"""What an account would be after the steps of some findings, worked out before anything is posted: open amounts, balance, aging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dunlin.rules.aging import BucketSet, bucket_index, days_between
from dunlin.rules.reconciliation.facts import Account, Entry
from dunlin.rules.reconciliation.findings import Finding


@dataclass(frozen=True, slots=True)
class Change:
    """A document and what is open on it before and after."""

    entry: Entry
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The account in one entity and currency: open debits by age, unapplied credit, minor units; `balance` is their difference."""

    entity: int
    currency: str
    buckets: tuple[int, ...]
    unapplied: int

    @property
    def debits(self) -> int:
        return sum(self.buckets)

    @property
    def balance(self) -> int:
        return self.debits - self.unapplied


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every document that changes, and the account before and after, in the same order; `written_off` by currency is all that differs."""

    changes: tuple[Change, ...]
    before: tuple[Standing, ...]
    after: tuple[Standing, ...]
    written_off: dict[str, int]


def outcome(account: Account, chosen: Sequence[Finding], today: date, buckets: BucketSet) -> Outcome:
    """The account as the steps of the chosen findings leave it. Documents of others in the group are changed but not in its balance."""
    by_id = {entry.id: entry for entry in account.entries}
    for others in account.elsewhere.values():
        by_id |= {other.entry.id: other.entry for other in others}
    moved: dict[int, int] = {}
    written_off: dict[str, int] = {}
    for step in (step for finding in chosen for step in finding.steps):
        amount = -step.amount if step.kind == "reverse" else step.amount
        for item in (step.credit, step.debit):
            if item:
                moved[item] = moved.get(item, 0) + amount
        if step.kind == "write_off":
            currency = by_id[step.debit].currency
            written_off[currency] = written_off.get(currency, 0) + step.amount
    changes = tuple(
        Change(by_id[item], by_id[item].open, by_id[item].open - amount)
        for item, amount in sorted(moved.items(), key=lambda pair: (by_id[pair[0]].side, pair[0]))
        if amount
    )
    own = [entry for entry in account.entries if entry.customer == account.customer]
    return Outcome(
        changes, standings(own, today, buckets), standings(own, today, buckets, moved), written_off
    )  # fmt: skip


def standings(
    entries: Sequence[Entry], today: date, buckets: BucketSet, moved: dict[int, int] | None = None
) -> tuple[Standing, ...]:
    """The account by entity and currency, with `moved` taken off what is open by item."""
    moved = moved or {}
    sums: dict[tuple[int, str], list[int]] = {}
    for entry in entries:
        row = sums.setdefault(entry.books, [0] * (len(buckets.labels) + 1))
        left = entry.open - moved.get(entry.id, 0)
        if entry.side == -1:
            row[-1] += left
        else:
            day = entry.due_on if buckets.basis == "due_date" else entry.document_on
            row[bucket_index(buckets, days_between(day, today))] += left
    return tuple(
        Standing(entity, currency, tuple(row[:-1]), row[-1])
        for (entity, currency), row in sorted(sums.items())
    )
