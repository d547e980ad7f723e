"""Aging: what is owed by age, today or as of any day, by group and currency. P17, DOMAIN section 3; docs/rules/as-of.md.

Credits stand in their own column and never shorten a bucket; what is disputed is part of the buckets and told apart. The
buckets, less the credits, are the ledger's balance. Nothing is added across currencies but in `home`, at stated rates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from dunlin.records.models import Customer, Entity, User
from dunlin.reports.aging_groups import Cells, from_arrays, from_balances
from dunlin.reports.filters import ALL, NOBODY, Filters
from dunlin.reports.rates import Rate, home_minor, rates_to
from dunlin.reports.standing import posted_ahead
from dunlin.rules.aging import Basis, BucketSet, buckets_of
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

GROUPS = (
    "customer", "parent", "collector", "entity", "country", "region", "segment", "kind", "invoice_class", "currency",
)  # fmt: skip
SORTS = ("label", "net", "debits", "unapplied", "disputed", "past_due", "late", "items", "customers")
PAGE_SIZE = 100
_FEW = 900  # keys asked for by name; with more, all are read

GroupKey = int | str | None


class Figures(NamedTuple):  # a tuple, because a report may hold a hundred thousand of them
    """Minor units of `currency`. `debits` is the sum of `buckets`; `net`, debits less `unapplied`, is the ledger's balance.

    `disputed`, `past_due` (dpd ≥ 1) and `late` (dpd ≥ 31) are parts of `debits`. `items` counts open debits, `customers` the
    accounts with anything open.
    """

    currency: str
    buckets: tuple[int, ...]
    debits: int
    unapplied: int
    disputed: int
    past_due: int
    late: int
    items: int
    items_past_due: int
    customers: int

    @property
    def net(self) -> int:
        return self.debits - self.unapplied


class AgingRow(NamedTuple):
    """One group in one currency. `key` goes back into the drill; `number` is the customer's, code of an entity, or empty."""

    key: GroupKey
    label: str
    number: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class HomeTotal:
    """The totals in the home currency at `rates`: each cell converted and rounded once, then added.

    `missing` names the amounts (net) that have no rate and are not in it.
    """

    figures: Figures
    rates: tuple[Rate, ...]
    missing: tuple[Money, ...]


@dataclass(frozen=True)
class AgingReport:
    """`rows` of one page of `row_count`; `totals`, one per currency, are of the whole, not of the page."""

    as_of: date
    known_at: datetime | None
    buckets: BucketSet
    by: str | None
    only: Filters
    rows: tuple[AgingRow, ...]
    row_count: int
    page: int
    page_size: int | None
    sort: str
    totals: tuple[Figures, ...]
    home: HomeTotal
    from_balances: bool  # read from today's stored figures, not from the postings

    @property
    def labels(self) -> tuple[str, ...]:
        return self.buckets.labels


def aging(
    as_of: date,
    today: date,
    policy: Policy,
    *,
    known_at: datetime | None = None,
    basis: Basis | None = None,
    by: str | None = None,
    only: Filters = ALL,
    page: int = 1,
    page_size: int | None = PAGE_SIZE,
    sort: str = "-net",
) -> AgingReport:
    """The aging as of a day, as known at a moment. `by` is one of GROUPS; `sort` one of SORTS or "bucket_N", "-" for falling.

    Amounts of different currencies are ordered by their worth in the home currency, those without a rate last. `page_size`
    None gives all rows. ValueError for an unknown group or order. At most eight queries.
    """
    if by is not None and by not in GROUPS:
        raise ValueError(f"aging goes by {', '.join(GROUPS)}, not by {by!r}")
    chosen: Basis = basis or policy.aging_basis  # type: ignore[assignment]
    buckets = buckets_of(chosen, policy.aging_bucket_uppers)
    column = sort.removeprefix("-")
    if column not in (*SORTS, *(f"bucket_{index}" for index in range(len(buckets.labels)))):
        raise ValueError(f"aging has no column {column!r} to sort by")
    stored = served_by_balances(as_of, today, policy, known_at, chosen, by, only)
    if stored:
        cells = from_balances(today, policy, buckets, by, only, sort, page, page_size)
    else:
        cells = from_arrays(as_of, known_at, policy, buckets, by, only, sort, page, page_size)
    totals = tuple(Figures(*row) for row in cells.totals)
    for each in totals:
        assert sum(each.buckets) == each.debits, f"the buckets of {each.currency} do not add up"
    return AgingReport(
        as_of, known_at, buckets, by, only, _labelled(by, cells), cells.row_count, page, page_size, sort, totals,
        home_total(totals, policy.home_currency, as_of), stored,
    )  # fmt: skip


