"""Requests for approval: what somebody asked to be allowed, what it rested on, and who decided (P11, D4)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

# requested: waits for a decision. approved: may be done, or was done with the decision. used: what waited for it was done.
APPROVAL_STATES = ("requested", "approved", "refused", "withdrawn", "expired", "used")


class Approval(models.Model):
    """One request. `amount` in minor units of `currency`; `about` names the row it is about ("refund:12") and is asked for once at a time.

    `evidence` are sentences for the one who decides; `facts` is what the act reads again before it takes effect.
    """

    kind = models.CharField(max_length=16)
    customer = models.ForeignKey(
        "Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="approvals"
    )
    entity = models.ForeignKey("Entity", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3, blank=True)
    amount = models.BigIntegerField(null=True, blank=True)
    about = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=200)
    reason = models.CharField(max_length=500)
    if_yes = models.CharField(max_length=300, blank=True)
    if_no = models.CharField(max_length=300, blank=True)
    evidence = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    asked_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="requested")
    decided_by = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=APPROVAL_STATES), name="approval_state_known"),
            # A withdrawal is the requester's own; a decision never is.
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(asked_by__isnull=True) | ~Q(decided_by=F("asked_by")) | Q(state="withdrawn"),
                name="approval_by_another",
            ),
            models.CheckConstraint(condition=Q(amount__isnull=True) | Q(amount__gt=0), name="approval_amount_is_above_zero"),
            models.UniqueConstraint(
                fields=["kind", "about"], condition=Q(state="requested") & Q(about__gt=""), name="approval_asked_once",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["expires_at", "id"], name="approval_waiting", condition=Q(state="requested")
            ),
            models.Index(fields=["about"], name="approval_about"),
        ]
