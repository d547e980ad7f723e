"""Posting, applying and reversing: what every posting action does inside its frame, with all the checks.

The caller has the customers' locks (`doing(customers=...)`), has read the items after taking them, and refreshes the
balances of the customers once at its end (`records/balance_sums.py`). Each function keeps the stored figures of the
items it touches, in the table and on the objects given. See docs/rules/postings.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Q, Sum

from dunlin.actions.doing import Who
from dunlin.records.items import CREDIT_KINDS, DEBIT_KINDS
from dunlin.records.models import Application, Customer, Item, Period
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A document as it is to be posted. A credit is due on its document date whatever `due_on` says.

    `posted_on` and `value_on` are the document date when not given; `tax` and `discount` are minor units of the amount's
    currency; `corrects_id` is the item this one corrects, takes back, or was granted with.
    """

    customer_id: int
    entity_id: int
    kind: str
    amount: Money
    document_on: date
    due_on: date | None = None
    posted_on: date | None = None
    value_on: date | None = None
    number: str = ""
    instalment: int = 0
    invoice_class: str = ""
    tax: int = 0
    service_month: date | None = None
    terms_id: int | None = None
    discount: int = 0
    discount_until: date | None = None
    po_number: str = ""
    order_number: str = ""
    reference: str = ""
    description: str = ""
    reason: str = ""
    corrects_id: int | None = None
    source: str = ""
    source_key: str | None = None


def post(who: Who, draft: Draft, *, in_open_period: bool = False) -> Item:
    """Post a document: three statements at most. `in_open_period`: the caller has checked entity and day already.

    Refused: kind_unknown, amount_not_positive, posting_in_future, period_locked, item_posted_already (same source key).
    """
    if draft.kind not in DEBIT_KINDS and draft.kind not in CREDIT_KINDS:
        raise Refused("kind_unknown", kind=draft.kind)
    if draft.amount.minor <= 0:
        raise Refused("amount_not_positive", asked=draft.amount)
    posted_on = draft.posted_on or draft.document_on
    if not in_open_period:
        check_posting_day(who, draft.entity_id, posted_on)
    if draft.source_key is not None:
        known = Item.objects.filter(source=draft.source, source_key=draft.source_key).first()
        if known:
            raise Refused("item_posted_already", document=named(known), item=known.pk)

    debit = draft.kind in DEBIT_KINDS
    return Item.objects.create(
        customer_id=draft.customer_id, entity_id=draft.entity_id, kind=draft.kind, side=1 if debit else -1,
        invoice_class=draft.invoice_class, number=draft.number, instalment=draft.instalment,
        currency=draft.amount.currency, amount=draft.amount.minor, tax=draft.tax, document_on=draft.document_on,
        due_on=(draft.due_on or draft.document_on) if debit else draft.document_on,
        posted_on=posted_on, value_on=draft.value_on or draft.document_on, recorded_at=who.now,
        service_month=draft.service_month, terms_id=draft.terms_id, discount=draft.discount,
        discount_until=draft.discount_until, po_number=draft.po_number, order_number=draft.order_number,
        reference=mask_card_numbers(draft.reference), description=mask_card_numbers(draft.description),
        reason=draft.reason, corrects_id=draft.corrects_id,
        source=draft.source, source_key=draft.source_key, open=draft.amount.minor,
    )  # fmt: skip


def apply(
    who: Who,
    credit: Item,
    debit: Item,
    amount: int,
    *,
    posted_on: date,
    value_on: date,
    why: str,
    evidence: str = "",
    in_open_period: bool = False,
) -> Application:
    """Use `amount` minor units of a credit against a debit: two statements, and one for the period unless it is known open.

    Refused, in this order: application_wrong_sides, _other_currency, _other_entity, _other_customer, _not_positive,
    _before_document, posting_in_future, period_locked, application_exceeds_credit, _exceeds_debit, _backdated (on a day
    in between less was open than is now).
    """
    _check_pair(credit, debit)
    asked = Money(amount, credit.currency)
    if amount <= 0:
        raise Refused("application_not_positive", asked=asked)
    for item in (credit, debit):
        if posted_on < item.posted_on:
            raise Refused(
                "application_before_document",
                posted_on=posted_on, document=named(item), document_posted_on=item.posted_on,
            )  # fmt: skip
    if not in_open_period:
        check_posting_day(who, credit.entity_id, posted_on)
    for item, code in ((credit, "credit"), (debit, "debit")):
        if amount > item.open:
            facts = {"asked": asked, "open": Money(item.open, item.currency), code: named(item)}
            raise Refused(f"application_exceeds_{code}", **facts)
        _check_was_open(item, asked, posted_on)

    application = Application.objects.create(
        credit_id=credit.pk, debit_id=debit.pk, amount=amount, posted_on=posted_on, value_on=value_on,
        recorded_at=who.now, why=why, evidence=evidence[:300], by_id=who.user_id,
    )  # fmt: skip
    _move(who, credit, debit, amount, posted_on)
    return application


