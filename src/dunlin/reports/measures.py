"""The measures as of a day: DSO three ways, CEI, turnover, days late, targets. P16; docs/rules/measures-in-the-product.md.

Receivables are open debits less unapplied credits; sales are invoices and debit memos less credit memos, tax included.
What is current is never more than the receivables, so the best possible DSO is never above the DSO.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from dunlin.reports.aging import AgingReport, Figures, aging
from dunlin.reports.filters import ALL, Filters
from dunlin.reports.flows import Flow, Lateness, flows, lateness
from dunlin.reports.month_ends import standings
from dunlin.reports.people_figures import (
    KeptFigures,
    PersonFigures,
    judged_between,
    kept_figures,
    people_figures,
)
from dunlin.reports.rates import Rate, home_minor, rates_to
from dunlin.rules.measures import (
    Countback,
    ar_turnover,
    average_days_delinquent,
    cei,
    dso_countback,
    ratio,
    target_met,
)
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

MONTHS = 3  # of sales behind DSO and CEI
HISTORY_MONTHS = 24  # that the count-back may reach


@dataclass(frozen=True, slots=True)
class Measures:
    """One currency's measures. Amounts in minor units, days and per cent exact and unrounded; None where undefined.

    `beginning` is receivables before the period, `sales` those of the period, `sales_year` and `average_receivables` of a year.
    """

    currency: str
    debits: int
    unapplied: int
    disputed: int
    current: int
    past_due: int
    late: int
    sales: int
    collected: int
    beginning: int
    sales_year: int
    average_receivables: Decimal
    dso: Decimal | None
    countback: Countback
    bpdso: Decimal | None
    add: Decimal | None
    cei_pct: Decimal | None
    turnover: Decimal | None
    collection_days: Decimal | None
    days_late_weighted: Decimal | None
    days_late_simple: Decimal | None
    closed: int
    closed_lateness: Lateness
    monthly: tuple[tuple[int, int], ...]  # (sales, days) of the last months, newest first

    @property
    def receivables(self) -> int:
        return self.debits - self.unapplied


@dataclass(frozen=True, slots=True)
class Target:
    """A measure against its limit. `met` is None when the measure is undefined; exactly at the limit of "below" is missed."""

    name: str
    value: Decimal | int | None
    limit: Decimal | int
    unit: str  # days, per cent, customers, or the home currency (minor units)
    direction: str  # below, at_least
    met: bool | None


@dataclass(frozen=True)
class MeasuresReport:
    """`home` adds the currencies at `rates`; what has no rate is named in `missing` and left out of it."""

    as_of: date
    known_at: datetime | None
    first_day: date
    days: int
    months: int
    by_currency: tuple[Measures, ...]
    home: Measures
    rates: tuple[Rate, ...]
    missing: tuple[Money, ...]
    targets: tuple[Target, ...]
    promises: KeptFigures
    people: tuple[PersonFigures, ...]


@dataclass(slots=True)
class _Parts:
    """What the measures of one currency are made from; amounts convert, days do not."""

    debits: int = 0
    unapplied: int = 0
    disputed: int = 0
    past_due: int = 0
    late: int = 0
    sales: int = 0
    collected: int = 0
    beginning: int = 0
    sales_year: int = 0
    beginning_year: int = 0
    monthly: list[int] = field(default_factory=lambda: [0] * HISTORY_MONTHS)  # newest first
    lateness: Lateness = field(default_factory=Lateness)


_AMOUNTS = (
    "debits", "unapplied", "disputed", "past_due", "late", "sales", "collected", "beginning", "sales_year", "beginning_year",
)  # fmt: skip


def measures(
    as_of: date,
    today: date,
    policy: Policy,
    *,
    known_at: datetime | None = None,
    only: Filters = ALL,
    months: int = MONTHS,
) -> MeasuresReport:
    """All measures as of a day, per currency and together. The period is the last `months` months through the day.

    A fixed number of queries. Everything comes from the postings, as known at `known_at`; recorded daily figures are for
    trends only.
    """
    edges = [months_before(as_of, back) for back in range(HISTORY_MONTHS + 1)]
    after, year = edges[months], edges[12]
    owed = aging(as_of, today, policy, known_at=known_at, only=only, basis="due_date" if known_at else None)
    figures = owed.totals
    moved = flows(edges[-1], as_of, only, known_at)
    then = _receivables_on([after, year], owed, moved, today, policy)
    parts = _parts(figures, moved, then, lateness(after, as_of, only, known_at), edges, months)
    days = (as_of - after).days
    lengths = [(newer - older).days for newer, older in pairwise(edges)]
    home, rates, missing = _home_parts(parts, policy.home_currency, as_of)
    for name in ("debits", "unapplied", "disputed", "past_due", "late"):
        # The aging rounds each of its cells; the same total on two pages must be the same to the cent.
        setattr(home, name, getattr(owed.home.figures, name))
    whole = _measures(policy.home_currency, home, days, months, lengths)
    judged = judged_between(after, as_of, only, known_at)
    promises = kept_figures(judged)
    people = people_figures(as_of, after, policy, judged, only, known_at)
    return MeasuresReport(
        as_of, known_at, after + timedelta(1), days, months,
        tuple(_measures(currency, each, days, months, lengths) for currency, each in sorted(parts.items())),
        whole, rates, missing, _targets(whole, promises, people, policy), promises, people,
    )  # fmt: skip


def months_before(day: date, months: int) -> date:
    """The same day some months earlier, at a month's end if that month is shorter; a month-end stays a month-end."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    ends = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if ends else min(day.day, last))


