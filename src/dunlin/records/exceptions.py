"""What stops or changes the ordinary course: disputes and blocks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Dispute(models.Model):
    """A customer contests part or all of an item. It pauses contact about that part; it never changes what is open."""

    item = models.ForeignKey("Item", on_delete=models.PROTECT, related_name="disputes")
    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="disputes")
    amount = models.BigIntegerField()  # minor units of the item's currency
    reason = models.CharField(max_length=24)
    note = models.CharField(max_length=500, blank=True)
    department = models.CharField(max_length=40, blank=True)
    raised_by = models.CharField(max_length=200, blank=True)
    opened_on = models.DateField()
    due_on = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    resolved_on = models.DateField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        "User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    resolution = models.CharField(max_length=24, blank=True)  # credit, rebill, document, refused, withdrawn

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_amount_is_above_zero")]


class Block(models.Model):
    """Why a customer, or one item, is not contacted from one day until another: one row per reason.

    Kinds: cease_contact, do_not_call, insolvency, legal, sanctions, agency (customer); extension, plan, undelivered (item or customer).
    """

    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="blocks")
    item = models.ForeignKey("Item", null=True, blank=True, on_delete=models.PROTECT, related_name="blocks")
    kind = models.CharField(max_length=16)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)  # last day; empty: until lifted
    reason = models.CharField(max_length=300)
    recorded_at = models.DateTimeField()
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        "User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
