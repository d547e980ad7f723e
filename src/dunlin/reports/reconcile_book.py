"""The whole book reconciled in chunks of customers: how much is found of each kind, and on whom (A8). Read-only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, F, Sum

from dunlin.records.models import Balance, Customer, Item
from dunlin.reports.reconciliation import accounts_for, limits_of
from dunlin.rules.policy import Policy
from dunlin.rules.reconciliation.check import findings_of
from dunlin.rules.reconciliation.control import ControlLine, against_control
from dunlin.rules.reconciliation.findings import CODES, Finding

CHUNK = 500
# A chunk holds so many open items at most, unless one customer alone has more: memory stays flat whoever owes most.
CHUNK_ITEMS = 20_000
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Found:
    """What the book holds of one kind: findings, those with a proposal, what they are about by currency, and the customers."""

    count: int = 0
    proposals: int = 0
    amounts: Counter[str] = field(default_factory=Counter)
    written_off: Counter[str] = field(default_factory=Counter)
    customers: int = 0


@dataclass(frozen=True)
class BookFindings:
    """The book as of a day. `by_code` in the order of CODES; `customers` looked at, `with_findings` of them have some."""

    day: date
    customers: int
    with_findings: int
    items: int
    by_code: Mapping[str, Found]


def reconcile_book(today: date, policy: Policy, progress: Progress | None = None) -> BookFindings:
    """Every customer with anything open. A dozen queries a chunk; nothing but counts is kept."""
    by_code = {code: Found() for code in CODES}
    customers = items = with_findings = 0
    sizes = _sizes()
    for ids, found in sweep(sizes, today, policy):
        for customer in ids:
            told = found[customer]
            with_findings += bool(told)
            for code in {each.code for each in told}:
                by_code[code].customers += 1
            for each in told:
                _count(by_code[each.code], each)
        customers += len(ids)
        items += sum(sizes[customer] for customer in ids)
        if progress is not None:
            progress(customers, len(sizes))
    return BookFindings(today, customers, with_findings, items, by_code)


def sweep(
    sizes: Mapping[int, int], today: date, policy: Policy
) -> Iterator[tuple[Sequence[int], dict[int, tuple[Finding, ...]]]]:
    """The findings of many customers, a chunk at a time; `sizes` are their open items."""
    limits = limits_of(policy, today)
    for ids in _chunks(sizes):
        accounts = accounts_for(ids, today, policy)
        yield ids, {customer: findings_of(account, limits) for customer, account in accounts.items()}


def _count(found: Found, finding: Finding) -> None:
    found.count += 1
    found.proposals += bool(finding.steps)
    found.amounts[finding.currency] += finding.amount
    if finding.written_off:
        found.written_off[finding.currency] += finding.written_off


def _sizes() -> dict[int, int]:
    """Open items by customer."""
    found = Item.objects.filter(open__gt=0).values_list("customer_id").annotate(Count("pk"))
    return dict(found.order_by("customer_id"))


def _chunks(sizes: Mapping[int, int]) -> Iterator[list[int]]:
    chunk: list[int] = []
    held = 0
    for customer, size in sizes.items():
        if chunk and (len(chunk) >= CHUNK or held + size > CHUNK_ITEMS):
            yield chunk
            chunk, held = [], 0
        chunk.append(customer)
        held += size
    if chunk:
        yield chunk


def likely_accounts(limit: int) -> list[tuple[int, str, str]]:
    """Customers with credit beside open debits, most credit first: where a clean-up begins. (id, number, name). One query."""
    rows = (
        Balance.objects.filter(unapplied__gt=0, debits__gt=0)
        .values("customer_id")
        .annotate(credit=Sum("unapplied"))
    )
    ids = [row["customer_id"] for row in rows.order_by("-credit", "customer_id")[:limit]]
    found = {pk: (pk, number, name) for pk, number, name in Customer.objects.filter(pk__in=ids).values_list("pk", "number", "name")}  # fmt: skip
    return [found[pk] for pk in ids]


def control(figures: Mapping[tuple[str, str], int]) -> tuple[ControlLine, ...]:
    """The sum of the open items of each entity and currency now, against the figures given for the control account. One query."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    rows = (
        Item.objects.filter(open__gt=0)
        .values_list("entity__code", "currency")
        .annotate(net=Sum(F("open") * F("side")))
    )
    for entity, currency, net in rows.order_by():
        sums[entity, currency] += net
    return against_control(sums, figures)
