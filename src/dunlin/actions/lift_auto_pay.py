"""Let automatic payment go on again after a returned payment paused or stopped it (DOMAIN section 4)."""

from __future__ import annotations

from dunlin.actions.doing import Who, doing
from dunlin.records.models import ReturnedPayment
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers


def lift_auto_pay(who: Who, customer_id: int, reason: str) -> int:
    """Lift every stop of the customer, with the reason: new data verified, a new authorisation, a word with the customer. How many.

    Refused: reason_missing, auto_pay_not_stopped.
    """
    why = mask_card_numbers(reason.strip())[:200]
    if not why:
        raise Refused("reason_missing")
    with doing(who, "lift_auto_pay", customers=[customer_id], cause=why) as act:
        rows = ReturnedPayment.objects.filter(customer=customer_id, lifted_at=None).exclude(auto_pay="on")
        ids = list(rows.values_list("pk", flat=True))
        if not ids:
            raise Refused("auto_pay_not_stopped")
        rows.update(lifted_at=who.now, lifted_by=who.user_id, lifted_why=why)
        act.tell(customer_id=customer_id, before={"stopped_by": ids}, after={"auto_pay": "on"})
        return len(ids)
