"""The list of accounts: who owes what, who looks after them, and which need a look (B1, B9). Today in SQL, other days in arrays.

Amounts stay in their currencies; one worth in the home currency orders accounts that owe in several, and is never shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from dunlin.records.customers import sort_name
from dunlin.records.models import Customer
from dunlin.reports.arrays import day_number
from dunlin.reports.books import CURRENCIES, extract
from dunlin.reports.filters import ALL, Filters
from dunlin.reports.rates import rates_to
from dunlin.reports.standing import posted_ahead, standing_sql
from dunlin.rules.money import minor_digits
from dunlin.rules.policy import Policy

STATES = ("open", "past_due", "late", "disputed", "unapplied", "over_limit", "nothing_open")
SORTS = ("name", "number", "net", "past_due", "late", "oldest", "disputed", "unapplied")
PAGE_SIZE = 100
_FIGURES = ("debits", "unapplied", "disputed", "past_due", "late")
_PIECE = 2_000
_NO_DAYS = -(10**6)


@dataclass(frozen=True, slots=True)
class Owed:
    """What an account owes in one currency, minor units. `oldest_days` past due of its oldest open debit; negative: not due."""

    currency: str
    debits: int
    unapplied: int
    disputed: int
    past_due: int
    late: int
    oldest_days: int | None

    @property
    def net(self) -> int:
        return self.debits - self.unapplied


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account. `credit_limit` in its own currency, None when none is set; zero allows nothing. `owed` a line a currency."""

    id: int
    number: str
    name: str
    status: str
    segment: str
    country: str
    currency: str
    credit_limit: int | None
    collector_id: int | None
    collector: str
    owed: tuple[Owed, ...] = ()

    @property
    def line_used_pct(self) -> int | None:
        """Open debits of the account's own currency against its credit line, whole per cent; None without a line above zero."""
        if not self.credit_limit:
            return None
        own = sum(each.debits for each in self.owed if each.currency == self.currency)
        return 100 * own // self.credit_limit


@dataclass(frozen=True)
class AccountList:
    """A page of `count` accounts; `totals` per currency are of all of them."""

    rows: tuple[AccountRow, ...]
    count: int
    totals: tuple[Owed, ...]


def accounts(
    as_of: date, today: date, policy: Policy, *, only: Filters = ALL, state: str = "", status: str = "", search: str = "",
    page: int = 1, page_size: int = PAGE_SIZE, sort: str = "-past_due",
) -> AccountList:  # fmt: skip
    """One page of the accounts that pass. `state` is one of STATES, `sort` of SORTS, "-" for falling. At most nine queries.

    What is owed is as of the day; assignment, status and credit line are those of today. ValueError for an unknown state
    or order.
    """
    found = _Found(as_of, today, policy, only, state, status, search, sort)
    ids = found.ids[(page - 1) * page_size : page * page_size]
    return AccountList(tuple(found.rows(ids)), len(found.ids), found.totals())


def every_account(
    as_of: date, today: date, policy: Policy, *, only: Filters = ALL, state: str = "", status: str = "", search: str = "",
    sort: str = "-past_due",
) -> Iterator[AccountRow]:  # fmt: skip
    """All accounts that pass, in order, read piece by piece."""
    found = _Found(as_of, today, policy, only, state, status, search, sort)
    for start in range(0, len(found.ids), _PIECE):
        yield from found.rows(found.ids[start : start + _PIECE])


