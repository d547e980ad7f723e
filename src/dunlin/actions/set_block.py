"""Stop contact about a customer or one item, with a kind and a reason, or lift the block (P4, section 5 of the domain)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Who, doing
from dunlin.records.locks import lock_customers
from dunlin.records.models import Block, Customer, Item
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers

CUSTOMER_KINDS = ("cease_contact", "do_not_call", "insolvency", "legal", "sanctions", "agency")
EITHER_KINDS = ("extension", "plan", "undelivered")


@dataclass(frozen=True)
class BlockSet:
    """The block as recorded."""

    block_id: int
    customer_id: int
    item_id: int | None
    kind: str


def set_block(
    who: Who,
    customer_id: int,
    kind: str,
    reason: str,
    *,
    item_id: int | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
) -> BlockSet:
    """Block from `from_on` (today) through `until_on` (until lifted). Kinds that forbid contact hold for the whole customer.

    Refused: customer_unknown, item_unknown, block_kind_unknown, not_blank, from_after_until.
    """
    kinds = EITHER_KINDS if item_id is not None else CUSTOMER_KINDS + EITHER_KINDS
    starts = from_on or who.today
    with doing(who, "set_block", customers=[customer_id], cause=reason) as act:
        if kind not in kinds:
            raise Refused("block_kind_unknown", kind=kind, kinds=", ".join(kinds))
        if not reason.strip():
            raise Refused("not_blank", field="the reason")
        if until_on is not None and until_on < starts:
            raise Refused("from_after_until", from_on=starts.isoformat(), until_on=until_on.isoformat())
        if not Customer.objects.filter(pk=customer_id).exists():
            raise Refused("customer_unknown", customer=customer_id)
        if item_id is not None and not Item.objects.filter(pk=item_id, customer=customer_id, side=1).exists():
            raise Refused("item_unknown", item=item_id)
        row = Block.objects.create(
            customer_id=customer_id, item_id=item_id, kind=kind, from_on=starts, until_on=until_on,
            reason=mask_card_numbers(reason.strip())[:300], recorded_at=who.now, by_id=who.user_id,
        )  # fmt: skip
        decide_again(who, customer_id)
        act.tell(
            about=f"block:{row.pk}",
            after={"kind": kind, "item": item_id, "from_on": starts, "until_on": until_on},
        )
    return BlockSet(row.pk, customer_id, item_id, kind)


def lift_block(who: Who, block_id: int, reason: str) -> BlockSet:
    """Lift it now. Refused: block_unknown, block_lifted_already, not_blank."""
    with doing(who, "set_block", cause=reason) as act:
        if not reason.strip():
            raise Refused("not_blank", field="the reason")
        customer = Block.objects.filter(pk=block_id).values_list("customer", flat=True).first()
        if customer is None:
            raise Refused("block_unknown", block=block_id)
        lock_customers([customer])
        row = Block.objects.get(pk=block_id)
        if row.lifted_at is not None:
            raise Refused("block_lifted_already")
        row.lifted_at, row.lifted_by_id = who.now, who.user_id
        row.save(update_fields=["lifted_at", "lifted_by"])
        decide_again(who, customer)
        act.tell(
            about=f"block:{row.pk}", customer_id=customer, before={"kind": row.kind}, after={"lifted": True}
        )
    return BlockSet(row.pk, customer, row.item_id, row.kind)
