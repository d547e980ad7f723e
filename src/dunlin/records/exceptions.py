"""What stops or changes the ordinary course: disputes and blocks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Dispute(models.Model):
    """A customer contests part or all of an item. It pauses contact about that part; it never changes what is open.

    With a `payment` it is a short pay: the part that payment kept back, for `reason` (rules/cash/short_pays.py).
    """

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
    # credit, rebill, document, refused, withdrawn; of a short pay also chargeback, write_off, paid
    resolution = models.CharField(max_length=24, blank=True)
    payment = models.ForeignKey(
        "Item", null=True, blank=True, on_delete=models.PROTECT, related_name="short_pays"
    )
    owner = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    evidence = models.JSONField(default=list, blank=True)  # sentences
    settled_by = models.ForeignKey(
        "Item", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # the credit memo, chargeback or write-off that came of it

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_amount_is_above_zero")]
        indexes = [
            models.Index(
                fields=["due_on", "id"], name="short_pay_open",
                condition=Q(payment__isnull=False) & Q(resolved_on__isnull=True),
            ),
        ]  # fmt: skip


class Overpayment(models.Model):
    """The rest of a payment that nothing owed takes up, and what the customer wants done with it. One a payment.

    It is over when an outcome is chosen or nothing of the payment is open any more. `amount` is what was over at first.
    """

    payment = models.OneToOneField("Item", on_delete=models.PROTECT, related_name="overpayment")
    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="overpayments")
    amount = models.BigIntegerField()  # minor units of the payment's currency
    owner = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    evidence = models.JSONField(default=list, blank=True)  # sentences
    opened_on = models.DateField()
    recorded_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, blank=True)  # on_account, apply, refund; empty: not decided
    note = models.CharField(max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="overpayment_is_above_zero"),
            models.CheckConstraint(
                condition=Q(outcome__in=("", "on_account", "apply", "refund")),
                name="overpayment_outcome_known",
            ),
        ]


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
