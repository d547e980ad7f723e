"""Log a promise to pay: a date, perhaps an amount, and the items it is for. It pauses only those items (P18, D2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F

from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Act, Who, doing
from dunlin.records.models import Contact, Customer, Item, Promise, PromiseItem, PromiseJudgement
from dunlin.records.policies import current_policy
from dunlin.rules import promises
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money


@dataclass(frozen=True)
class PromiseAsked:
    """What was promised. Without `amount`: all that is open on the items. Without `item_ids`: all past due and undisputed,
    or, when nothing is, what falls due by the date. `currency` is needed only when several are past due."""

    due_on: date
    amount: Money | None = None
    item_ids: tuple[int, ...] = ()
    currency: str = ""
    note: str = ""


@dataclass(frozen=True)
class PromiseLogged:
    """The promise as recorded. `promised` is its amount, or what is open on its items. `replaced` are older promises closed."""

    promise_id: int
    customer_id: int
    due_on: date
    promised: Money
    amount_stated: bool
    item_ids: tuple[int, ...]
    level: int
    replaced: tuple[int, ...]


def log_promise(
    who: Who,
    customer_id: int,
    asked: PromiseAsked,
    *,
    contact_id: int | None = None,
    source: str = "call",
    key: str | None = None,
) -> PromiseLogged:
    """Record a promise. Refused: customer_unknown, promise_date_past, amount_not_positive, item_unknown,
    promise_nothing_open, promise_currency_needed, promise_other_currency, promise_exceeds_open, contact_of_other_customer; of a
    customer itself promise_too_far, part_not_offered."""
    with doing(
        who, "log_promise", customers=[customer_id], key=key, asked=[customer_id, str(asked), source]
    ) as act:
        if act.answered:
            return logged(Promise.objects.get(pk=act.answer["promise_id"]))
        if not Customer.objects.filter(pk=customer_id).exists():
            raise Refused("customer_unknown", customer=customer_id)
        if (
            contact_id is not None
            and not Contact.objects.filter(pk=contact_id, customer=customer_id).exists()
        ):
            raise Refused("contact_of_other_customer")
        if who.role == "customer":
            _as_customers_may(asked, who.today)
        made = record_promise(act, customer_id, asked, contact_id=contact_id, source=source)
        decide_again(who, customer_id)
        act.answer = {"promise_id": made.promise_id}
    return made


def _as_customers_may(asked: PromiseAsked, today: date) -> None:
    """What a customer promises by itself stops contact about it, so not for as long as it likes: further off a person agrees to it."""
    policy = current_policy()
    last_on = today + timedelta(policy.portal_promise_days)
    if asked.due_on > last_on:
        raise Refused("promise_too_far", last_on=last_on.isoformat())
    if asked.amount is not None and not policy.portal_part_payments:
        raise Refused("part_not_offered")


def record_promise(
    act: Act,
    customer_id: int,
    asked: PromiseAsked,
    *,
    contact_id: int | None = None,
    call_id: int | None = None,
    source: str = "call",
) -> PromiseLogged:
    """The part that writes, for use inside another act that holds the customer's lock. Refused as `log_promise`."""
    who = act.who
    if asked.due_on < who.today:
        raise Refused("promise_date_past", due_on=asked.due_on.isoformat())
    if asked.amount is not None and asked.amount.minor <= 0:
        raise Refused("amount_not_positive", asked=asked.amount)
    items = _items(customer_id, asked, who.today)
    currency = items[0].currency
    whole = sum(item.open - item.disputed for item in items)
    if asked.amount is not None and asked.amount.minor > whole:
        raise Refused("promise_exceeds_open", asked=asked.amount, open=Money(whole, currency))
    older = _replaced(customer_id, [item.pk for item in items])
    level = promises.level_of_new([each.level for each in older])
    promise = Promise.objects.create(
        customer_id=customer_id, contact_id=contact_id, call_id=call_id, source=source, currency=currency,
        amount=asked.amount.minor if asked.amount is not None else None, due_on=asked.due_on, made_on=who.today,
        recorded_at=who.now, note=mask_card_numbers(asked.note)[:300], level=level, by_id=who.user_id,
    )  # fmt: skip
    PromiseItem.objects.bulk_create(
        [PromiseItem(promise=promise, item=item, open_then=item.open - item.disputed) for item in items]
    )
    _close_older(older, promise, act)
    made = PromiseLogged(
        promise.pk, customer_id, asked.due_on, Money(whole, currency) if asked.amount is None else asked.amount, asked.amount is not None,
        tuple(item.pk for item in items), level, tuple(each.pk for each in older),
    )  # fmt: skip
    act.tell(
        about=f"promise:{promise.pk}",
        customer_id=customer_id,
        after={
            "due_on": asked.due_on,
            "amount": made.promised.plain,
            "currency": currency,
            "items": made.item_ids,
        },
    )
    return made


