"""Split a receipt into parts that are placed each on its own: one payer paid for accounts that have nothing to do with each other (E2).

The parts make the amount exactly, and the bank's money stays the sum of what is posted from it (invariants 14, 15).
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from dunlin.actions.doing import Who, doing
from dunlin.records.cash import OPEN_STATES
from dunlin.records.models import Receipt
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money

PARTS_MAX = 50


def split_receipt(
    who: Who, receipt_id: int, amounts: Sequence[int], customers: Sequence[int | None] = ()
) -> list[int]:
    """The parts' ids, in the order of `amounts` (minor units); `customers` says whose each is likely to be.

    Each part waits in the queue by the receipt's own clock. Refused: receipt_unknown, receipt_settled_already, receipt_not_money,
    receipt_split_wrong.
    """
    with doing(who, "process_receipt", cause="split") as act:
        row = Receipt.objects.select_for_update(of=("self",)).filter(pk=receipt_id).first()
        if row is None:
            raise Refused("receipt_unknown", receipt=receipt_id)
        if row.state not in OPEN_STATES:
            raise Refused("receipt_settled_already", receipt=receipt_id)
        if row.kind != "credit":
            raise Refused("receipt_not_money", receipt=receipt_id)
        exact = sum(amounts) == row.amount and all(amount > 0 for amount in amounts)
        if not exact or not 2 <= len(amounts) <= PARTS_MAX:
            raise Refused(
                "receipt_split_wrong",
                sum=Money(sum(amounts), row.currency),
                amount=Money(row.amount, row.currency),
            )
        whose = [*customers, *[None] * (len(amounts) - len(customers))]
        made = [
            _part(row, at, amount, customer)
            for at, (amount, customer) in enumerate(zip(amounts, whose, strict=False), 1)
        ]
        row.state, row.proposal, row.question = "split", None, ""
        row.settled_at, row.settled_by_id = who.now, who.user_id
        row.save(update_fields=["state", "proposal", "question", "settled_at", "settled_by"])
        act.tell(
            about=f"receipt:{row.pk}",
            before={"amount": row.amount},
            after={"parts": made, "amounts": list(amounts)},
        )
        return made


def join_receipt(who: Who, receipt_id: int) -> None:
    """Take the parts of a receipt together again, as long as none of them was placed. Refused: receipt_unknown, receipt_not_split."""
    with doing(who, "process_receipt", cause="taken together") as act:
        row = Receipt.objects.select_for_update(of=("self",)).filter(pk=receipt_id).first()
        if row is None:
            raise Refused("receipt_unknown", receipt=receipt_id)
        parts = list(row.parts.select_for_update(of=("self",)).order_by("pk"))
        if row.state != "split" or any(each.state not in OPEN_STATES for each in parts):
            raise Refused("receipt_not_split")
        gone = [each.pk for each in parts]
        # Nothing was posted for them: they were work to do, and the diary keeps that they stood.
        row.parts.all().delete()
        row.state, row.settled_at, row.settled_by_id = "waiting", None, None
        row.save(update_fields=["state", "settled_at", "settled_by"])
        act.tell(about=f"receipt:{row.pk}", before={"parts": gone}, after={"state": "waiting"})


def _part(row: Receipt, at: int, amount: int, customer: int | None) -> int:
    part = copy(row)
    part.pk = part.id = None  # type: ignore[assignment]
    part._state.adding = True
    part.part_of, part.key, part.booking_key = row, f"{row.key[:74]}/{at}", ""
    part.amount, part.customer_id = amount, customer
    part.charges = row.charges if at == 1 else 0  # the banks kept it once
    part.state, part.proposal, part.question = (
        "asked",
        None,
        f"Part {at} of {Money(row.amount, row.currency)}: say whose it is.",
    )
    part.automatic, part.corrected, part.payment, part.used_along = False, False, None, []
    part.save(force_insert=True)
    return part.pk
