"""The facts of many customers at once, as the decision of a day needs them: a fixed number of queries per chunk.

A chunk is a range of customer ids. Today's facts come from the stored open amounts; those of a past day from the
postings up to it. Decisions of past days are not made again from here: they are read from their table (P4-P7, P18).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, Min, Q

from dunlin.records.items import STAGES
from dunlin.records.models import (
    Block,
    Call,
    Contact,
    Customer,
    Dispute,
    DueDateChange,
    ExchangeRate,
    FollowUp,
    Promise,
    PromiseItem,
    Snooze,
)
from dunlin.rules.campaigns import REACHED
from dunlin.rules.policy import Policy
from dunlin.rules.situations import CustomerBlock, OpenItem, PromiseFact, Rate, Situation
from dunlin.rules.situations import Snooze as SnoozeFact

CHUNK_CUSTOMERS = 4_000
CHUNK_ITEMS = 25_000  # a few customers may hold most of a book

# Item.stage is the highest stage done or skipped; the rule wants the names of all up to it.
STAGES_DONE: tuple[tuple[str, ...], ...] = tuple(STAGES[1 : index + 1] for index in range(len(STAGES)))


def customers_with_open_items(day: date, past: bool = False) -> dict[int, int]:
    """Customer → how many debits and credits are open on `day`; customers without any are not in it. One query."""
    where, parameters = "open > 0", []
    if past:
        where, parameters = "posted_on <= %s AND (closed_on IS NULL OR closed_on > %s)", [day, day]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT customer_id, COUNT(*) FROM records_item WHERE {where} GROUP BY customer_id",  # noqa: S608
            parameters,
        )
        return dict(cursor.fetchall())


def chunk_ranges(counts: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """(first id, last id) of slices of the customers, by id: at most CHUNK_CUSTOMERS of them, and at most CHUNK_ITEMS items
    unless one customer alone has more."""
    first = last = None
    customers = items = 0
    for pk in sorted(counts):
        if first is not None and (customers == CHUNK_CUSTOMERS or items + counts[pk] > CHUNK_ITEMS):
            yield first, last or first
            first, customers, items = None, 0, 0
        first, last = first or pk, pk
        customers, items = customers + 1, items + counts[pk]
    if first is not None:
        yield first, last or first


def home_rates(day: date, home: str) -> dict[str, Rate]:
    """Currency → rate to the home currency, the newest on or before `day`; a quote the other way round is turned. One query."""
    newest: dict[str, Rate] = {}
    found = ExchangeRate.objects.filter(Q(quote=home) | Q(base=home), on__lte=day).order_by("on")
    for base, quote, on, rate in found.values_list("base", "quote", "on", "rate"):
        if quote == home:
            newest[base] = Rate.of(rate.normalize(), base, home, on)
        elif quote not in newest or newest[quote].text.startswith("1 / "):
            turned = Rate.of(rate.normalize(), home, quote, on)
            newest[quote] = Rate(turned.denominator, turned.numerator, on, f"1 / {turned.text}")
    return newest


def situation(customer_id: int, day: date, policy: Policy, past: bool = False) -> Situation | None:
    """The facts of one customer, or None if there is no such customer."""
    return next(
        situations(customer_id, customer_id, day, policy, home_rates(day, policy.home_currency), past), None
    )


def situations(
    first_id: int, last_id: int, day: date, policy: Policy, rates: Mapping[str, Rate], past: bool = False
) -> Iterator[Situation]:
    """The facts of the customers with ids from `first_id` through `last_id`, by id. `past`: undo what was posted after `day`.

    Ten queries, a few more for a past day, however many customers and items there are.
    """
    span = {"customer__gte": first_id, "customer__lte": last_id}
    blocks, item_blocks = _blocks(span, day)
    books = (_books_then if past else _books_now)(first_id, last_id, day, item_blocks)
    promises = _promises(span, day)
    calls = _calls(span, day, policy)
    silent = _silent_contacts(span)
    follow_ups = dict(
        FollowUp.objects.filter(**span, done_at=None)
        .values("customer")
        .annotate(on=Min("due_on"))
        .values_list("customer", "on")
    )
    snoozes = _snoozes(span, day)
    people = Customer.objects.filter(pk__gte=first_id, pk__lte=last_id).order_by("pk")
    nothing: _Calls = _Calls()
    for customer_id, number, name in people.values_list("pk", "number", "name"):
        called = calls.get(customer_id, nothing)
        told = blocks.get(customer_id, ())
        kinds = [each.kind for each in told]
        contacts = silent.get(customer_id, (False, False))
        yield Situation(
            customer_id,
            number,
            name,
            books.items.get(customer_id, ()),
            books.unapplied.get(customer_id, {}),
            promises.get(customer_id, ()),
            [each for each in told if each.kind not in ("cease_contact", "do_not_call")] if told else (),
            contacts[0] or "do_not_call" in kinds,
            contacts[1] or "cease_contact" in kinds,
            called.reached_on,
            called.last_on,
            called.last_outcome,
            called.attempts_today,
            False,
            follow_ups.get(customer_id),
            snoozes.get(customer_id),
            rates,
        )


@dataclass(slots=True)
class _Books:
    items: dict[int, list[OpenItem]] = field(default_factory=dict)
    unapplied: dict[int, dict[str, int]] = field(default_factory=dict)


class _Days(dict[Any, Any]):
    """ISO text → date, each text read once: a book has few different days and many items."""

    def __missing__(self, text: str | None) -> date | None:
        read = self[text] = None if text is None else date.fromisoformat(text[:10])
        return read


def _items_sql(where: str) -> tuple[str, Callable[[Any], Any]]:
    """The query of open items, and what turns a day of its rows into a date.

    SQLite parses every date it is told is one; a unary plus hides that, and the rows of a book share their few days.
    """
    plain = "+" if connection.vendor == "sqlite" else ""
    sql = (
        f"SELECT customer_id, side, id, number, kind, invoice_class, {plain}document_on, {plain}due_on, open, disputed, "  # noqa: S608
        f"currency, {plain}service_month, stage FROM records_item WHERE customer_id BETWEEN %s AND %s AND {where} "
        "ORDER BY customer_id"
    )
    return sql, _Days().__getitem__ if plain else _same


def _same(value: Any) -> Any:
    return value


def _books_now(first_id: int, last_id: int, day: date, item_blocks: Mapping[int, str]) -> _Books:
    """Open items by the stored open amounts. This loop sees every open item of the book."""
    books = _Books()
    items, unapplied = books.items, books.unapplied
    sql, to_day = _items_sql("open > 0 AND posted_on <= %s")
    block_of, make, done = item_blocks.get, tuple.__new__, STAGES_DONE
    current, group = None, []
    with connection.cursor() as cursor:
        cursor.execute(sql, [first_id, last_id, day])
        for (
            customer, side, pk, number, kind, klass, document, due, open_, disputed, currency, month, stage,
        ) in cursor.fetchall():  # fmt: skip
            if side == 1:
                if customer != current:
                    current, group = customer, items.setdefault(customer, [])
                # As OpenItem(...) makes it, without the call in between: a fifth of the time of reading a book.
                group.append(
                    make(
                        OpenItem,
                        (
                            pk, number, kind, klass, to_day(document), to_day(due), open_, disputed, currency,
                            to_day(month), block_of(pk, ""), done[stage],
                        ),
                    )
                )  # fmt: skip
            else:
                credit = unapplied.setdefault(customer, {})
                credit[currency] = credit.get(currency, 0) + open_
    return books


def _books_then(first_id: int, last_id: int, day: date, item_blocks: Mapping[int, str]) -> _Books:
    """Open items as the books said on a past day: later applications, due dates and disputes are undone."""
    books = _Books()
    sql, to_day = _items_sql("posted_on <= %s AND (closed_on IS NULL OR closed_on > %s)")
    with connection.cursor() as cursor:
        later: dict[int, int] = {}
        for side in ("debit_id", "credit_id"):
            cursor.execute(
                f"SELECT a.{side}, SUM(a.amount) FROM records_application a JOIN records_item i ON i.id = a.{side} "  # noqa: S608
                f"WHERE a.posted_on > %s AND i.customer_id BETWEEN %s AND %s GROUP BY a.{side}",
                [day, first_id, last_id],
            )
            later.update((pk, int(minor)) for pk, minor in cursor)
        due_then = _due_dates_then(first_id, last_id, day)
        disputed_then = _disputed_then(first_id, last_id, day)
        cursor.execute(sql, [first_id, last_id, day, day])
        for (
            customer,
            side,
            pk,
            number,
            kind,
            klass,
            document,
            due,
            open_,
            _,
            currency,
            month,
            stage,
        ) in cursor:
            then = open_ + later.get(pk, 0)
            if then <= 0:
                continue
            if side == -1:
                credit = books.unapplied.setdefault(customer, {})
                credit[currency] = credit.get(currency, 0) + then
                continue
            books.items.setdefault(customer, []).append(
                OpenItem(
                    pk, number, kind, klass, to_day(document), due_then.get(pk) or to_day(due), then,
                    min(then, disputed_then.get(pk, 0)), currency, to_day(month), item_blocks.get(pk, ""), STAGES_DONE[stage],
                )
            )  # fmt: skip
    return books


def _due_dates_then(first_id: int, last_id: int, day: date) -> dict[int, date]:
    """Item → due date before the first change posted after `day`."""
    changes = DueDateChange.objects.filter(
        posted_on__gt=day, item__customer__gte=first_id, item__customer__lte=last_id
    ).order_by("-posted_on", "-pk")
    return dict(changes.values_list("item", "old_due_on"))


def _disputed_then(first_id: int, last_id: int, day: date) -> dict[int, int]:
    rows = Dispute.objects.filter(
        Q(resolved_on=None) | Q(resolved_on__gt=day),
        customer__gte=first_id,
        customer__lte=last_id,
        opened_on__lte=day,
    )
    found: dict[int, int] = {}
    for item, minor in rows.values_list("item", "amount"):
        found[item] = found.get(item, 0) + minor
    return found


def _blocks(span: dict[str, int], day: date) -> tuple[dict[int, list[CustomerBlock]], dict[int, str]]:
    """Blocks in force on `day`: of customers, and item id → kind."""
    over = datetime.combine(day + timedelta(1), time(), UTC)
    rows = Block.objects.filter(
        Q(until_on=None) | Q(until_on__gte=day),
        Q(lifted_at=None) | Q(lifted_at__gte=over),
        **span,
        from_on__lte=day,
    ).order_by("from_on", "pk")
    customers: dict[int, list[CustomerBlock]] = {}
    items: dict[int, str] = {}
    for customer, item, kind, until in rows.values_list("customer", "item", "kind", "until_on"):
        if item is None:
            customers.setdefault(customer, []).append(CustomerBlock(kind, until))
        else:
            items[item] = kind
    return customers, items


def _promises(span: dict[str, int], day: date) -> dict[int, list[PromiseFact]]:
    """Open promises, and broken ones that no newer promise about one of their items superseded."""
    rows = Promise.objects.filter(
        **span, status__in=("open", "broken"), replaced_by=None, made_on__lte=day
    ).order_by("pk")
    kept = list(rows.values_list("customer", "pk", "amount", "currency", "due_on", "status", "made_on"))
    if not kept:
        return {}
    of: dict[int, list[int]] = {}
    named = PromiseItem.objects.filter(promise__in=rows.order_by().values("pk"))
    for promise, item in named.values_list("promise", "item"):
        of.setdefault(promise, []).append(item)
    found: dict[int, list[PromiseFact]] = {}
    for customer, pk, amount, currency, due_on, status, made_on in kept:
        facts = found.setdefault(customer, [])
        items = frozenset(of.get(pk, ()))
        if items:
            facts[:] = [each for each in facts if each.status == "open" or items.isdisjoint(each.item_ids)]
        facts.append(PromiseFact(pk, amount, currency, due_on, status, items, made_on))
    return found


@dataclass(slots=True)
class _Calls:
    reached_on: date | None = None
    last_on: date | None = None
    last_outcome: str = ""
    attempts_today: tuple[str, ...] = ()


def _calls(span: dict[str, int], day: date, policy: Policy) -> dict[int, _Calls]:
    """Calls of the days that can still matter: today's attempts, and whom we reached within the days of rest."""
    since = day - timedelta(policy.rest_days_after_reached)
    rows = Call.objects.filter(**span, day__gte=since, day__lte=day).order_by("started_at", "pk")
    found: dict[int, _Calls] = {}
    for customer, on, outcome, direction in rows.values_list("customer", "day", "outcome", "direction"):
        calls = found.setdefault(customer, _Calls())
        calls.last_on, calls.last_outcome = on, outcome
        if outcome in REACHED:
            calls.reached_on = on
        if on == day and direction == "out":
            calls.attempts_today += (outcome,)
    return found


