"""The list of accounts: filtered, sorted and cut into pages by the database, with what each owes in the home currency.

As of a past day the amounts come from arrays; who the customers are and who looks after them is as it is now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Max, Q, QuerySet

from dunlin.records.customers import sort_name
from dunlin.records.models import Call, Customer, Decision
from dunlin.reports.account_items import full_name
from dunlin.reports.aging_groups import worth_of
from dunlin.reports.arrays import day_of
from dunlin.reports.books import CURRENCIES, extract
from dunlin.reports.filters import ALL, Filters
from dunlin.reports.rates import Rate, home_minor, rates_to
from dunlin.reports.search import prefix
from dunlin.reports.standing import posted_ahead, standing_sql
from dunlin.rules.policy import Policy

SORTS = ("name", "number", "net", "debits", "past_due", "late", "unapplied", "disputed", "oldest_due_on")
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Owed:
    """Minor units of one currency."""

    currency: str
    debits: int
    unapplied: int
    disputed: int
    past_due: int
    late: int
    items: int
    oldest_due_on: date | None

    @property
    def net(self) -> int:
        return self.debits - self.unapplied


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account. `owed` per currency; `home` together at the day's rates, None when a currency has no rate."""

    id: int
    number: str
    name: str
    status: str
    segment: str
    country: str
    collector_id: int | None
    collector: str
    parent_id: int | None
    owed: tuple[Owed, ...]
    home: Owed | None
    last_call_on: date | None
    next_step: str
    next_code: str
    next_facts: dict[str, Any]


@dataclass(frozen=True)
class AccountList:
    """One page of `count` accounts; `rates` are those the home amounts rest on."""

    as_of: date
    rows: tuple[AccountRow, ...]
    count: int
    page: int
    page_size: int
    sort: str
    home_currency: str
    rates: tuple[Rate, ...]
    missing: tuple[str, ...]  # currencies without a rate


_AMOUNTS = ("debits", "unapplied", "disputed", "past_due", "late")


def accounts(
    as_of: date,
    today: date,
    policy: Policy,
    *,
    only: Filters = ALL,
    text: str = "",
    status: str | None = None,
    owing: str | None = None,
    page: int = 1,
    page_size: int = PAGE_SIZE,
    sort: str = "-past_due",
) -> AccountList:
    """One page of accounts. `text` begins a name or a number; `owing` keeps those with some "open", "past_due", "late", "disputed"
    or "unapplied". Accounts with nothing open are listed only in the order of names or numbers.

    ValueError for an unknown order or `owing`. At most fifteen queries.
    """
    column = sort.removeprefix("-")
    if column not in SORTS:
        raise ValueError(f"accounts are sorted by {', '.join(SORTS)}, not by {sort!r}")
    if owing not in (None, "open", "past_due", "late", "disputed", "unapplied"):
        raise ValueError(f"an account owes open, past_due, late, disputed or unapplied, not {owing!r}")
    customers = _customers(only, text, status)
    books = _Today(today, policy, only) if as_of == today and not posted_ahead(today) else _Then(as_of, policy, only)
    if column in ("name", "number") and owing is None and not _narrows_books(only):
        order = sort.replace("name", "sort_name") if column == "name" else sort
        count = customers.count()
        ids = list(customers.order_by(order, "pk").values_list("pk", flat=True)[(page - 1) * page_size : page * page_size])
    else:
        ids, count = books.page(customers, sort, owing, page, page_size)
    owed = books.owed(ids)
    currencies = {each.currency for rows in owed.values() for each in rows} | books.currencies()
    rates = rates_to(policy.home_currency, sorted(currencies), as_of)
    rows = _rows(ids, owed, rates, policy.home_currency, as_of)
    stated = tuple(rate for base, rate in sorted(rates.items()) if base != policy.home_currency)
    missing = tuple(sorted(currencies - set(rates)))
    return AccountList(as_of, rows, count, page, page_size, sort, policy.home_currency, stated, missing)


def _narrows_books(only: Filters) -> bool:
    return only.entity is not None or only.currency is not None


def _customers(only: Filters, text: str, status: str | None) -> QuerySet[Customer]:
    found = only.customers()
    customers = Customer.objects.all() if found is None else found
    if only.customer is not None:
        customers = customers.filter(pk=only.customer)
    if status is not None:
        customers = customers.filter(status=status)
    if text.strip():
        customers = customers.filter(prefix("sort_name", sort_name(text)) | prefix("number", text.strip()) | prefix("number", text.strip().upper()))
    return customers


