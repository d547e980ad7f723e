"""Refunds: the bank details they go to, what was asked, approved and paid out, and the files the bank was given (E6, P26).

Account numbers lie locked (`records/vault.py`); last four signs and a fingerprint stand beside them. A pay-out file is not kept: its
text is written anew from the rows and must have the hash it had.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

# requested: waits for approval, nothing posted. approved: posted, to be paid out. in_file: in a pay-out file. paid: the file went to the
# bank. confirmed: the bank's statement shows it. returned: it came back. refused and cancelled: over, the credit is open as before.
REFUND_STATES = ("requested", "approved", "refused", "in_file", "paid", "confirmed", "returned", "cancelled")
STANDING_STATES = ("approved", "in_file", "paid", "confirmed")  # posted and not undone
PAYEE_KINDS = ("ach", "sepa")


class PayeeAccount(models.Model):
    """Bank details of a customer, never changed: new ones are a new row. Used only after somebody else called back (`verified_by`)."""

    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="payee_accounts")
    kind = models.CharField(max_length=8)
    holder = models.CharField(max_length=140)
    locked = models.TextField(blank=True)  # account and bank; empty in a copy of the books
    tail = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=64)
    personal = models.BooleanField(default=False)
    savings = models.BooleanField(default=False)
    entered_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    came_by = models.CharField(max_length=140, blank=True)  # how we got them: a letter, a mail, the portal
    verified_by = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    verified_on = models.DateField(null=True, blank=True)
    verified_how = models.CharField(
        max_length=300, blank=True
    )  # whom one called, at which number known before
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=PAYEE_KINDS), name="payee_account_kind_known"),
            models.CheckConstraint(
                condition=Q(verified_by__isnull=True) | Q(entered_by__isnull=True) | ~Q(verified_by=F("entered_by")),
                name="payee_account_verified_by_another",
            ),
        ]  # fmt: skip


class PayoutAccount(models.Model):
    """What a bank account of ours needs to be paid out from: its number, its bank, and what the bank calls us, locked."""

    account = models.OneToOneField("BankAccount", on_delete=models.PROTECT, related_name="payout")
    locked = models.TextField(blank=True)  # name, account, bank, company_id, bank_name
    kind = models.CharField(max_length=8)  # ach, sepa
    changed_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=PAYEE_KINDS), name="payout_account_kind_known")
        ]


class PayoutFile(models.Model):
    """A file of refunds for the bank. `sum` in minor units. Undone, it holds nothing any more and its number is not used again."""

    entity = models.ForeignKey("Entity", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey("BankAccount", on_delete=models.PROTECT, related_name="+")
    format = models.CharField(max_length=8)  # nacha, pain001, csv
    pay_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    count = models.PositiveIntegerField()
    sum = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    ours = models.TextField(blank=True)  # our details as they were when the file was made, locked
    refund_ids = models.JSONField(default=list)
    downloads = models.JSONField(default=list)  # at, by
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undone_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(sum__gt=0) & Q(count__gt=0), name="payout_file_holds_something"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(undone_at__isnull=True), name="payout_file_sent_or_undone"
            ),
        ]  # fmt: skip

    @property
    def number(self) -> str:
        """What the bank knows it by."""
        return f"DUNLIN{self.pk:08d}"


class Refund(models.Model):
    """Part of a credit that goes back to who paid. `item` is the debit posted for it on approval; `amount` in minor units."""

    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="refunds")
    entity = models.ForeignKey("Entity", on_delete=models.PROTECT, related_name="+")
    credit = models.ForeignKey("Item", on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=8)
    rail = models.CharField(
        max_length=16, blank=True
    )  # how the money had come in, as a file told or a person said
    payee = models.ForeignKey(
        PayeeAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="refunds"
    )
    payee_name = models.CharField(max_length=140)
    reason = models.CharField(max_length=300)
    waived = models.JSONField(default=dict)  # code → why it was passed
    state = models.CharField(max_length=10, default="requested")
    asked_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    approval = models.ForeignKey(
        "Approval", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    item = models.OneToOneField(
        "Item", null=True, blank=True, on_delete=models.PROTECT, related_name="refund_of"
    )
    file = models.ForeignKey(
        PayoutFile, null=True, blank=True, on_delete=models.PROTECT, related_name="refunds"
    )
    receipt = models.ForeignKey(
        "Receipt", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # the bank's entry that shows it went, or came back
    decided_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    confirmed_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)  # returned or cancelled
    ended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_is_above_zero"),
            models.CheckConstraint(condition=Q(state__in=REFUND_STATES), name="refund_state_known"),
            # Money leaves only for what is posted.
            models.CheckConstraint(
                condition=~Q(state__in=STANDING_STATES) | Q(item__isnull=False), name="refund_paid_is_posted"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["state", "-id"], name="refund_state"),
        ]

    @property
    def reference(self) -> str:
        """What the bank carries with the money and gives back with a return: the end-to-end id."""
        return f"RFD{self.pk:08d}"