def logged(promise: Promise) -> PromiseLogged:
    """A recorded promise as `log_promise` answered it."""
    rows = list(PromiseItem.objects.filter(promise=promise).order_by("pk").values_list("item", "open_then"))
    minor = promise.amount if promise.amount is not None else sum(then for _, then in rows)
    replaced = tuple(promise.replaces.order_by("pk").values_list("pk", flat=True))
    return PromiseLogged(
        promise.pk, promise.customer_id, promise.due_on, Money(minor, promise.currency), promise.amount is not None,
        tuple(item for item, _ in rows), promise.level, replaced,
    )  # fmt: skip


def _items(customer_id: int, asked: PromiseAsked, today: date) -> list[Item]:
    """The items the promise is for, oldest first, all of one currency."""
    open_items = Item.objects.filter(customer=customer_id, side=1, open__gt=F("disputed")).order_by(
        "due_on", "pk"
    )
    wanted = asked.amount.currency if asked.amount is not None else asked.currency
    if asked.item_ids:
        items = list(open_items.filter(pk__in=asked.item_ids))
        missing = set(asked.item_ids) - {item.pk for item in items}
        if missing:
            raise Refused("item_unknown", item=min(missing))
        wanted = wanted or items[0].currency
        for item in items:
            if item.currency != wanted:
                raise Refused(
                    "promise_other_currency", currency=wanted, document=item.number or f"item {item.pk}",
                    document_currency=item.currency,
                )  # fmt: skip
        return items
    items = list(open_items)
    past_due = [item for item in items if item.due_on < today] or [
        item for item in items if item.due_on <= asked.due_on
    ]
    pool = past_due or items
    if not pool:
        raise Refused("promise_nothing_open")
    currencies = sorted({item.currency for item in pool})
    if not wanted and len(currencies) > 1:
        raise Refused("promise_currency_needed", currencies=" and ".join(currencies))
    wanted = wanted or currencies[0]
    chosen = [item for item in pool if item.currency == wanted]
    # More than what is past due was promised: the next items are meant as well, as many as the amount needs.
    if asked.amount is not None:
        for item in items:
            if sum(each.open - each.disputed for each in chosen) >= asked.amount.minor:
                break
            if item.currency == wanted and item not in chosen:
                chosen.append(item)
    if not chosen:
        raise Refused("promise_nothing_open")
    return chosen


def _replaced(customer_id: int, item_ids: Sequence[int]) -> list[Promise]:
    """Older promises about one of the items that are neither kept nor cancelled, oldest first."""
    named: dict[int, list[int]] = {}
    sharing = PromiseItem.objects.filter(promise__customer=customer_id, item__in=item_ids)
    for promise, item in sharing.values_list("promise", "item"):
        named.setdefault(promise, []).append(item)
    older = Promise.objects.filter(pk__in=named).order_by("made_on", "pk")
    return [each for each in older if promises.replaces(each.status, named[each.pk], item_ids)]


def _close_older(older: Sequence[Promise], newer: Promise, act: Act) -> None:
    Promise.objects.filter(pk__in=[each.pk for each in older], replaced_by=None).update(replaced_by=newer)
    for each in older:
        status = promises.status_when_replaced(each.status)
        if status == each.status:
            continue
        Promise.objects.filter(pk=each.pk).update(status=status, judged_on=act.who.today)
        PromiseJudgement.objects.create(
            promise=each, on=act.who.today, recorded_at=act.who.now, status=status, paid=each.paid,
            why=f"replaced by the promise for {newer.due_on}",
        )  # fmt: skip
