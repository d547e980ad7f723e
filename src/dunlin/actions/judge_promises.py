"""Judge promises by the books: who paid what was promised, by value date, net of returns (P18, D2; invariants 21, 22).

Runs every night before the decisions. Windows, not exact days: a promise whose day of judgement was missed is judged by the
next run. Money counts for one promise once, by item and then by date; a later return turns a kept promise into a broken one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from dunlin.actions.doing import Who
from dunlin.records import bulk
from dunlin.records.locks import lock_customers
from dunlin.records.models import Application, Item, Promise, PromiseItem, PromiseJudgement
from dunlin.rules import promises
from dunlin.rules.money import Money
from dunlin.rules.plain_words import in_words
from dunlin.rules.policy import Policy

CHUNK_CUSTOMERS = 500
# A judged promise is looked at again for this long: returns and late-recorded money come within it.
LOOK_BACK_DAYS = 400


@dataclass(frozen=True)
class Judged:
    """How many promises got a new status or figure, by status, and the customers they belong to."""

    changed: int
    by_status: dict[str, int]
    customer_ids: frozenset[int]


def judge_promises(who: Who, day: date, policy: Policy) -> Judged:
    """Judge all promises that can have changed by `day`; each chunk of customers in its own transaction. A second run the
    same day changes nothing. Part of the daily run, which asks for permission and keeps the diary."""
    counts: dict[str, int] = {}
    touched: set[int] = set()
    for ids in bulk.chunks(_customers(day, policy), CHUNK_CUSTOMERS):
        with transaction.atomic():
            lock_customers(ids)
            for status, customer in _judge_chunk(ids, who, day, policy):
                counts[status] = counts.get(status, 0) + 1
                touched.add(customer)
    return Judged(sum(counts.values()), counts, frozenset(touched))


def judge_customers(who: Who, customer_ids: Sequence[int], day: date, policy: Policy) -> None:
    """Judge the promises of customers whose money came back, inside an act that holds their locks (DOMAIN section 4)."""
    for _ in _judge_chunk(customer_ids, who, day, policy):
        pass


def _customers(day: date, policy: Policy) -> list[int]:
    """Customers with an open promise, or with a judged one on whose items something was posted since."""
    since = Application.objects.filter(
        debit__promises__promise=OuterRef("pk"), recorded_at__gte=OuterRef("judged_moment")
    )
    judged = (
        Promise.objects.filter(
            status__in=promises.JUDGED, due_on__gte=day - timedelta(LOOK_BACK_DAYS), made_on__lte=day
        )
        .annotate(judged_moment=Coalesce(_last_judgement(), "recorded_at"))
        .filter(Exists(since))
    )
    open_now = Promise.objects.filter(status=promises.OPEN, made_on__lte=day)
    ids = set(open_now.values_list("customer", flat=True)) | set(judged.values_list("customer", flat=True))
    return sorted(ids)


def _last_judgement() -> Subquery:
    rows = (
        PromiseJudgement.objects.filter(promise=OuterRef("pk"))
        .order_by("-recorded_at")
        .values("recorded_at")[:1]
    )
    return Subquery(rows)


@dataclass(slots=True)
class _Named:
    """What one promise names: item → open when it was made."""

    open_then: dict[int, int] = field(default_factory=dict)


def _judge_chunk(ids: Sequence[int], who: Who, day: date, policy: Policy) -> Iterable[tuple[str, int]]:
    """Judge the promises of these customers; (status, customer) of each that changed. At most six queries and the writes."""
    standing = Promise.objects.filter(customer__in=ids, made_on__lte=day).exclude(status=promises.CANCELLED)
    rows = list(standing.order_by("due_on", "made_on", "pk"))
    named: dict[int, _Named] = {each.pk: _Named() for each in rows}
    for promise, item, then in PromiseItem.objects.filter(promise__in=named).values_list(
        "promise", "item", "open_then"
    ):
        named[promise].open_then[item] = then
    items = {item for each in named.values() for item in each.open_then}
    receipts, returned, credits = _money(items, day)
    state = {
        pk: state
        for pk, *state in Item.objects.filter(pk__in=items).values_list("pk", "open", "disputed", "entity")
    }
    void = {
        each.pk
        for each in rows
        if each.status == promises.OPEN and _is_void(each, named[each.pk], credits, state)
    }
    live = [each for each in rows if each.pk not in void]
    asked = {each.pk: _promised(each, named[each.pk], credits) for each in live}
    paid = _allocated(live, named, receipts, returned, asked, policy)
    over = day - timedelta(policy.promise_tolerance_days)
    late = {each.customer_id for each in live if each.status == promises.OPEN and each.due_on < over}
    waiting = _unapplied(late, day)
    changed = []
    for each in rows:
        if each.pk in void:
            verdict = promises.Judgement(promises.CANCELLED, 0, 0)
            told = "its items were credited or are disputed"
        else:
            verdict = _verdict(each, asked[each.pk], paid.get(each.pk, 0), day, policy)
            told = _told(each, verdict, day)
            money = waiting.get((each.customer_id, each.currency))
            if money and _waits(
                each, verdict, money, {state[item][2] for item in named[each.pk].open_then}, policy
            ):
                continue
        if verdict.status == each.status and (verdict.paid == each.paid or verdict.status == promises.OPEN):
            continue
        if verdict.status != each.status and not promises.may_become(each.status, verdict.status):
            continue
        each.status, each.paid, each.judged_on = verdict.status, verdict.paid, day
        changed.append((each, told))
    _write(changed, who, day)
    return [(each.status, each.customer_id) for each, _ in changed]


def _write(changed: Sequence[tuple[Promise, str]], who: Who, day: date) -> None:
    Promise.objects.bulk_update(
        [each for each, _ in changed], ["status", "paid", "judged_on"], batch_size=500
    )
    PromiseJudgement.objects.bulk_create(
        [
            PromiseJudgement(
                promise=each, on=day, recorded_at=who.now, status=each.status, paid=each.paid, why=told[:300]
            )
            for each, told in changed
        ]
    )


_Credits = dict[int, list[tuple[datetime, int]]]  # item → what settled it without money, and when


def _money(items: set[int], day: date) -> tuple[list[promises.Receipt], dict[int, int], _Credits]:
    """Receipts applied to the items by `day`, what of each was taken back, and per item what was settled without money."""
    receipts: list[promises.Receipt] = []
    returned: dict[int, int] = {}
    credits: _Credits = {}
    for chunk in bulk.chunks(sorted(items)):
        uses = Application.objects.filter(debit__in=chunk, posted_on__lte=day).order_by("pk")
        for pk, item, amount, kind, value_on, reverses, at in uses.values_list(
            "pk", "debit", "amount", "credit__kind", "credit__value_on", "reverses", "recorded_at"
        ):
            if kind not in promises.MONEY_KINDS:
                credits.setdefault(item, []).append((at, amount))
            elif reverses is not None:
                returned[reverses] = returned.get(reverses, 0) - amount
            else:
                receipts.append(promises.Receipt(pk, item, value_on, amount, recorded_at=at))
    return receipts, returned, credits


@dataclass(slots=True)
class _Waiting:
    """A payment, or the rest of one, that lies unapplied: `left` is what no promise waits for yet, in minor units."""

    entity: int
    value_on: date
    recorded_at: datetime
    left: int


def _unapplied(customers: set[int], day: date) -> dict[tuple[int, str], list[_Waiting]]:
    """(customer, currency) → what lies unapplied, for customers with a promise whose days have passed. One query, or none."""
    found: dict[tuple[int, str], list[_Waiting]] = {}
    for chunk in bulk.chunks(sorted(customers)):
        rows = Item.objects.filter(
            customer__in=chunk, side=-1, kind="payment", open__gt=0, posted_on__lte=day
        ).order_by("value_on", "pk")
        for customer, currency, *money in rows.values_list(
            "customer", "currency", "entity", "value_on", "recorded_at", "open"
        ):
            found.setdefault((customer, currency), []).append(_Waiting(*money))  # type: ignore[arg-type]
    return found


def _waits(
    promise: Promise,
    verdict: promises.Judgement,
    waiting: Sequence[_Waiting],
    entities: set[int],
    policy: Policy,
) -> bool:
    """Whether an open promise stays open although its days have passed: applying the money that came for it in time and lies
    unapplied would change the verdict, so nobody can say yet. That money counts for no other promise then."""
    if promise.status != promises.OPEN or verdict.status not in (promises.PARTIALLY_KEPT, promises.BROKEN):
        return False
    last = promise.due_on + timedelta(policy.promise_tolerance_days)
    came = [
        each for each in waiting
        if each.left > 0 and each.recorded_at > promise.recorded_at and each.value_on <= last
        and (not entities or each.entity in entities)
    ]  # fmt: skip
    with_it = verdict.paid + sum(each.left for each in came)
    if promises.status_of(with_it, verdict.promised, policy.promise_tolerance_pct) == verdict.status:
        return False
    missing = verdict.promised - verdict.paid
    for each in came:
        part = min(each.left, missing)
        each.left -= part
        missing -= part
    return True


def _is_void(promise: Promise, named: _Named, credits: _Credits, state: dict[int, list[int]]) -> bool:
    """Nothing of what was promised is left to be paid: each item was credited away or is disputed in full."""
    if not named.open_then:
        return False
    for item, then in named.open_then.items():
        open_, disputed, _ = state[item]
        if not ((open_ > 0 and disputed >= open_) or (open_ == 0 and _since(promise, item, credits) >= then)):
            return False
    return True


def _since(promise: Promise, item: int, credits: _Credits) -> int:
    """What was credited or granted on the item after the promise was made."""
    return sum(amount for at, amount in credits.get(item, ()) if at > promise.recorded_at)


def _promised(promise: Promise, named: _Named, credits: _Credits) -> int:
    whole = sum(named.open_then.values())
    if not whole:
        return promise.amount or 1
    credited = sum(min(then, _since(promise, item, credits)) for item, then in named.open_then.items())
    return promises.still_promised(promise.amount, whole, credited)


def _allocated(
    live: Sequence[Promise],
    named: dict[int, _Named],
    receipts: Sequence[promises.Receipt],
    returned: dict[int, int],
    asked: dict[int, int],
    policy: Policy,
) -> dict[int, int]:
    """Money counted per promise: each unit once, within a customer and currency (items belong to one of each)."""
    groups: dict[tuple[int, str], list[Promise]] = {}
    for each in live:
        groups.setdefault((each.customer_id, each.currency), []).append(each)
    by_item: dict[int, list[promises.Receipt]] = {}
    for receipt in receipts:
        back = returned.get(receipt.id, 0)
        net = replace(receipt, returned=back) if back else receipt
        by_item.setdefault(receipt.item_id, []).append(net)
    paid: dict[int, int] = {}
    for group in groups.values():
        claims = [
            promises.Claim(
                each.pk,
                asked[each.pk],
                each.due_on,
                each.made_on,
                frozenset(named[each.pk].open_then),
                each.recorded_at,
            )
            for each in group
        ]
        own = {item for each in group for item in named[each.pk].open_then}
        money = [receipt for item in own for receipt in by_item.get(item, ())]
        paid |= promises.money_of(promises.allocate_money(claims, money, policy.promise_tolerance_days))
    return paid


def _verdict(promise: Promise, asked: int, paid: int, day: date, policy: Policy) -> promises.Judgement:
    # The money was already counted within the promise's window and net of returns; the rule is given it as one payment.
    return promises.evaluate(
        asked,
        promise.due_on,
        policy.promise_tolerance_days,
        [(min(promise.due_on, day), paid)] if paid else [],
        day,
        tolerance_pct=policy.promise_tolerance_pct,
    )


def _told(promise: Promise, verdict: promises.Judgement, day: date) -> str:
    paid, promised = Money(verdict.paid, promise.currency), Money(verdict.promised, promise.currency)
    return f"{paid} of {promised} came by {in_words(promise.due_on, day)} and the days of tolerance"
