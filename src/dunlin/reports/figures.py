"""The daily figures: what the night writes down as history, and the trends drawn from it (F1, P16)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from dunlin.records.models import DailyFigure
from dunlin.reports.arrays import database_day, day_number, day_sql
from dunlin.reports.filters import ALL, Filters
from dunlin.reports.flows import PAID_SQL, RETURNS_SQL, SALES_SQL, flows
from dunlin.reports.measures import MONTHS, months_before
from dunlin.reports.month_ends import Standings, month_ends_between, standings
from dunlin.reports.rates import rates_to
from dunlin.rules.measures import average_days_delinquent
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy


@dataclass(frozen=True, slots=True)
class FigureOfDay:
    """One row of DailyFigure, field by field: minor units of `currency`, as of the end of `day`."""

    day: date
    entity_id: int
    currency: str
    debits: int
    unapplied: int
    disputed: int
    current: int
    late: int
    sales: int
    collected: int
    home_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One day of a trend in one currency. `dso`, `bpdso`, `add` in days over the sales of the last months, as on a card.

    `missing` names what is not in a home-currency point for want of a rate.
    """

    day: date
    currency: str
    debits: int
    unapplied: int
    disputed: int
    current: int
    late: int
    sales: int
    collected: int
    dso: Decimal | None
    bpdso: Decimal | None
    add: Decimal | None
    missing: tuple[Money, ...] = ()

    @property
    def receivables(self) -> int:
        return self.debits - self.unapplied

    @property
    def past_due(self) -> int:
        return self.debits - self.current


def figures_of(day: date, policy: Policy) -> list[FigureOfDay]:
    """The figures of one day, to be written by the night run. From the postings, not from the balances."""
    return _figures([day], standings([day], policy), policy)


def figures_between(first: date, last: date, policy: Policy) -> list[FigureOfDay]:
    """The figures of every month-end from `first` through `last`, to fill in a history that was never written. One extract."""
    days = month_ends_between(first, last)
    return _figures(days, standings(days, policy), policy)


def figures_on(days: Sequence[date], policy: Policy) -> list[FigureOfDay]:
    """The figures of each of `days`, to fill in a daily history. One extract."""
    wanted = sorted(set(days))
    return _figures(wanted, standings(wanted, policy), policy)


def _figures(days: Sequence[date], book: Standings, policy: Policy) -> list[FigureOfDay]:
    moved = _moved(days)
    wanted = sorted({*book.keys, *(key[1:] for key in moved)}, key=lambda key: (key[0], key[1]))
    place = {key: index for index, key in enumerate(book.keys)}
    rows = []
    for index, day in enumerate(book.days):
        rates = rates_to(policy.home_currency, sorted({currency for _, currency in wanted}), day)
        for entity, currency in wanted:
            at = place.get((entity, currency))
            amounts = [0] * 5 if at is None else [
                int(figure[index, at]) for figure in (book.debits, book.unapplied, book.disputed, book.current, book.late)
            ]  # fmt: skip
            flow = moved.get((day, entity, currency), (0, 0))
            if any(amounts) or any(flow):
                rate = rates[currency].rate if currency in rates else None
                rows.append(FigureOfDay(day, entity, currency, *amounts, *flow, rate))  # type: ignore[arg-type, call-arg]
    return rows


def _moved(days: Sequence[date]) -> dict[tuple[date, int, str], tuple[int, int]]:
    """Sales and money of each day by entity and currency, the money less what came back. Two queries."""
    if not days:
        return {}
    marks = ", ".join(["%s"] * len(days))
    what = f"{day_sql('i.posted_on')}, i.entity_id, i.currency"
    where = f"i.posted_on IN ({marks}) GROUP BY i.posted_on, i.entity_id, i.currency"
    params = [database_day(day) for day in days]
    number = {day_number(day): day for day in days}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {what}, {SALES_SQL}, {PAID_SQL} FROM records_item i WHERE {where}", params)  # noqa: S608
        found = {
            (number[day], entity, currency): (int(sales), int(paid))
            for day, entity, currency, sales, paid in cursor.fetchall()
        }
        cursor.execute(f"SELECT {what}, SUM(i.amount) {RETURNS_SQL} AND {where}", params)
        for day, entity, currency, back in cursor.fetchall():
            sales, paid = found[number[day], entity, currency]
            found[number[day], entity, currency] = sales, paid - int(back)
    return found


_SUMS = ("debits", "unapplied", "disputed", "current", "late", "sales", "collected")