def _receivables_on(
    days: list[date], owed: AgingReport, moved: Mapping[str, Flow], today: date, policy: Policy
) -> dict[tuple[date, str], int]:
    """Receivables by (day, currency) on earlier days than those of `owed`, as known then.

    An application takes as much from a debit as from a credit of the same entity and currency. So where whole ones are
    asked for, receivables were those of `owed` less all that was posted since. Of some customers' documents the credits
    may be used for other customers: these days are summed up from the items.
    """
    only = owed.only
    if only.given().keys() <= {"entity", "currency"} and only.customers() is None:
        now = {each.currency: each.net for each in owed.totals}
        return {
            (day, currency): now.get(currency, 0)
            - (moved[currency].grew(day, owed.as_of) if currency in moved else 0)
            for day in days
            for currency in sorted({*now, *moved})
        }
    if owed.known_at is not None:
        return {
            (day, each.currency): each.net
            for day in days
            for each in aging(day, today, policy, known_at=owed.known_at, only=only, basis="due_date").totals
        }
    book = standings(sorted(days), policy, only)
    return {
        (day, currency): int((each.debits - each.unapplied)[index, 0])
        for currency, each in book.by_currency().items()
        for index, day in enumerate(each.days)
    }


def _parts(
    figures: Iterable[Figures],
    moved: Mapping[str, Flow],
    then: Mapping[tuple[date, str], int],
    late: Mapping[str, Lateness],
    edges: list[date],
    months: int,
) -> dict[str, _Parts]:
    now = {each.currency: each for each in figures}
    parts = {}
    for currency in sorted({*now, *moved, *late, *(key[1] for key in then)}):
        made = parts[currency] = _Parts()
        if currency in now:
            for name in ("debits", "unapplied", "disputed", "past_due", "late"):
                setattr(made, name, getattr(now[currency], name))
        flow = moved.get(currency, Flow())
        made.sales, made.collected = flow.sold(edges[months], edges[0]), flow.came(edges[months], edges[0])
        made.sales_year = flow.sold(edges[12], edges[0])
        made.monthly = [flow.sold(older, newer) for newer, older in pairwise(edges)]
        made.beginning = then.get((edges[months], currency), 0)
        made.beginning_year = then.get((edges[12], currency), 0)
        made.lateness = late.get(currency, Lateness())
    return parts


def _home_parts(
    parts: Mapping[str, _Parts], home: str, as_of: date
) -> tuple[_Parts, tuple[Rate, ...], tuple[Money, ...]]:
    """All currencies in one at the rates of the day."""
    rates = rates_to(home, list(parts), as_of)
    whole, missing = _Parts(), []
    for currency, each in parts.items():
        if currency not in rates:
            missing.append(Money(each.debits - each.unapplied, currency))
            continue

        def convert(minor: int, currency: str = currency) -> int:
            return home_minor(minor, currency, rates, home) or 0

        for name in _AMOUNTS:
            setattr(whole, name, getattr(whole, name) + convert(getattr(each, name)))
        whole.monthly = [total + convert(minor) for total, minor in zip(whole.monthly, each.monthly)]
        of = each.lateness
        whole.lateness += Lateness(of.count, convert(of.amount), of.days, convert(of.amount_days))
    return whole, tuple(rate for base, rate in sorted(rates.items()) if base != home), tuple(missing)


def _measures(currency: str, of: _Parts, days: int, months: int, lengths: list[int]) -> Measures:
    receivables = of.debits - of.unapplied
    current = min(of.debits - of.past_due, receivables)
    spread = average_days_delinquent(receivables, current, of.sales, days)
    average = Decimal(of.beginning_year + receivables) / 2
    turns = ar_turnover(of.sales_year, average)
    # A book that grew faster than a month's sales leaves nothing to collect by the formula: then it says nothing.
    collectible = (of.beginning - current) * months + of.sales
    return Measures(
        currency=currency,
        debits=of.debits,
        unapplied=of.unapplied,
        disputed=of.disputed,
        current=current,
        past_due=of.past_due,
        late=of.late,
        sales=of.sales,
        collected=of.collected,
        beginning=of.beginning,
        sales_year=of.sales_year,
        average_receivables=average,
        dso=spread.dso,
        countback=dso_countback(receivables, zip(of.monthly, lengths)),
        bpdso=spread.bpdso,
        add=spread.add,
        cei_pct=cei(of.beginning, of.sales, receivables, current, months) if collectible > 0 else None,
        turnover=turns.turnover,
        collection_days=turns.collection_days,
        days_late_weighted=ratio(of.lateness.amount_days, of.lateness.amount),
        days_late_simple=ratio(of.lateness.days, of.lateness.count),
        closed=of.lateness.count,
        closed_lateness=of.lateness,
        monthly=tuple(zip(of.monthly, lengths)),
    )


def _targets(
    home: Measures, promises: KeptFigures, people: tuple[PersonFigures, ...], policy: Policy
) -> tuple[Target, ...]:
    late_limit = Money.rounded(policy.target_late_total, policy.home_currency).minor
    rows: list[tuple[str, Decimal | int | None, Decimal | int, str, str]] = [
        ("dso", home.dso, policy.target_dso_days, "days", "below"),
        ("late", home.late, late_limit, policy.home_currency, "below"),
        ("kept_rate", promises.by_count_pct, policy.target_kept_rate_pct, "per cent", "at_least"),
        *((f"calls:{each.name}", each.called, each.target, "customers", "at_least") for each in people),
    ]
    return tuple(
        Target(name, value, limit, unit, direction, target_met(value, limit, direction))  # type: ignore[arg-type]
        for name, value, limit, unit, direction in rows
    )
