"""The facts of many customers at once, as the decision of a day needs them: a fixed number of queries per chunk.

A chunk is a range of customer ids. Today's facts come from the stored open amounts; those of a past day from the
postings up to it. Decisions of past days are not made again from here: they are read from their table (P4-P7, P18).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from dunlin.records.models import (
    Block,
    Call,
    Contact,
    ContactPoint,
    Customer,
    ExchangeRate,
    FollowUp,
    Message,
    Promise,
    PromiseItem,
    PromiseJudgement,
    Snooze,
)
from dunlin.reports.call_limits import LOOK_BACK_DAYS, call_limits
from dunlin.reports.moments import day_begins, day_ends
from dunlin.reports.situation_books import Chosen, books_now, books_then, group_credit
from dunlin.rules.campaigns import REACHED
from dunlin.rules.policy import Policy
from dunlin.rules.promises import MONEY_KINDS
from dunlin.rules.situations import CustomerBlock, PromiseFact, Rate, Situation
from dunlin.rules.situations import Snooze as SnoozeFact

CHUNK_CUSTOMERS = 4_000
CHUNK_ITEMS = 50_000  # a few customers may hold most of a book


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
    """Currency → rate to the home currency, the newest on or before `day`; a quote the other way round is turned. Two queries."""
    newest: dict[str, Rate] = {}
    known = ExchangeRate.objects.filter(Q(quote=home) | Q(base=home), on__lte=day).order_by()
    last = Q(pk=None)
    for base, quote, on in known.values_list("base", "quote").annotate(last=Max("on")):
        last |= Q(base=base, quote=quote, on=on)
    for base, quote, on, rate in known.filter(last).order_by("on").values_list("base", "quote", "on", "rate"):
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
    first_id: int,
    last_id: int,
    day: date,
    policy: Policy,
    rates: Mapping[str, Rate],
    past: bool = False,
    only: Collection[int] = (),
) -> Iterator[Situation]:
    """The facts of the customers with ids from `first_id` through `last_id`, or of those in `only`, by id. `past`: undo what was
    posted after `day`.

    Five queries, one more for each kind of fact that any of them has, a few more for a past day; however many customers and
    items there are.
    """
    chosen = Chosen(first_id, last_id, only)
    span = chosen.lookup("customer")
    # Of a past day: what was lifted or ended later was still in force at the end of it.
    over = day_ends(day, policy.ledger_time_zone) if past else None
    having = _having(chosen, day, policy)
    blocks, item_blocks, block_ends = _blocks(span, day, over) if "blocks" in having else ({}, {}, {})
    books = (books_then if past else books_now)(chosen, day, item_blocks)
    group = group_credit(chosen, day, past) if "parents" in having else {}
    promises = _promises(span, day, past) if "promises" in having else {}
    calls = _calls(span, day, policy) if "calls" in having else {}
    limits = call_limits({pk: each.week for pk, each in calls.items()}, day, policy)
    silent = _silent_contacts(span) if "silent contacts" in having else {}
    phoneless = _without_phone(chosen)
    follow_ups = _follow_ups(span) if "follow-ups" in having else {}
    snoozes = _snoozes(span, day, over) if "snoozes" in having else {}
    emailed = _emailed(span, day, policy) if "mails" in having else ()
    people = Customer.objects.filter(**chosen.lookup("pk")).order_by("pk")
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
            customer_id in emailed,
            follow_ups.get(customer_id),
            snoozes.get(customer_id),
            rates,
            group.get(customer_id, {}),
            customer_id in phoneless,
            block_ends,
            limits.get(customer_id),
        )


# Facts most customers have none of: asked for together, so that one customer costs one query for all that is not there.
_FACTS = {
    "blocks": "records_block WHERE customer_id {}",
    "promises": "records_promise WHERE customer_id {}",
    "calls": "records_call WHERE customer_id {}",
    "follow-ups": "records_followup WHERE customer_id {} AND done_at IS NULL",
    "snoozes": "records_snooze WHERE customer_id {}",
    "silent contacts": "records_contact WHERE customer_id {} AND (do_not_call OR cease_contact)",
    "parents": "records_customer WHERE id {} AND parent_id IS NOT NULL",
}


# What went to a customer by itself on a day; a statement or an answer is not among it (P4, P6).
AUTOMATIC_MAIL = ("notice", "finals", "mrr", "not_reached")


def _having(chosen: Chosen, day: date, policy: Policy) -> set[str]:
    """Which kinds of facts there are of these customers."""
    asked = [f"EXISTS (SELECT 1 FROM {rows.format(chosen.sql)})" for rows in _FACTS.values()]  # noqa: S608  all of it is written above
    # Few mails of a day, many of a customer: of a whole chunk the index of the moments is the one to walk.
    customer = "+customer_id" if connection.vendor == "sqlite" and not chosen.few else "customer_id"
    asked.append(f"EXISTS (SELECT 1 FROM records_message WHERE {customer} {chosen.sql} AND sent_at >= %s)")  # noqa: S608
    began = connection.ops.adapt_datetimefield_value(day_begins(day, policy.ledger_time_zone))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(asked)}", [*chosen.parameters * len(_FACTS), *chosen.parameters, began]
        )
        return {name for name, there in zip((*_FACTS, "mails"), cursor.fetchone()) if there}


def _emailed(span: dict[str, Any], day: date, policy: Policy) -> set[int]:
    """Customers to whom an e-mail of AUTOMATIC_MAIL went on the day; one that came back does not count."""
    zone = policy.ledger_time_zone
    sent = Message.objects.filter(
        **span, sent_at__gte=day_begins(day, zone), sent_at__lt=day_ends(day, zone),
        channel="email", state="sent", purpose__in=AUTOMATIC_MAIL,
    )  # fmt: skip
    return set(sent.values_list("customer", flat=True))


def _follow_ups(span: dict[str, Any]) -> dict[int, date]:
    """Customer → the day its first follow-up is due."""
    waiting = FollowUp.objects.filter(**span, done_at=None).order_by().values("customer")
    return dict(waiting.annotate(on=Min("due_on")).values_list("customer", "on"))


def _blocks(
    span: dict[str, Any], day: date, over: datetime | None
) -> tuple[dict[int, list[CustomerBlock]], dict[int, str], dict[int, date]]:
    """Blocks in force on `day`: of customers, item id → kind, and item id → last day if it ends. `over` is when a past day
    ended."""
    rows = Block.objects.filter(
        Q(until_on=None) | Q(until_on__gte=day),
        Q(lifted_at=None) | Q(lifted_at__gte=over) if over else Q(lifted_at=None),
        **span,
        from_on__lte=day,
    ).order_by("from_on", "pk")
    customers: dict[int, list[CustomerBlock]] = {}
    items: dict[int, str] = {}
    ends: dict[int, date] = {}
    for customer, item, kind, until in rows.values_list("customer", "item", "kind", "until_on"):
        if item is None:
            customers.setdefault(customer, []).append(CustomerBlock(kind, until))
        else:
            items[item] = kind
            ends.pop(item, None)
            if until is not None:
                ends[item] = until
    return customers, items, ends


def _promises(span: dict[str, Any], day: date, past: bool) -> dict[int, list[PromiseFact]]:
    """Open promises, and broken ones that no newer promise about one of their items superseded; of a past day as they were
    judged by then."""
    rows = Promise.objects.filter(**span, made_on__lte=day).order_by("pk")
    if past:
        by_then = PromiseJudgement.objects.filter(promise=OuterRef("pk"), on__lte=day).order_by("-on", "-pk")
        standing = Coalesce(Subquery(by_then.values("status")[:1]), Value("open"))
        rows = rows.annotate(then=standing).filter(Q(replaced_by=None) | Q(replaced_by__made_on__gt=day))
        rows = rows.filter(then__in=("open", "broken"))
    else:
        rows = rows.filter(status__in=("open", "broken"), replaced_by=None)
    kept = list(
        rows.values_list(
            "customer", "pk", "amount", "currency", "due_on", "then" if past else "status", "made_on"
        )
    )
    if not kept:
        return {}
    of: dict[int, list[int]] = {}
    named = PromiseItem.objects.filter(promise__in=rows.order_by().values("pk"))
    for promise, item in named.values_list("promise", "item"):
        of.setdefault(promise, []).append(item)
    paid = _paid(rows.filter(amount__isnull=False, **{"then" if past else "status": "open"}), day)
    broke = _broke_on([row[1] for row in kept if row[5] == "broken"], day)
    found: dict[int, list[PromiseFact]] = {}
    for customer, pk, amount, currency, due_on, status, made_on in kept:
        facts = found.setdefault(customer, [])
        items = frozenset(of.get(pk, ()))
        if items:
            facts[:] = [each for each in facts if each.status == "open" or items.isdisjoint(each.item_ids)]
        facts.append(
            PromiseFact(pk, amount, currency, due_on, status, items, made_on, broke.get(pk), paid.get(pk, 0))
        )
    return found


def _paid(promises: QuerySet[Promise], day: date) -> dict[int, int]:
    """Promise → money applied to its items since it was made, by `day`, less what came back; never below zero, as what came
    before had lowered what was promised. One query."""
    named = PromiseItem.objects.filter(
        promise__in=promises.order_by().values("pk"),
        item__settlements__posted_on__lte=day,
        item__settlements__recorded_at__gt=F("promise__recorded_at"),
        item__settlements__credit__kind__in=MONEY_KINDS,
    )
    sums = named.order_by().values_list("promise").annotate(Sum("item__settlements__amount"))
    return {promise: max(0, minor) for promise, minor in sums}


def _broke_on(promises: Collection[int], day: date) -> dict[int, date]:
    """Promise → the day it was judged broken; a later judgement that it still is does not move it."""
    broke: dict[int, date] = {}
    if promises:
        judged = PromiseJudgement.objects.filter(promise__in=promises, on__lte=day).order_by("pk")
        for promise, on, status in judged.values_list("promise", "on", "status"):
            if status != "broken":
                broke.pop(promise, None)
            else:
                broke.setdefault(promise, on)
    return broke


@dataclass(slots=True)
class _Calls:
    reached_on: date | None = None
    last_on: date | None = None
    last_outcome: str = ""
    attempts_today: tuple[str, ...] = ()
    week: list[tuple[datetime, str]] = field(default_factory=list)


def _calls(span: dict[str, Any], day: date, policy: Policy) -> dict[int, _Calls]:
    """Calls of the days that can still matter: today's attempts, whom we reached within the days of rest, and those that a limit
    over seven days counts."""
    since = day - timedelta(policy.rest_days_after_reached)
    earliest = min(since, day - timedelta(LOOK_BACK_DAYS))
    rows = Call.objects.filter(**span, day__gte=earliest, day__lte=day).order_by("started_at", "pk")
    found: dict[int, _Calls] = {}
    for customer, on, outcome, direction, at in rows.values_list(
        "customer", "day", "outcome", "direction", "started_at"
    ):
        calls = found.setdefault(customer, _Calls())
        if direction == "out":
            calls.week.append((at, outcome))
        if on < since:
            continue
        calls.last_on, calls.last_outcome = on, outcome
        if outcome in REACHED:
            calls.reached_on = on
        if on == day and direction == "out":
            calls.attempts_today += (outcome,)
    return found


def _without_phone(chosen: Chosen) -> set[int]:
    """Customers with something on file to reach them by, and no number among it that may be called. A book that came without
    any contacts is still called: whoever works it knows the numbers from elsewhere."""
    usable = Q(
        kind="phone",
        state="ok",
        contact__active=True,
        contact__do_not_call=False,
        contact__cease_contact=False,
    )
    rows = ContactPoint.objects.filter(**chosen.lookup("contact__customer")).order_by()
    counted = rows.values("contact__customer").annotate(usable=Count("pk", filter=usable)).filter(usable=0)
    return set(counted.values_list("contact__customer", flat=True))


def _silent_contacts(span: dict[str, Any]) -> dict[int, tuple[bool, bool]]:
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


def _snoozes(span: dict[str, Any], day: date, over: datetime | None) -> dict[int, SnoozeFact]:
    running = Q(ended_at=None) | Q(ended_at__gte=over) if over else Q(ended_at=None)
    rows = Snooze.objects.filter(running, **span, from_on__lte=day, until_on__gt=day).order_by(
        "until_on", "pk"
    )
    return {
        customer: SnoozeFact(until, why, f"{first} {last}".strip() or username, since)
        for customer, until, why, since, first, last, username in rows.values_list(
            "customer", "until_on", "reason", "from_on", "by__first_name", "by__last_name", "by__username"
        )
    }
