"""Payments on a provider's hosted page, and what the provider told us of them (E8, G7).

Of a card only brand, kind and last four signs are kept; of a message neither its content nor anything of the payer (invariant 38).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

# started: the page is open. processing: a bank debit on its way. paid; failed: it did not come. expired: nobody paid on the page.
# refunded, part_refunded: it went back. disputed: taken back until it is decided; won: it stands again; lost: for good.
ONLINE_STATES = (
    "started", "processing", "paid", "failed", "expired", "part_refunded", "refunded", "disputed", "won", "lost",
)  # fmt: skip
UNDER_WAY = ("started", "processing")
# Money that is, or may come to be, on its way: its items are not to be paid a second time.
WITH_MONEY = ("processing", "paid", "part_refunded", "won")
UNSETTLED = ("processing", "disputed")  # may yet become another thing, without anybody paying anew
EVENT_STATES = ("waiting", "done", "ignored")


class OnlinePayment(models.Model):
    """One hosted page and its payment. `amount` pays the items of the choice, `fee` comes on top; minor units of `currency`."""

    choice = models.ForeignKey("PaymentChoice", on_delete=models.PROTECT, related_name="online_payments")
    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="online_payments")
    entity = models.ForeignKey("Entity", on_delete=models.PROTECT, related_name="+")
    contact = models.ForeignKey("Contact", null=True, on_delete=models.PROTECT, related_name="+")
    provider = models.CharField(max_length=12, default="stripe")
    method = models.CharField(max_length=12)  # card, bank_debit
    state = models.CharField(max_length=14, default="started")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    fee = models.BigIntegerField(default=0)
    waiver = models.ForeignKey("Approval", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    session_id = models.CharField(max_length=255, null=True, unique=True)  # null until the page is made
    intent_id = models.CharField(max_length=255, null=True, unique=True)
    charge_id = models.CharField(max_length=255, blank=True)
    card_brand = models.CharField(max_length=24, blank=True)
    card_kind = models.CharField(max_length=10, blank=True)  # credit, debit, prepaid
    last4 = models.CharField(max_length=4, blank=True)  # of the card or account
    failure = models.CharField(max_length=60, blank=True)  # the provider's code
    payment = models.ForeignKey("Item", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    fee_item = models.ForeignKey("Item", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    refunded = models.BigIntegerField(default=0)  # of amount and fee together
    dispute_id = models.CharField(max_length=255, blank=True)
    respond_by = models.DateField(null=True, blank=True)  # last day to answer the dispute
    started_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)  # when the provider was last asked
    settled_at = models.DateTimeField(null=True, blank=True)  # paid, failed or over

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ONLINE_STATES), name="online_payment_state_known"),
            models.CheckConstraint(
                condition=Q(amount__gt=0) & Q(fee__gte=0), name="online_payment_amount_is_above_zero"
            ),
        ]
        indexes = [
            models.Index(
                fields=["started_at", "id"], name="online_under_way", condition=Q(state__in=UNDER_WAY)
            ),
            models.Index(fields=["customer", "settled_at"], name="online_of_customer"),
        ]


class ProviderEvent(models.Model):
    """A signed message, once by its id. It only says where to look: the payment is asked for at the provider."""

    provider = models.CharField(max_length=12, default="stripe")
    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=255, blank=True)
    session_id = models.CharField(max_length=255, blank=True)
    intent_id = models.CharField(max_length=255, blank=True)
    online = models.ForeignKey(
        OnlinePayment, null=True, blank=True, on_delete=models.PROTECT, related_name="events"
    )
    created_at = models.DateTimeField()  # at the provider
    received_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)  # how often it came
    state = models.CharField(max_length=8, default="waiting")
    done = models.CharField(max_length=200, blank=True)  # what followed from it
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=EVENT_STATES), name="provider_event_state_known")
        ]
        indexes = [
            models.Index(
                fields=["received_at", "id"], name="provider_event_waiting", condition=Q(state="waiting")
            )
        ]
