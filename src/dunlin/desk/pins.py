"""What a lead changes about the day's list: a customer at its head, another order of the tiers. Both with a reason (B2)."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from dunlin.actions.order_worklist import order_worklist as put_in_order
from dunlin.actions.pin_customer import pin_customer, unpin_customer
from dunlin.desk.access import customer_for
from dunlin.desk.acts import act, allow, typed_in
from dunlin.desk.answers import done, show
from dunlin.records.models import Pin, TierOrder
from dunlin.rules.codes import Refused
from dunlin.rules.reasons import TIER_NAMES


def pin(request: HttpRequest, pk: int) -> HttpResponse:
    """Pin for today, or take the pin out (`out`)."""
    customer = customer_for(request, pk)
    door = request.door  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        if typed.get("out"):
            unpin_customer(door.who, pk, door.today)
            return f"{customer.name} is no longer pinned."
        pin_customer(door.who, pk, door.today, typed.get("reason", ""))
        return f"{customer.name} stands at the head of today’s list."

    there = Pin.objects.filter(day=door.today, customer=pk).select_related("by").first()
    return act(
        request, customer, "pin_customer", "pin", do, beside={"not_blank": "reason"}, facts={"pinned": there}
    )


def order_worklist(request: HttpRequest) -> HttpResponse:
    """Today's order of the tiers: each gets a place, with a reason."""
    allow(request, "order_worklist")
    door = request.door  # type: ignore[attr-defined]
    typed, errors = typed_in(request), {}
    current = TierOrder.objects.filter(day=door.today).select_related("by").first()
    tiers = list(current.tiers if current else door.policy.tier_order)
    if request.method == "POST":
        tiers = sorted(tiers, key=lambda tier: (typed.get(f"place-{tier}", "9"), tiers.index(tier)))
        try:
            ordered = put_in_order(door.who, door.today, tiers, typed.get("reason", ""))
        except Refused as refused:
            if refused.code != "not_blank":
                raise
            errors["reason"] = str(refused)
        else:
            return done(
                request, f"The order of today is set; {ordered.revised} accounts moved.", reverse("today")
            )
    facts = {
        "tiers": [(tier, TIER_NAMES[tier]) for tier in tiers],
        "current": current,
        "typed": typed,
        "errors": errors,
    }
    return show(request, "order.html", facts, status=422 if errors else 200)
