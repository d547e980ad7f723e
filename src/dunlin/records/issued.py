"""Documents that Dunlin issued itself: what their paper says, and the ranges their numbers come from (A6, P36)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from dunlin.rules.invoicing import ISSUED_KINDS


class IssuedDocument(models.Model):
    """An invoice, debit memo or credit memo as it was issued; its lines are those of `item` (the first, of instalments).

    `paper` keeps what else its paper says (sender, bill-to, terms, certificates, what it corrects), so that printing it again
    gives the same paper whatever changed since. Never edited or deleted; its PDF is a document of the item.
    """

    item = models.OneToOneField("Item", on_delete=models.PROTECT, related_name="issued")
    entity = models.ForeignKey("Entity", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=16)  # of ISSUED_KINDS
    number = models.CharField(max_length=64)
    net = models.BigIntegerField()  # minor units of the item's currency
    tax = models.BigIntegerField()
    total = models.BigIntegerField()
    note = models.CharField(max_length=300, blank=True)  # why, as it stands on the paper of a memo
    paper = models.JSONField(default=dict)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(
        "User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ISSUED_KINDS), name="issued_kind_known"),
            models.CheckConstraint(
                condition=Q(total=models.F("net") + models.F("tax")) & Q(total__gt=0), name="issued_amounts_add_up"
            ),
            models.UniqueConstraint(fields=["entity", "number"], name="issued_number_once"),
        ]  # fmt: skip


class NumberRange(models.Model):
    """Numbers of one entity and kind: `prefix` and `next`, filled up to `width` digits. Taken under a lock of this row in the
    transaction that posts, so that none is used twice and what is undone leaves no gap."""

    entity = models.ForeignKey("Entity", on_delete=models.PROTECT, related_name="number_ranges")
    kind = models.CharField(max_length=16)
    prefix = models.CharField(max_length=20, blank=True)
    width = models.PositiveSmallIntegerField()
    next = models.PositiveBigIntegerField(default=1)

    class Meta:
        ordering = ["entity", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "kind"], name="number_range_once"),
            models.CheckConstraint(condition=Q(next__gt=0), name="number_range_from_one"),
            models.CheckConstraint(condition=Q(kind__in=ISSUED_KINDS), name="number_range_kind_known"),
        ]

    @property
    def shown(self) -> str:
        """The number that comes next."""
        return f"{self.prefix}{self.next:0{self.width}d}"