def served_by_balances(
    as_of: date,
    today: date,
    policy: Policy,
    known_at: datetime | None,
    basis: Basis,
    by: str | None,
    only: Filters,
) -> bool:
    """Whether the stored balances answer this: today, as known now, in the buckets they are cut in, not by document."""
    return (
        as_of == today
        and known_at is None
        and basis == policy.aging_basis
        and by not in ("kind", "invoice_class")
        and not only.by_document
        and not posted_ahead(today)
    )


def home_total(totals: tuple[Figures, ...], home: str, as_of: date) -> HomeTotal:
    """The totals of all currencies in one, at the newest rates not after `as_of`. One query."""
    rates = rates_to(home, [each.currency for each in totals], as_of)
    width = len(totals[0].buckets) if totals else 0
    sums = [0] * (width + 4)
    counts = [0, 0, 0]
    missing = []
    for each in totals:
        if each.currency not in rates:
            missing.append(Money(each.net, each.currency))
            continue
        for index, minor in enumerate(
            (*each.buckets, each.unapplied, each.disputed, each.past_due, each.late)
        ):
            sums[index] += home_minor(minor, each.currency, rates, home) or 0
        counts = [
            count + more for count, more in zip(counts, (each.items, each.items_past_due, each.customers))
        ]
    buckets = tuple(sums[:width])
    figures = Figures(home, buckets, sum(buckets), *sums[width:], *counts)
    used = tuple(found for base, found in sorted(rates.items()) if base != home)
    return HomeTotal(figures, used, tuple(missing))


def _labelled(by: str | None, cells: Cells) -> tuple[AgingRow, ...]:
    names = labels_of(by, [key for key, _ in cells.rows])
    return tuple([AgingRow(key, *names[key], Figures._make(figures)) for key, figures in cells.rows])


def labels_of(by: str | None, keys: list[GroupKey]) -> dict[GroupKey, tuple[str, str]]:
    """(label, number) of each key of a group. One query at most."""
    if by in ("customer", "parent"):
        found = Customer.objects.all() if len(keys) > _FEW else Customer.objects.filter(pk__in=keys)  # type: ignore[misc]
        names = {pk: (name, number) for pk, name, number in found.values_list("pk", "name", "number")}
        return {key: names[key] for key in keys}  # type: ignore[index]
    if by == "entity":
        entities = Entity.objects.in_bulk(keys)
        return {key: (entities[key].name, entities[key].code) for key in keys}
    if by == "collector":
        users = User.objects.in_bulk([key for key in keys if key])
        return {key: (users[key].name if key else "nobody", "") for key in keys}
    if by is None:
        return dict.fromkeys(keys, ("All", ""))
    return {key: (str(key) or "not stated", "") for key in keys}


def inside(only: Filters, by: str | None, key: GroupKey) -> Filters:
    """The filters of one group of a report: what a click on its row asks for."""
    values = {name: getattr(only, name) for name in only.__dataclass_fields__}
    if by is not None:
        values[by] = NOBODY if by == "collector" and key is None else key
    return Filters(**values)


def column_names(labels: Sequence[str]) -> list[str]:
    """Buckets as people read them in files and on the command line; `current` stays the name in JSON."""
    return ["not due" if label == "current" else label for label in labels]


def aging_table(report: AgingReport) -> tuple[list[str], list[list[object]], list[list[object]]]:
    """Header, rows and totals for a spreadsheet. Amounts are Money of the row's currency, counts whole numbers.

    Unapplied credit is negative, so that buckets and unapplied add up to the balance.
    """
    header = ["number", "name", "currency", *column_names(report.labels), "total debits", "unapplied", "balance", "disputed",
              "past due", "late", "items", "items past due"]  # fmt: skip

    def line(number: str, label: str, each: Figures) -> list[object]:
        amounts = (
            *each.buckets,
            each.debits,
            -each.unapplied,
            each.net,
            each.disputed,
            each.past_due,
            each.late,
        )
        money = [Money(minor, each.currency) for minor in amounts]
        return [number, label, each.currency, *money, each.items, each.items_past_due]

    totals = [line("", "Total", each) for each in report.totals]
    if report.home.rates or report.home.missing:
        stated = "; ".join(str(rate) for rate in report.home.rates)
        gap = (
            f"; without {', '.join(str(each) for each in report.home.missing)} (no rate)"
            if report.home.missing
            else ""
        )
        totals.append(line("", f"Total at {stated or 'no rate'}{gap}", report.home.figures))
    return header, [line(row.number, row.label, row.figures) for row in report.rows], totals
