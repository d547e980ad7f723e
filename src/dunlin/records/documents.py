"""The document store: files, kept once by their content, and what they are to a customer (A5)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

DOCUMENT_KINDS = (
    "invoice", "credit_memo", "debit_memo", "statement", "contract", "eco", "travel", "tax_exempt_certificate", "purchase_order", "proof",
    "letter", "communication", "other",
)  # fmt: skip
# Sent only after somebody approved them for sending: what a customer may see of it is not plain from its kind.
NEEDS_APPROVAL = frozenset({"contract", "eco", "travel", "proof", "communication", "other"})
EXPIRES = frozenset({"tax_exempt_certificate", "contract"})


class StoredFile(models.Model):
    """Bytes, kept once under their fingerprint in the data folder, outside the web root. `type` is what they are by their own
    signs, never what the sender said; a file that is `refused` is kept, shown and never opened."""

    sha256 = models.CharField(max_length=64, unique=True)
    bytes = models.PositiveBigIntegerField()
    type = models.CharField(max_length=80)
    refused = models.CharField(max_length=40, blank=True)  # code of rules/codes.py PROBLEMS
    stored_at = models.DateTimeField()


class Document(models.Model):
    """A file of a customer: an invoice's PDF, a contract, a certificate with its last day."""

    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="documents")
    item = models.ForeignKey(
        "Item", null=True, blank=True, on_delete=models.PROTECT, related_name="documents"
    )
    kind = models.CharField(max_length=24)  # of DOCUMENT_KINDS
    title = models.CharField(max_length=200)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="documents")
    file_name = models.CharField(max_length=200)
    jurisdiction = models.CharField(max_length=60, blank=True)  # of a certificate
    number = models.CharField(max_length=64, blank=True)  # of a certificate, as its authority gave it
    valid_from = models.DateField(null=True, blank=True)  # first day it holds; empty: not stated
    expires_on = models.DateField(null=True, blank=True)  # last day it holds
    added_at = models.DateTimeField()
    added_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # no longer offered; kept
    withdrawn_why = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-added_at"], name="document_customer"),
            models.Index(
                fields=["expires_on"], name="document_expires", condition=Q(expires_on__isnull=False, withdrawn_at=None)
            ),
        ]  # fmt: skip

    @property
    def may_be_sent(self) -> bool:
        """Whether a customer may get it: in force, and approved where its kind needs it."""
        return self.withdrawn_at is None and (self.kind not in NEEDS_APPROVAL or self.approved_at is not None)
