"""Balances: one row per customer, entity and currency with anything open, rewritten in the transaction that changes it."""

from __future__ import annotations

from django.db import models

BUCKET_COLUMNS = 8


class Balance(models.Model):
    """What is owed today. Right for every day before `next_crossing_on`, the first day an item changes its bucket."""

    customer = models.ForeignKey("Customer", on_delete=models.CASCADE, related_name="balances")
    entity = models.ForeignKey("Entity", on_delete=models.CASCADE, db_index=False)
    currency = models.CharField(max_length=3)
    debits = models.BigIntegerField()  # open debit items, gross
    unapplied = models.BigIntegerField()  # open credit items
    disputed = models.BigIntegerField()  # of debits
    past_due = models.BigIntegerField()  # of debits, dpd >= 1
    late = models.BigIntegerField()  # of debits, dpd >= policy.aging_late_bucket_from
    bucket_0 = models.BigIntegerField()
    bucket_1 = models.BigIntegerField()
    bucket_2 = models.BigIntegerField()
    bucket_3 = models.BigIntegerField()
    bucket_4 = models.BigIntegerField()
    bucket_5 = models.BigIntegerField()
    bucket_6 = models.BigIntegerField()
    bucket_7 = models.BigIntegerField()
    items = models.PositiveIntegerField()  # open debit items
    items_past_due = models.PositiveIntegerField()
    oldest_due_on = models.DateField(null=True, blank=True)  # of open debit items
    next_crossing_on = models.DateField(db_index=True)
    as_of = models.DateField()  # the day the buckets were cut

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "entity", "currency"], name="balance_once")
        ]


class DailyFigure(models.Model):
    """The measures as recorded each night, per entity and currency: the history that trends are drawn from (F1)."""

    day = models.DateField()
    entity = models.ForeignKey("Entity", on_delete=models.CASCADE)
    currency = models.CharField(max_length=3)
    debits = models.BigIntegerField()
    unapplied = models.BigIntegerField()
    disputed = models.BigIntegerField()
    current = models.BigIntegerField()  # of debits, not past due
    late = models.BigIntegerField()  # dpd >= 31
    sales = models.BigIntegerField()  # invoices and debit memos less credit memos posted that day
    collected = models.BigIntegerField()  # payments posted that day less those that came back
    home_rate = models.DecimalField(
        max_digits=15, decimal_places=6, null=True
    )  # to policy.home_currency that day

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "entity", "currency"], name="daily_figure_once")
        ]
