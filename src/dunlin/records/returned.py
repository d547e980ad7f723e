"""What followed from a payment that came back: may it be presented again, what became of auto-pay, and how long it is shown (E4, P25)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

AUTO_PAY = ("on", "paused", "stopped")


class ReturnedPayment(models.Model):
    """One payment that came back. `times` counts how often this money did, itself included; `first_on` is when it came first.

    `retry` is the rule of the code's class, `retries_left` and `retry_until` what is left of it where it may be presented as it was.
    Auto-pay of the customer is as `auto_pay` says until a person lifts it.
    """

    payment = models.OneToOneField("Item", on_delete=models.PROTECT, related_name="returned")
    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="returned_payments")
    rail = models.CharField(max_length=8, blank=True)
    code = models.CharField(max_length=24, blank=True)
    letter = models.CharField(max_length=1, blank=True)  # class of the code; empty when no code was given
    returned_on = models.DateField(db_index=True)
    recorded_at = models.DateTimeField()
    times = models.PositiveSmallIntegerField(default=1)
    first_on = models.DateField()
    retry = models.CharField(max_length=24, blank=True)
    retries_left = models.PositiveSmallIntegerField(default=0)
    retry_until = models.DateField(null=True, blank=True)
    retry_label = models.CharField(max_length=16, blank=True)
    fee = models.ForeignKey(
        "Item", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    evidence = models.JSONField(default=list, blank=True)  # sentences
    flag_until = models.DateField()  # last day on which the account shows it
    auto_pay = models.CharField(max_length=8, default="on")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lifted_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(auto_pay__in=AUTO_PAY), name="returned_auto_pay_known"),
        ]
