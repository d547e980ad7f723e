"""Set the order of the tiers for one day; the setting holds on every other day (P5: the override is logged)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dunlin.actions.doing import Who, doing
from dunlin.actions.run_daily import deal_again
from dunlin.records.models import DecisionRun, TierOrder
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.policy import TIERS


@dataclass(frozen=True)
class WorklistOrdered:
    """The order of the day; `revised` decisions got a new tier or place, 0 when the night is still to come."""

    day: date
    tiers: tuple[str, ...]
    revised: int


def order_worklist(who: Who, day: date, tiers: Sequence[str], reason: str) -> WorklistOrdered:
    """Each tier once, first comes first. When the day has run already the lists are dealt anew: a higher revision holds the
    new places. Refused: tier_order_incomplete, not_blank, call_needs_a_person, day_is_past."""
    with doing(who, "order_worklist", cause=reason) as act:
        if who.user_id is None:
            raise Refused("call_needs_a_person")
        if sorted(tiers) != sorted(TIERS):
            raise Refused("tier_order_incomplete", tiers=", ".join(TIERS))
        if not reason.strip():
            raise Refused("not_blank", field="the reason")
        if day < who.today:
            raise Refused("day_is_past", day=day.isoformat())
        before = TierOrder.objects.filter(day=day).values_list("tiers", flat=True).first()
        TierOrder.objects.update_or_create(
            day=day,
            defaults={
                "tiers": list(tiers),
                "reason": mask_card_numbers(reason.strip())[:200],
                "by_id": who.user_id,
                "at": who.now,
            },
        )
        act.tell(about=f"worklist:{day}", before=before, after=list(tiers))
        ran = day == who.today and DecisionRun.objects.filter(day=day, finished_at__isnull=False).exists()
        revised = deal_again(who, day) if ran else 0
    return WorklistOrdered(day, tuple(tiers), revised)