def _silent_contacts(span: dict[str, int]) -> dict[int, tuple[bool, bool]]:
    """Customer → (nobody there may be called, nobody there may be contacted), when every active contact says so."""
    rows = (
        Contact.objects.filter(**span, active=True)
        .values("customer")
        .annotate(
            people=Count("pk"),
            quiet=Count("pk", filter=Q(do_not_call=True) | Q(cease_contact=True)),
            ceased=Count("pk", filter=Q(cease_contact=True)),
        )
        .filter(quiet=F("people"))
        .order_by()
    )
    return {
        customer: (True, ceased == people)
        for customer, people, ceased in rows.values_list("customer", "people", "ceased")
    }


def _snoozes(span: dict[str, int], day: date) -> dict[int, SnoozeFact]:
    over = datetime.combine(day + timedelta(1), time(), UTC)
    rows = Snooze.objects.filter(
        Q(ended_at=None) | Q(ended_at__gte=over), **span, from_on__lte=day, until_on__gt=day
    ).order_by("until_on", "pk")
    return {
        customer: SnoozeFact(until, why, f"{first} {last}".strip() or username, since)
        for customer, until, why, since, first, last, username in rows.values_list(
            "customer", "until_on", "reason", "from_on", "by__first_name", "by__last_name", "by__username"
        )
    }
