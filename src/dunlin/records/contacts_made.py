"""What was said and what follows: calls, promises, notes, follow-ups."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Call(models.Model):
    """One call attempt, out or in. `day` is the ledger's day; `started_at` the moment."""

    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="calls", db_index=False)
    contact = models.ForeignKey("Contact", null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    spoke_to = models.CharField(max_length=200, blank=True)
    number = models.CharField(max_length=60, blank=True)
    direction = models.CharField(max_length=3, default="out")  # out, in
    outcome = models.CharField(max_length=16)  # rules.campaigns outcomes
    note = models.TextField(blank=True)
    next_step = models.CharField(max_length=200, blank=True)
    day = models.DateField()
    started_at = models.DateTimeField()
    seconds = models.PositiveIntegerField(null=True, blank=True)
    by = models.ForeignKey("User", on_delete=models.PROTECT, related_name="calls", db_index=False)

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-started_at"], name="call_customer"),
            models.Index(fields=["day", "by"], name="call_day"),
        ]


class Promise(models.Model):
    """A date, and perhaps an amount, that a named contact promised. The books judge it (P18)."""

    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="promises")
    contact = models.ForeignKey("Contact", null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    call = models.ForeignKey(Call, null=True, blank=True, on_delete=models.PROTECT, related_name="promises")
    source = models.CharField(max_length=10, default="call")  # call, e-mail, portal, letter
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(null=True, blank=True)  # empty: everything open on its items
    due_on = models.DateField()
    made_on = models.DateField()
    recorded_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=16, default="open")
    level = models.PositiveSmallIntegerField(default=0)  # raised when it replaces one that was not kept
    paid = models.BigIntegerField(default=0)  # minor units counted for it at the last judgement
    judged_on = models.DateField(null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaces"
    )
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gt=0), name="promise_amount_is_above_zero"
            ),
            models.CheckConstraint(condition=Q(paid__gte=0), name="promise_paid_is_not_negative"),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="promise_status")]


class PromiseItem(models.Model):
    """An item a promise covers, with what was open on it when the promise was made."""

    promise = models.ForeignKey(Promise, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey("Item", on_delete=models.PROTECT, related_name="promises")
    open_then = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["promise", "item"], name="promise_item_once")]


class PromiseJudgement(models.Model):
    """One judgement of a promise: what the books said that day. Appended when the status or the money changed."""

    promise = models.ForeignKey(Promise, on_delete=models.CASCADE, related_name="judgements")
    on = models.DateField()
    recorded_at = models.DateTimeField()
    status = models.CharField(max_length=16)
    paid = models.BigIntegerField()
    why = models.CharField(max_length=300)


class Note(models.Model):
    """A remark on an account. Internal: it never appears in anything a customer sees (P38)."""

    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="notes", db_index=False)
    item = models.ForeignKey("Item", null=True, blank=True, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, db_index=False)

    class Meta:
        indexes = [models.Index(fields=["customer", "-at"], name="note_customer")]


class FollowUp(models.Model):
    """Something to do about an account by a day."""

    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="follow_ups")
    owner = models.ForeignKey("User", on_delete=models.PROTECT, related_name="follow_ups", db_index=False)
    what = models.CharField(max_length=300)
    due_on = models.DateField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        "User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    call = models.ForeignKey(Call, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "due_on"], name="follow_up_open", condition=Q(done_at__isnull=True))
        ]