def reverse(
    who: Who,
    application: Application,
    *,
    posted_on: date,
    value_on: date,
    why: str,
    in_open_period: bool = False,
) -> Application:
    """Undo an application from `posted_on` on: both items are open again by exactly its amount, due dates untouched.

    Refused: application_is_reversal, application_reversed_already, reversal_before_application, posting_in_future,
    period_locked.
    """
    if application.reverses_id is not None:
        raise Refused("application_is_reversal")
    undone = Application.objects.filter(reverses_id=application.pk).first()
    if undone:
        raise Refused("application_reversed_already", reversed_on=undone.posted_on)
    if posted_on < application.posted_on:
        raise Refused("reversal_before_application", posted_on=posted_on, applied_on=application.posted_on)
    credit, debit = application.credit, application.debit
    if not in_open_period:
        check_posting_day(who, credit.entity_id, posted_on)

    reversal = Application.objects.create(
        credit_id=credit.pk, debit_id=debit.pk, amount=-application.amount, posted_on=posted_on, value_on=value_on,
        recorded_at=who.now, why=why, evidence=application.evidence, reverses_id=application.pk, by_id=who.user_id,
    )  # fmt: skip
    _move(who, credit, debit, -application.amount, posted_on)
    return reversal


def check_posting_day(who: Who, entity_id: int, on: date) -> None:
    """Refused unless `on` is a day of an open period and not after today. One statement."""
    if on > who.today:
        raise Refused("posting_in_future", posted_on=on, today=who.today)
    with connection.cursor() as cursor:
        cursor.execute(_LOCKED, [entity_id, *[connection.ops.adapt_datefield_value(on)] * 2])
        if cursor.fetchone() is None:
            return
    period = Period.objects.select_related("entity").get(
        entity_id=entity_id, starts_on__lte=on, ends_on__gte=on, locked_at__isnull=False
    )
    raise Refused(
        "period_locked",
        period=f"{period.starts_on} to {period.ends_on}",
        entity=period.entity.code,
        first_open=first_open_day(entity_id, on),
    )


def first_open_day(entity_id: int, on: date) -> date:
    """`on`, or the first day after it that is in no locked period of the entity."""
    locked = Period.objects.filter(entity_id=entity_id, ends_on__gte=on, locked_at__isnull=False)
    for starts_on, ends_on in locked.order_by("starts_on").values_list("starts_on", "ends_on"):
        if starts_on <= on <= ends_on:
            on = ends_on + timedelta(days=1)
    return on


def customers_of(item_ids: Iterable[int]) -> set[int]:
    """The customers whose locks an act on these items needs; asked before the frame, which takes the locks."""
    ids = sorted(set(item_ids))
    if not ids:
        return set()
    with connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(ids))
        cursor.execute(f"SELECT DISTINCT customer_id FROM records_item WHERE id IN ({marks})", ids)  # noqa: S608
        return {customer_id for (customer_id,) in cursor.fetchall()}


def items_of(item_ids: Iterable[int]) -> dict[int, Item]:
    """The items by id as they stand now. Refused item_unknown names the first that does not exist. One statement."""
    ids = set(item_ids)
    found = Item.objects.in_bulk(ids) if ids else {}
    for missing in sorted(ids - found.keys()):
        raise Refused("item_unknown", item=missing)
    return found


def named(item: Item) -> str:
    """A document as people call it: "invoice INV-20931", "credit memo 118"; without a number, its id."""
    part = f" instalment {item.instalment}" if item.instalment else ""
    return f"{item.kind.replace('_', ' ')} {item.number or f'#{item.pk}'}{part}"