class _Today:
    """Today's balances, asked in SQL."""

    def __init__(self, today: date, policy: Policy, only: Filters) -> None:
        self.today, self.policy = today, policy
        # Who the customer is is asked once, of the customers; here only what a balance itself knows.
        self.only = Filters(entity=only.entity, currency=only.currency)

    def currencies(self) -> set[str]:
        return set()

    def page(
        self, customers: QuerySet[Customer], sort: str, owing: str | None, page: int, page_size: int
    ) -> tuple[list[int], int]:
        inner, params = standing_sql(self.today, self.policy, self.only)
        who, given = "", []
        if customers.query.where:
            try:
                sql, given = customers.order_by().values("pk").query.sql_with_params()
            except EmptyResultSet:
                return [], 0
            who = f"WHERE s.customer_id IN ({sql})"
        having = f"HAVING SUM(s.{_OWING[owing]}) > 0" if owing else ""
        grouped = f"FROM ({inner}) s JOIN records_customer c ON c.id = s.customer_id {who} GROUP BY s.customer_id {having}"
        values = [*params, *given]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM (SELECT s.customer_id {grouped}) g", values)  # noqa: S608
            count = int(cursor.fetchone()[0])
            order = self._order(sort)
            cursor.execute(
                f"SELECT s.customer_id {grouped} ORDER BY {order}, s.customer_id LIMIT %s OFFSET %s",
                [*values, page_size, (page - 1) * page_size],
            )
            return [row[0] for row in cursor.fetchall()], count

    def _order(self, sort: str) -> str:
        falling = " DESC" if sort.startswith("-") else ""
        column = sort.removeprefix("-")
        if column in ("name", "number"):
            return f"MIN(c.{'sort_name' if column == 'name' else column}){falling}"
        if column == "oldest_due_on":
            return f"MIN(s.oldest_due_on) IS NULL, MIN(s.oldest_due_on){falling}"
        value = "s.debits - s.unapplied" if column == "net" else f"s.{column}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT currency FROM records_balance")
            bases = [row[0] for row in cursor.fetchall()]
        worth = worth_of(rates_to(self.policy.home_currency, bases, self.today), self.policy.home_currency)
        # Only the order rests on this; what is shown is converted exactly.
        cases = " ".join(f"WHEN '{base}' THEN {factor / 10**8:.8f}" for base, factor in worth.items())
        return f"SUM(({value}) * (CASE s.currency {cases} ELSE 0 END)){falling}" if cases else f"SUM({value}){falling}"

    def owed(self, ids: Sequence[int]) -> dict[int, list[Owed]]:
        if not ids:
            return {}
        inner, params = standing_sql(self.today, self.policy, self.only, f"customer_id IN ({', '.join(map(str, map(int, ids)))})")
        sums = ", ".join(f"SUM(s.{name})" for name in (*_AMOUNTS, "items"))
        sql = (
            f"SELECT s.customer_id, s.currency, {sums}, MIN(s.oldest_due_on) FROM ({inner}) s "  # noqa: S608
            "GROUP BY s.customer_id, s.currency ORDER BY s.currency"
        )
        found: dict[int, list[Owed]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            for customer, currency, *amounts, oldest in cursor.fetchall():
                day = date.fromisoformat(oldest) if isinstance(oldest, str) else oldest
                found[customer].append(Owed(currency, *map(int, amounts), day))
        return found


_OWING = {"open": "items", "past_due": "past_due", "late": "late", "disputed": "disputed", "unapplied": "unapplied"}


class _Then:
    """The balances of a past day, from one extract."""

    def __init__(self, as_of: date, policy: Policy, only: Filters) -> None:
        self.as_of, self.policy = as_of, policy
        book = extract(as_of, only=only)
        debit, days = book.side == 1, book.days_past_due()
        self.all: dict[int, list[Owed]] = defaultdict(list)
        pairs, inverse = np.unique(book.customer_id * 256 + book.currency, return_inverse=True)
        far = np.iinfo(np.int32).max
        oldest = np.full(len(pairs), far, np.int32)
        np.minimum.at(oldest, inverse[debit], book.due[debit])

        def total(where: Any, what: Any) -> list[int]:
            into = np.zeros(len(pairs), np.int64)
            np.add.at(into, inverse[where], what[where])
            return into.tolist()

        late = days >= policy.late_bucket_from
        columns = (
            total(debit, book.open), total(~debit, book.open), total(debit, book.disputed), total(debit & (days >= 1), book.open),
            total(debit & late, book.open), total(debit, np.ones(len(book), np.int64)), oldest.tolist(),
        )  # fmt: skip
        for pair, *amounts, due in zip(pairs.tolist(), *columns):
            self.all[pair >> 8].append(Owed(CURRENCIES[pair & 255], *amounts, None if due == far else day_of(due)))
        for rows in self.all.values():
            rows.sort(key=lambda each: each.currency)

    def currencies(self) -> set[str]:
        return {each.currency for rows in self.all.values() for each in rows}

    def page(
        self, customers: QuerySet[Customer], sort: str, owing: str | None, page: int, page_size: int
    ) -> tuple[list[int], int]:
        worth = worth_of(rates_to(self.policy.home_currency, sorted(self.currencies()), self.as_of), self.policy.home_currency)
        column = sort.removeprefix("-")
        kept = []
        for pk, number, name in customers.order_by().values_list("pk", "number", "sort_name"):
            rows = self.all.get(pk)
            if not rows or (owing and sum(getattr(each, _OWING[owing]) for each in rows) <= 0):
                continue
            if column in ("name", "number"):
                kept.append((name if column == "name" else number, pk))
            elif column == "oldest_due_on":
                kept.append((min((each.oldest_due_on for each in rows if each.oldest_due_on), default=date.max), pk))
            else:
                kept.append((sum(getattr(each, column) * worth.get(each.currency, 0) for each in rows), pk))
        kept.sort(key=lambda pair: pair[1])
        kept.sort(key=lambda pair: pair[0], reverse=sort.startswith("-"))
        if column == "oldest_due_on":
            kept.sort(key=lambda pair: pair[0] == date.max)
        return [pk for _, pk in kept[(page - 1) * page_size : page * page_size]], len(kept)

    def owed(self, ids: Sequence[int]) -> dict[int, list[Owed]]:
        return {pk: self.all[pk] for pk in ids if pk in self.all}


def _rows(
    ids: Sequence[int], owed: dict[int, list[Owed]], rates: dict[str, Rate], home: str, as_of: date
) -> tuple[AccountRow, ...]:
    names = ("number", "name", "status", "segment", "country", "collector_id", "parent_id")
    people = ("collector__first_name", "collector__last_name", "collector__username")
    found = {row["pk"]: row for row in Customer.objects.filter(pk__in=ids).values("pk", *names, *people)}
    called = dict(Call.objects.filter(customer__in=ids, day__lte=as_of).values_list("customer").annotate(Max("day")))
    steps: dict[int, tuple[str, str, dict[str, Any]]] = {}
    days = Decision.objects.filter(customer__in=ids, day__lte=as_of).values_list("customer").annotate(Max("day"))
    last = Q(pk__in=[])
    for customer, day in days:
        last |= Q(customer=customer, day=day)
    for customer, step, code, facts in (
        Decision.objects.filter(last).order_by("revision").values_list("customer_id", "step", "code", "facts")
    ):
        steps[customer] = (step, code, facts)
    rows = []
    for pk in ids:
        row = found[pk]
        collector = full_name(*(row[name] for name in people))
        parts = tuple(owed.get(pk, ()))
        rows.append(
            AccountRow(
                pk, *(row[name] for name in names[:6]), collector, row["parent_id"], parts, _home(parts, rates, home),
                called.get(pk), *steps.get(pk, ("", "", {})),
            )
        )  # fmt: skip
    return tuple(rows)


def _home(parts: tuple[Owed, ...], rates: dict[str, Rate], home: str) -> Owed | None:
    sums = dict.fromkeys(_AMOUNTS, 0)
    for each in parts:
        for name in _AMOUNTS:
            minor = home_minor(getattr(each, name), each.currency, rates, home)
            if minor is None:
                return None
            sums[name] += minor
    oldest = min((each.oldest_due_on for each in parts if each.oldest_due_on), default=None)
    return Owed(home, **sums, items=sum(each.items for each in parts), oldest_due_on=oldest)

