"""Finish a follow-up: what came of it, by whom."""

from __future__ import annotations

from dataclasses import dataclass

from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Who, doing
from dunlin.records.models import FollowUp
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers


@dataclass(frozen=True)
class FollowUpFinished:
    """The follow-up that is done."""

    follow_up_id: int
    customer_id: int


def finish_follow_up(who: Who, follow_up_id: int, outcome: str = "") -> FollowUpFinished:
    """Mark it done. Refused: follow_up_unknown, follow_up_done_already."""
    with doing(who, "finish_follow_up") as act:
        row = FollowUp.objects.select_for_update(of=("self",)).filter(pk=follow_up_id).first()
        if row is None:
            raise Refused("follow_up_unknown", follow_up=follow_up_id)
        if row.done_at is not None:
            raise Refused("follow_up_done_already", done_on=row.done_at.date().isoformat())
        row.done_at, row.done_by_id, row.outcome = who.now, who.user_id, mask_card_numbers(outcome)[:300]
        row.save(update_fields=["done_at", "done_by", "outcome"])
        decide_again(who, row.customer_id)
        act.tell(about=f"follow_up:{row.pk}", customer_id=row.customer_id, after={"outcome": row.outcome})
    return FollowUpFinished(row.pk, row.customer_id)
