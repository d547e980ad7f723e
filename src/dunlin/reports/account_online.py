"""What runs online on an account: payments on their way, card disputes to answer, waivers of the card fee (P11, P12, section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dunlin.records.models import Approval, OnlinePayment
from dunlin.records.online_payments import UNSETTLED

MOST = 20  # rows of a kind that are told of, newest first


@dataclass(frozen=True, slots=True)
class Online:
    """Payments that are `processing` or `disputed`, and waivers that wait for a decision or may still be used."""

    payments: tuple[OnlinePayment, ...] = ()
    waivers: tuple[Approval, ...] = ()


def online_of(customer_id: int, at: datetime) -> Online:
    """Of one customer, at a moment. Two queries."""
    paid = OnlinePayment.objects.filter(customer=customer_id, state__in=UNSETTLED)
    open_waivers = {"kind": "fee_waiver", "customer": customer_id, "state__in": ("requested", "approved")}
    waivers = Approval.objects.filter(**open_waivers, expires_at__gt=at)
    return Online(
        tuple(paid.select_related("choice").order_by("-pk")[:MOST]), tuple(waivers.order_by("-pk")[:MOST])
    )
