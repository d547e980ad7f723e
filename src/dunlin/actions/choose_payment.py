"""Choose what to pay by bank transfer: items, wholly or in part, and the reference the money is to carry (E7, ISO 11649).

The same choice has the same reference, so that a page opened twice is one payment. Nothing owed is changed by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

from dunlin.actions.doing import Who, doing
from dunlin.actions.postings import named
from dunlin.records.models import Item, PaymentChoice, PaymentChoiceItem
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.creditor_references import creditor_reference
from dunlin.rules.money import Money

ITEMS_MAX = 500


class _Purse(NamedTuple):
    """What goes in one transfer: the money of one entity in one currency."""

    entity_id: int
    currency: str


def choose_payment(who: Who, customer_id: int, wanted: Mapping[int, int | None]) -> list[PaymentChoice]:
    """The choices, one for each entity and currency: `wanted` is item → minor units, None for all that is open of it.

    Refused: payment_choice_empty, item_unknown (of another customer, paid, a credit), amount_not_positive,
    payment_choice_exceeds_open, part_not_offered.
    """
    if not wanted or len(wanted) > ITEMS_MAX:
        raise Refused("payment_choice_empty")
    with doing(who, "choose_payment", customers=[customer_id]) as act:
        items = Item.objects.filter(pk__in=list(wanted), customer=customer_id, side=1, open__gt=0)
        found = {item.pk: item for item in items.order_by("due_on", "pk")}
        missing = set(wanted) - set(found)
        if missing:
            raise Refused("item_unknown", item=min(missing))
        parts = current_policy().portal_part_payments
        purses: dict[_Purse, list[tuple[Item, int]]] = {}
        for item in found.values():
            amount = _amount(item, wanted[item.pk], parts)
            purses.setdefault(_Purse(item.entity_id, item.currency), []).append((item, amount))
        made = []
        for purse, lines in purses.items():
            choice, new = _choice(who, customer_id, purse, lines)
            made.append(choice)
            if new:
                after = {"reference": choice.reference, "amount": choice.amount, "currency": choice.currency, "items": [item.pk for item, _ in lines]}  # fmt: skip
                act.tell(about=f"payment_choice:{choice.pk}", customer_id=customer_id, after=after)
    return made


def _amount(item: Item, asked: int | None, parts: bool) -> int:
    if asked is None:
        return item.open
    if asked <= 0:
        raise Refused("amount_not_positive", asked=Money(asked, item.currency))
    if asked > item.open:
        open_ = Money(item.open, item.currency)
        raise Refused(
            "payment_choice_exceeds_open", asked=Money(asked, item.currency), open=open_, document=named(item)
        )
    if asked < item.open and not parts:
        raise Refused("part_not_offered")
    return asked


def _choice(
    who: Who, customer_id: int, purse: _Purse, lines: list[tuple[Item, int]]
) -> tuple[PaymentChoice, bool]:
    content = json.dumps([customer_id, *purse, sorted((item.pk, amount) for item, amount in lines)])
    row, new = PaymentChoice.objects.get_or_create(
        content_hash=hashlib.sha256(content.encode()).hexdigest(),
        defaults={
            "customer_id": customer_id, "entity_id": purse.entity_id, "currency": purse.currency, "made_at": who.now,
            "amount": sum(amount for _, amount in lines), "contact_id": who.contact_id,
        },
    )  # fmt: skip
    if new:
        row.reference = creditor_reference(row.pk)
        row.save(update_fields=["reference"])
        PaymentChoiceItem.objects.bulk_create(
            PaymentChoiceItem(choice=row, item=item, amount=amount) for item, amount in lines
        )
    return row, new