class _Found:
    """The ids that pass, in order, and how to read their rows."""

    def __init__(
        self,
        as_of: date,
        today: date,
        policy: Policy,
        only: Filters,
        state: str,
        status: str,
        search: str,
        sort: str,
    ) -> None:
        if state and state not in STATES:
            raise ValueError(f"accounts are {', '.join(STATES)}, not {state!r}")
        if sort.removeprefix("-") not in SORTS:
            raise ValueError(f"accounts are sorted by {', '.join(SORTS)}, not by {sort!r}")
        self.as_of, self.today, self.policy, self.only = as_of, today, policy, only
        self.state, self.sort = state, sort
        self.customers = _customers(only, status, search)
        self.documents = Filters(entity=only.entity, currency=only.currency)
        self.past = (
            None if as_of == today and not posted_ahead(today) else _past(as_of, policy, self.documents)
        )
        self.ids = self._ids_today() if self.past is None else self._ids_past(self.past)

    def rows(self, ids: Sequence[int]) -> Iterator[AccountRow]:
        """Two queries."""
        owed = self._owed(ids)
        read = {row[0]: row for row in Customer.objects.filter(pk__in=ids).values_list(*_FIELDS)}
        for pk in ids:
            *head, first, last, username = read[pk]
            name = f"{first or ''} {last or ''}".strip() or username or ""
            yield AccountRow(*head, name, tuple(owed.get(pk, ())))  # type: ignore[call-arg]

    def totals(self) -> tuple[Owed, ...]:
        sums: dict[str, list[int]] = {}
        if self.past is not None:
            wanted = set(self.ids)
            lines = [each for pk, owed in self.past.items() if pk in wanted for each in owed]
        else:
            lines = self._totals_today()
        for each in lines:
            into = sums.setdefault(each.currency, [0] * len(_FIGURES))
            for place, name in enumerate(_FIGURES):
                into[place] += getattr(each, name)
        return tuple(Owed(currency, *figures, None) for currency, figures in sorted(sums.items()))  # type: ignore[call-arg]

    # Today

    def _relation(self, extra: str = "") -> tuple[str, list[Any]]:
        return standing_sql(self.today, self.policy, self.documents, extra)

    def _ids_today(self) -> list[int]:
        inner, params = self._relation()
        try:
            passing, given = self.customers.values("pk").query.sql_with_params()
        except EmptyResultSet:
            return []
        worth = _worth_sql(self.policy, self.today)
        figures = ", ".join(
            f"SUM(s.{name}) AS {name}, SUM(s.{name} * {worth('s.currency')}) AS w_{name}" for name in _FIGURES
        )
        own = worth("k.currency")
        line = (
            f"SUM(CASE WHEN s.currency = k.currency THEN s.debits WHEN {own} > 0 "
            f"THEN s.debits * {worth('s.currency')} / {own} ELSE 0 END)"
        )
        # An account without documents of the entity or currency asked for does not belong to the list.
        join = "LEFT JOIN" if self.documents == ALL else "JOIN"
        sql = (
            f"SELECT c.id FROM records_customer c {join} (SELECT s.customer_id, {figures}, {line} AS used, "  # noqa: S608
            f"MIN(s.oldest_due_on) AS oldest FROM ({inner}) s JOIN records_customer k ON k.id = s.customer_id "
            f"GROUP BY s.customer_id) f ON f.customer_id = c.id WHERE c.id IN ({passing}) {_STATE_SQL[self.state]} "
            f"ORDER BY {_order_sql(self.sort)}, c.id"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [*params, *given])
            return [pk for (pk,) in cursor.fetchall()]

    def _owed(self, ids: Sequence[int]) -> dict[int, list[Owed]]:
        if not ids:
            return {}
        if self.past is not None:
            return {pk: self.past[pk] for pk in ids if pk in self.past}
        inner, params = self._relation(f"customer_id IN ({', '.join(map(str, map(int, ids)))})")
        sums = ", ".join(f"SUM(s.{name})" for name in _FIGURES)
        oldest = day_text("MIN(s.oldest_due_on)")
        sql = (
            f"SELECT s.customer_id, s.currency, {sums}, {oldest} FROM ({inner}) s GROUP BY s.customer_id, s.currency "  # noqa: S608
            "ORDER BY s.customer_id, s.currency"
        )
        found: dict[int, list[Owed]] = {}
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            for customer, currency, *figures, due in cursor.fetchall():
                days = (self.today - date.fromisoformat(due)).days if due else None
                found.setdefault(customer, []).append(Owed(currency, *map(int, figures), days))  # type: ignore[call-arg]
        return found

    def _totals_today(self) -> list[Owed]:
        # Most lists are of most accounts: reading all balances once beats naming each account.
        inner, params = self._relation()
        sums = ", ".join(f"s.{name}" for name in _FIGURES)
        wanted = set(self.ids)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT s.customer_id, s.currency, {sums} FROM ({inner}) s", params)  # noqa: S608
            return [Owed(row[1], *map(int, row[2:]), None) for row in cursor.fetchall() if row[0] in wanted]  # type: ignore[call-arg]

    # Another day

    def _ids_past(self, past: dict[int, list[Owed]]) -> list[int]:
        rates = rates_to(
            self.policy.home_currency,
            sorted({each.currency for owed in past.values() for each in owed}),
            self.as_of,
        )
        worth = {base: float(each.rate) / 10 ** minor_digits(base) for base, each in rates.items()}
        fields = ("pk", "sort_name", "number", "currency", "credit_limit")
        rows = [
            row
            for row in self.customers.values_list(*fields)
            if self._in_state(row, past.get(row[0], []), worth)
        ]
        if self.documents != ALL:
            rows = [row for row in rows if row[0] in past]
        column = self.sort.removeprefix("-")
        rows.sort(key=lambda row: row[0])

        def value(row: tuple[Any, ...]) -> Any:
            owed = past.get(row[0], [])
            if column in ("name", "number"):
                return row[1] if column == "name" else row[2]
            if column == "oldest":
                return max(
                    (each.oldest_days for each in owed if each.oldest_days is not None), default=_NO_DAYS
                )
            return sum(getattr(each, column) * worth.get(each.currency, 0.0) for each in owed)

        rows.sort(key=value, reverse=self.sort.startswith("-"))
        if column == "oldest":  # who owes nothing has no oldest item and comes last either way
            rows.sort(key=lambda row: value(row) == _NO_DAYS)
        return [row[0] for row in rows]

    def _in_state(self, row: tuple[Any, ...], owed: list[Owed], worth: dict[str, float]) -> bool:
        if self.state == "over_limit":
            limit, own = row[4], worth.get(row[3])
            if limit is None or not owed:
                return False
            used = sum(
                each.debits
                if each.currency == row[3]
                else each.debits * worth.get(each.currency, 0.0) / own
                if own
                else 0
                for each in owed
            )
            return bool(used > limit)
        if self.state in ("", "open", "nothing_open"):
            return self.state == "" or bool(owed) == (self.state == "open")
        return any(getattr(each, self.state) > 0 for each in owed)


