"""Cancel an open promise: withdrawn, or made in error. What the books have judged stays judged (P18)."""

from __future__ import annotations

from dataclasses import dataclass

from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Who, doing
from dunlin.records.locks import lock_customers
from dunlin.records.models import Promise, PromiseJudgement
from dunlin.rules import promises
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers


@dataclass(frozen=True)
class PromiseCancelled:
    """The promise that no longer counts."""

    promise_id: int
    customer_id: int


def cancel_promise(who: Who, promise_id: int, reason: str) -> PromiseCancelled:
    """Cancel it with a reason. Refused: promise_unknown, promise_not_open, not_blank."""
    with doing(who, "cancel_promise", cause=reason) as act:
        if not reason.strip():
            raise Refused("not_blank", field="the reason")
        customer = Promise.objects.filter(pk=promise_id).values_list("customer", flat=True).first()
        if customer is None:
            raise Refused("promise_unknown", promise=promise_id)
        lock_customers([customer])
        promise = Promise.objects.get(pk=promise_id)
        if promise.status != promises.OPEN:
            raise Refused("promise_not_open", status=promise.status.replace("_", " "))
        promise.status, promise.judged_on = promises.CANCELLED, who.today
        promise.save(update_fields=["status", "judged_on"])
        PromiseJudgement.objects.create(
            promise=promise,
            on=who.today,
            recorded_at=who.now,
            status=promise.status,
            paid=0,
            why=mask_card_numbers(reason)[:300],
        )
        decide_again(who, customer)
        act.tell(
            about=f"promise:{promise.pk}",
            customer_id=customer,
            before={"status": "open"},
            after={"status": "cancelled"},
        )
    return PromiseCancelled(promise_id, customer)