def _check_pair(credit: Item, debit: Item) -> None:
    facts = {"credit": named(credit), "debit": named(debit)}
    if credit.side != -1 or debit.side != 1:
        raise Refused("application_wrong_sides", **facts)
    if credit.currency != debit.currency:
        raise Refused(
            "application_other_currency",
            credit_currency=credit.currency,
            debit_currency=debit.currency,
            **facts,
        )
    if credit.entity_id != debit.entity_id:
        raise Refused("application_other_entity", **facts)
    if credit.customer_id != debit.customer_id and _head(credit.customer_id) != _head(debit.customer_id):
        raise Refused("application_other_customer", **facts)


def _head(customer_id: int) -> int:
    """The customer at the head of the group; itself when it stands alone. A statement a level: groups are flat."""
    seen = {customer_id}
    while True:
        parent = Customer.objects.values_list("parent_id", flat=True).get(pk=customer_id)
        if parent is None or parent in seen:  # a circle has no head; any of it will do, but the same for all
            return customer_id if parent is None else min(seen)
        seen.add(parent)
        customer_id = parent


def _check_was_open(item: Item, asked: Money, on: date) -> None:
    """An application of an earlier day needs its amount open on that day and on every day since."""
    if item.last_applied_on is None or on >= item.last_applied_on:
        return
    used = Application.objects.filter(Q(credit_id=item.pk) | Q(debit_id=item.pk), posted_on__gt=on)
    open_then, least, least_on = item.open, item.open, item.last_applied_on
    for day, amount in used.values_list("posted_on").annotate(Sum("amount")).order_by("-posted_on"):
        open_then += amount
        if open_then < least:
            least, least_on = open_then, day - timedelta(days=1)
    if asked.minor > least:
        raise Refused(
            "application_backdated",
            on=least_on, open=Money(least, item.currency), document=named(item), asked=asked,
        )  # fmt: skip


# Plain SQL where every posting passes: building these queries costs more than asking them.
_LOCKED = "SELECT 1 FROM records_period WHERE entity_id = %s AND starts_on <= %s AND ends_on >= %s AND locked_at IS NOT NULL"

# One statement for both items: the amounts fall alike. A reversal gives a disputed item its dispute back.
_MOVE = """
UPDATE records_item SET
    open = open - %(amount)s,
    last_applied_on = {latest},
    closed_on = CASE WHEN open = %(amount)s THEN {latest} END,
    closed_at = CASE WHEN open = %(amount)s THEN {now} END,
    disputed = {disputed}
WHERE id IN (%(credit)s, %(debit)s)
"""
_LATEST = "CASE WHEN last_applied_on > {day} THEN last_applied_on ELSE {day} END"
_LESS = "CASE WHEN disputed > open - %(amount)s THEN open - %(amount)s ELSE disputed END"
_MORE = (
    "CASE WHEN side = 1 THEN {least}(open - %(amount)s, COALESCE((SELECT SUM(d.amount) FROM records_dispute d "
    "WHERE d.item_id = records_item.id AND d.resolved_on IS NULL), 0)) ELSE 0 END"
)


def _move(who: Who, credit: Item, debit: Item, amount: int, posted_on: date) -> None:
    """Take `amount` off what is open on both items (a negative one gives it back) and keep what follows from it."""
    postgresql = connection.vendor == "postgresql"
    latest = _LATEST.format(day="%(day)s::date" if postgresql else "%(day)s")
    disputed = _LESS if amount > 0 else _MORE.format(least="LEAST" if postgresql else "MIN")
    now = "%(now)s::timestamptz" if postgresql else "%(now)s"
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE.format(latest=latest, now=now, disputed=disputed),
            {
                "amount": amount, "credit": credit.pk, "debit": debit.pk,
                "day": connection.ops.adapt_datefield_value(posted_on),
                "now": connection.ops.adapt_datetimefield_value(who.now),
            },
        )  # fmt: skip
    for item in (credit, debit):
        item.open -= amount
        item.last_applied_on = max(item.last_applied_on or posted_on, posted_on)
        item.closed_on = item.last_applied_on if item.open == 0 else None
        item.closed_at = who.now if item.open == 0 else None
        item.disputed = min(item.disputed, item.open)