def history(
    first: date,
    last: date,
    policy: Policy,
    *,
    entity: int | None = None,
    every: str = "day",
    months: int = MONTHS,
) -> dict[str, tuple[HistoryPoint, ...]]:
    """The recorded days from `first` through `last` by currency, with the home currency's total under "home". Three queries.

    `every` is "day" or "month" (only month-ends); `months` of sales lie behind the days of each point. The total converts each day at the rate recorded that day.
    """
    rows = DailyFigure.objects.filter(day__range=(first, last))
    only = Filters(entity=entity) if entity is not None else ALL
    if entity is not None:
        rows = rows.filter(entity=entity)
    if every == "month":
        rows = rows.filter(day__in=month_ends_between(first, last))
    summed = (
        rows.values_list("day", "currency", "home_rate")
        .annotate(*(Sum(name) for name in _SUMS))
        .order_by("day")
    )
    sold = _Sold(first, last, only, months)
    points: dict[str, list[HistoryPoint]] = defaultdict(list)
    home: dict[date, list[tuple[str, Decimal | None, tuple[int, ...]]]] = defaultdict(list)
    for day, currency, rate, *amounts in summed:
        figures = tuple(int(amount) for amount in amounts)
        if points[currency] and points[currency][-1].day == day:  # entities whose rates differ that day
            before = points[currency].pop()
            sums = (getattr(before, name) + more for name, more in zip(_SUMS, figures))
            points[currency].append(_point(day, currency, tuple(sums), sold))
        else:
            points[currency].append(_point(day, currency, figures, sold))
        home[day].append((currency, rate, figures))
    total = tuple(_home_point(day, parts, policy.home_currency, sold) for day, parts in sorted(home.items()))
    return {currency: tuple(each) for currency, each in sorted(points.items())} | (
        {"home": total} if total else {}
    )


def month_end_history(
    first: date, last: date, policy: Policy, only: Filters, months: int = MONTHS
) -> dict[str, tuple[HistoryPoint, ...]]:
    """The same for a part of the book that is not written down daily (a portfolio, a country): the month-ends from first
    through last, from the postings as known now. `sales` and `collected` are not told. One extract, a query a day for rates."""
    book = standings(month_ends_between(first, last), policy, only)
    sold = _Sold(first, last, only, months)
    points: dict[str, list[HistoryPoint]] = defaultdict(list)
    home: list[HistoryPoint] = []
    by_currency = book.by_currency()
    for index, day in enumerate(book.days):
        rates = rates_to(policy.home_currency, sorted(by_currency), day)
        parts: list[tuple[str, Decimal | None, tuple[int, ...]]] = []
        for currency, each in by_currency.items():
            columns = (each.debits, each.unapplied, each.disputed, each.current, each.late)
            figures = (*(int(column[index, 0]) for column in columns), 0, 0)
            points[currency].append(_point(day, currency, figures, sold))
            parts.append((currency, rates[currency].rate if currency in rates else None, figures))
        home.append(_home_point(day, parts, policy.home_currency, sold))
    return {currency: tuple(each) for currency, each in points.items()} | (
        {"home": tuple(home)} if home else {}
    )


class _Sold:
    """Sales of the last `months` months through any day, by currency: the window of the cards, so that both agree."""

    def __init__(self, first: date, last: date, only: Filters, months: int) -> None:
        self.months = months
        after = months_before(first, months)
        self.start = day_number(after)
        moved = flows(after, last, only)
        length = day_number(last) - self.start + 1
        self.running: dict[str, list[int]] = {}
        for currency, flow in moved.items():
            running, total = [], 0
            for number in range(self.start, self.start + length):
                total += flow.sales.get(number, 0)
                running.append(total)
            self.running[currency] = running

    def before(self, day: date, currency: str) -> int:
        running = self.running.get(currency)
        at = day_number(day) - self.start
        return running[at] - running[at - self.days(day)] if running else 0

    def days(self, day: date) -> int:
        return (day - months_before(day, self.months)).days


def _point(
    day: date,
    currency: str,
    figures: tuple[int, ...],
    sold: _Sold,
    sales: int | None = None,
    missing: tuple[Money, ...] = (),
) -> HistoryPoint:
    """`sales` of the window are those of the currency alone, unless they are given."""
    debits, unapplied, _, current, *_ = figures
    receivables = debits - unapplied
    over = sold.before(day, currency) if sales is None else sales
    spread = average_days_delinquent(receivables, min(current, receivables), over, sold.days(day))
    return HistoryPoint(day, currency, *figures, spread.dso, spread.bpdso, spread.add, missing)  # type: ignore[arg-type, call-arg]


def _home_point(
    day: date, parts: list[tuple[str, Decimal | None, tuple[int, ...]]], home: str, sold: _Sold
) -> HistoryPoint:
    sums, sales, missing, counted = [0] * len(_SUMS), 0, [], set()
    for currency, rate, figures in parts:
        if currency != home and rate is None:
            missing.append(Money(figures[0] - figures[1], currency))
            continue
        convert = (lambda minor: minor) if currency == home else (
            lambda minor, rate=rate, currency=currency: Money(minor, currency).converted(home, rate).minor
        )  # fmt: skip
        sums = [total + convert(figure) for total, figure in zip(sums, figures)]
        if currency not in counted:
            sales += convert(sold.before(day, currency))
            counted.add(currency)
    return _point(day, home, tuple(sums), sold, sales, tuple(missing))
