"""Proof of the books: every invariant recomputed from the postings, set-wise, with the first row that breaks one named.

Reads only, in a fixed number of queries: one a scan (verify_scans.py) and one for the balances while all is well, twice
that and one for each kind of thing to be named when something is found. See docs/rules/verify.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from dunlin.records import balance_sums
from dunlin.records.models import (
    Application,
    Balance,
    Call,
    Customer,
    DiaryLine,
    Dispute,
    DueDateChange,
    Item,
    Promise,
)
from dunlin.reports.verify_scans import DIALECTS, SCANS, Check, Scan
from dunlin.rules.policy import Policy

BALANCE_CHECK = Check("balances", 4, "A customer's balance is the sum of the customer's open items.", "")


@dataclass(frozen=True)
class Finding:
    """An invariant that does not hold: how many rows break it, and the first of them.

    `subject` and `subject_id` name that row (item, application, balance, promise, call, diary); `item_id` and `number`
    the document it is about, if it is about one; `customer` is the customer's number.
    """

    check: str
    invariant: int
    sentence: str
    count: int
    subject: str
    subject_id: int
    item_id: int | None
    number: str
    customer: str

    def __str__(self) -> str:
        document = f" (item {self.item_id}, {self.number or 'no number'})" if self.item_id else ""
        whose = f" of customer {self.customer}" if self.customer else ""
        return f"{self.sentence} Broken {self.count} times, first by {self.subject} {self.subject_id}{document}{whose}."


@dataclass(frozen=True)
class Verification:
    """What was found (nothing, if the books are right), how many rows were proved, checks made, and seconds it took."""

    findings: tuple[Finding, ...]
    counts: dict[str, int]
    checks: int
    seconds: float

    @property
    def clean(self) -> bool:
        return not self.findings


def verify(today: date, policy: Policy) -> Verification:
    """Recompute every invariant the stored books carry. `today` is the day for balances that are not there but should be."""
    begin = perf_counter()
    scans = [make(DIALECTS[connection.vendor]) for make in SCANS]
    with _one_moment():
        broken = [found for scan in scans for found in _read(scan)]
        broken += _balances(today, policy)
        findings = _name(broken)
        counts = {
            model._meta.model_name or "": model._default_manager.count()
            for model in (
                Item,
                Application,
                Customer,
                Balance,
                Dispute,
                DueDateChange,
                Promise,
                Call,
                DiaryLine,
            )
        }
    checks = sum(len(scan.checks) for scan in scans) + 1
    return Verification(tuple(findings), counts, checks, perf_counter() - begin)


@contextmanager
def _one_moment() -> Iterator[None]:
    """All scans see the books of one moment while posting goes on; nobody waits for us."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL work_mem = '256MB'")
            yield
    else:
        # Not atomic(), whose IMMEDIATE would keep every writer out until we are done.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


@dataclass(frozen=True)
class _Broken:
    check: Check
    subject: str
    count: int
    first: int


def _read(scan: Scan) -> list[_Broken]:
    """For each check of the scan, the smallest id of a row that breaks it; they are counted only when there is one."""
    firsts = _ask(scan, scan.checks, "MIN(CASE WHEN {broken} THEN {key} END)")
    broken = [(check, first) for check, first in zip(scan.checks, firsts) if first is not None]
    if not broken:
        return []
    counts = _ask(scan, [check for check, _ in broken], "COUNT(CASE WHEN {broken} THEN 1 END)")
    return [_Broken(check, scan.subject, count or 0, first) for (check, first), count in zip(broken, counts)]


def _ask(scan: Scan, checks: Sequence[Check], aggregate: str) -> Sequence[int | None]:
    columns = ", ".join(aggregate.format(broken=check.broken, key=scan.key) for check in checks)
    with connection.cursor() as cursor:
        # The empty list makes both engines read %% as one per cent sign.
        cursor.execute(f"SELECT {columns} FROM {scan.rows}", [])  # noqa: S608
        return cursor.fetchone()


def _balances(today: date, policy: Policy) -> list[_Broken]:
    """Balances against their items; the first is named by an item of it, or by the customer when nothing is open."""
    different = balance_sums.compare(today, policy)
    if not different:
        return []
    first = different[0]
    item = Item.objects.filter(
        customer_id=first.customer_id, entity_id=first.entity_id, currency=first.currency, open__gt=0
    ).order_by("pk").first()  # fmt: skip
    if item is not None:
        return [_Broken(BALANCE_CHECK, "item", len(different), item.pk)]
    return [_Broken(BALANCE_CHECK, "customer", len(different), first.customer_id)]


# From the id of a subject to its item, that item's number, and the customer's number.
_NAMES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "item": (Item, ("pk", "number", "customer__number")),
    "application": (Application, ("debit_id", "debit__number", "debit__customer__number")),
    "balance": (Balance, ("", "", "customer__number")),
    "customer": (Customer, ("", "", "number")),
    "promise": (Promise, ("", "", "customer__number")),
    "call": (Call, ("", "", "customer__number")),
    "diary": (DiaryLine, ("", "", "customer__number")),
}


def _name(broken: Iterable[_Broken]) -> list[Finding]:
    broken = list(broken)
    names: dict[tuple[str, int], tuple[Any, ...]] = {}
    for subject in sorted({each.subject for each in broken}):
        model, paths = _NAMES[subject]
        ids = {each.first for each in broken if each.subject == subject}
        wanted = [path for path in paths if path]
        for key, *values in model.objects.filter(pk__in=ids).values_list("pk", *wanted):
            found = dict(zip(wanted, values))
            names[subject, key] = tuple(found.get(path) for path in paths)
    findings = []
    for each in broken:
        item_id, number, customer = names.get((each.subject, each.first), (None, "", ""))
        findings.append(
            Finding(
                each.check.name, each.check.invariant, each.check.sentence, each.count,
                each.subject, each.first, item_id, number or "", customer or "",
            )
        )  # fmt: skip
    return findings