_FIELDS = (
    "pk", "number", "name", "status", "segment", "country", "currency", "credit_limit", "collector_id",
    "collector__first_name", "collector__last_name", "collector__username",
)  # fmt: skip
_STATE_SQL = {
    "": "",
    "open": "AND f.customer_id IS NOT NULL",
    "nothing_open": "AND f.customer_id IS NULL",
    "over_limit": "AND c.credit_limit IS NOT NULL AND f.used > c.credit_limit",
    **{name: f"AND f.{name} > 0" for name in ("past_due", "late", "disputed", "unapplied")},
}


def _customers(only: Filters, status: str, search: str) -> QuerySet[Customer]:
    found = only.customers()
    found = Customer.objects.order_by() if found is None else found
    if status:
        found = found.filter(status=status)
    if only.customer is not None:
        found = found.filter(pk=only.customer)
    if search:
        found = found.filter(Q(sort_name__contains=sort_name(search)) | Q(number__istartswith=search))
    return found


def _worth_sql(policy: Policy, today: date) -> Any:
    """SQL of the worth of one minor unit of a currency column; only the order of accounts rests on it."""
    bases = sorted(
        set(Customer.objects.order_by().values_list("currency", flat=True).distinct()) | set(CURRENCIES)
    )
    rates = rates_to(policy.home_currency, bases, today)
    whens = " ".join(
        f"WHEN '{base}' THEN {each.rate.scaleb(-minor_digits(base)):.12f}"
        for base, each in sorted(rates.items())
    )
    return lambda column: f"(CASE {column} {whens} ELSE 0 END)" if whens else "0"


def _order_sql(sort: str) -> str:
    falling = " DESC" if sort.startswith("-") else ""
    column = sort.removeprefix("-")
    if column in ("name", "number"):
        return f"c.{'sort_name' if column == 'name' else 'number'}{falling}"
    if column == "oldest":
        # The oldest has most days, so the order of days is the other way round; who owes nothing comes last.
        return f"CASE WHEN f.oldest IS NULL THEN 1 ELSE 0 END, f.oldest{'' if falling else ' DESC'}"
    value = "f.w_debits - f.w_unapplied" if column == "net" else f"f.w_{column}"
    return f"COALESCE({value}, 0){falling}"


def day_text(expression: str) -> str:
    """SQL of a day as ISO text on either engine."""
    return f"to_char({expression}, 'YYYY-MM-DD')" if connection.vendor == "postgresql" else expression


def _past(as_of: date, policy: Policy, documents: Filters) -> dict[int, list[Owed]]:
    """What every account owed on the day, by currency. Five queries."""
    book = extract(as_of, only=documents)
    if not len(book):
        return {}
    keys, inverse = np.unique(book.customer_id * len(CURRENCIES) + book.currency, return_inverse=True)
    debit, days = book.side == 1, book.days_past_due()
    columns = {
        "debits": (debit, book.open), "unapplied": (~debit, book.open), "disputed": (debit, book.disputed),
        "past_due": (debit & (days >= 1), book.open), "late": (debit & (days >= policy.late_bucket_from), book.open),
    }  # fmt: skip
    sums = np.zeros((len(_FIGURES), len(keys)), np.int64)
    for place, name in enumerate(_FIGURES):
        where, what = columns[name]
        np.add.at(sums[place], inverse[where], what[where])
    oldest = np.full(len(keys), np.iinfo(np.int32).max, np.int64)
    np.minimum.at(oldest, inverse[debit], book.due[debit])
    found: dict[int, list[Owed]] = {}
    for key, figures, due in zip(keys.tolist(), sums.T.tolist(), oldest.tolist()):
        age = day_number(as_of) - due if due < np.iinfo(np.int32).max else None
        found.setdefault(key // len(CURRENCIES), []).append(
            Owed(CURRENCIES[key % len(CURRENCIES)], *figures, age)  # type: ignore[call-arg]  # as many as _FIGURES
        )
    for owed in found.values():
        owed.sort(key=lambda each: each.currency)
    return found
