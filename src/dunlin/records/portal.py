"""The customer portal: links sent to sign in, who is signed in, and what a customer chose to pay under which reference (E7).

Secrets are kept as their fingerprint only. Who may see which account follows from the contacts (records/customers.py), read anew on
every request; nothing here grants anything by itself.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class PortalLink(models.Model):
    """One request for a link. Without a `token_hash` nobody has the address: the row only counts against asking too often."""

    address_hash = models.CharField(max_length=64)  # of the address asked for, in lower case
    client_hash = models.CharField(max_length=64)  # of where it was asked from
    asked_at = models.DateTimeField()
    address = models.CharField(max_length=254, blank=True)
    token_hash = models.CharField(max_length=64, null=True, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["address_hash", "asked_at"], name="portal_link_address"),
            models.Index(fields=["client_hash", "asked_at"], name="portal_link_client"),
            models.Index(fields=["asked_at"], name="portal_link_asked"),
        ]


class PortalSession(models.Model):
    """A browser that is signed in for an address, until `ends_at` at the latest."""

    token_hash = models.CharField(max_length=64, unique=True)
    address = models.CharField(max_length=254)
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # signed out before


class PaymentChoice(models.Model):
    """Items a customer chose to pay together by bank transfer; the money is to carry `reference` (ISO 11649). `amount` in minor units
    is the sum of its items."""

    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="payment_choices")
    entity = models.ForeignKey("Entity", on_delete=models.PROTECT, related_name="+")
    contact = models.ForeignKey("Contact", null=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    reference = models.CharField(max_length=25, null=True, unique=True)  # null only while it is being made
    content_hash = models.CharField(
        max_length=64, unique=True
    )  # the same items and amounts have one reference
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_choice_amount_is_above_zero")
        ]


class PaymentChoiceItem(models.Model):
    """How much of an item is to be paid, in minor units of the choice's currency."""

    choice = models.ForeignKey(PaymentChoice, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey("Item", on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["choice", "item"], name="payment_choice_item_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_choice_item_is_above_zero"),
        ]
