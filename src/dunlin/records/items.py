"""Items and applications: the two tables that carry the subledger.

An item is every receivable document, debit or credit. An application uses part of a credit item against part of a
debit item. Nothing posted is edited or deleted: `open = amount - sum of applications`, for any as-of date
(`posted_on <= D`) and any knowledge date (`recorded_at <= T`). `open`, `closed_on` and the other stored figures below
serve today; they change only in the transaction that posts, under the customer's row lock.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

DEBIT_KINDS = ("invoice", "debit_memo", "finance_charge", "chargeback", "refund", "payment_return")
CREDIT_KINDS = ("payment", "credit_memo", "write_off", "discount", "deposit", "refund_return")
MONEY_KINDS = ("payment", "deposit")  # the credits that are money received
INVOICE_CLASSES = ("standard", "mrr", "final")
STAGES = ("", "receipt", "d5", "d15", "suspension")  # Item.stage is the index of the highest one reached


class Item(models.Model):
    """One receivable document, or one instalment of it. `amount` is above zero; `side` is 1 for a debit, -1 for a credit."""

    entity = models.ForeignKey("Entity", on_delete=models.PROTECT, db_index=False)
    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="items")
    kind = models.CharField(max_length=16)
    side = models.SmallIntegerField()
    invoice_class = models.CharField(
        max_length=8, blank=True
    )  # standard, mrr, final; empty unless an invoice, or a debit memo that corrects one
    number = models.CharField(
        max_length=64, blank=True
    )  # the document's number; empty when the source had none
    instalment = models.PositiveSmallIntegerField(
        default=0
    )  # 0: not in instalments; else 1..n under one number
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()  # minor units, tax included
    tax = models.BigIntegerField(default=0)
    document_on = models.DateField()
    due_on = models.DateField()  # a credit's is its document date
    posted_on = models.DateField()  # drives balances and aging; always in an open period
    value_on = (
        models.DateField()
    )  # when the money or event really happened; drives promises, discounts, interest
    recorded_at = models.DateTimeField()
    service_month = models.DateField(null=True, blank=True)  # first day of the month an MRR invoice is for
    terms = models.ForeignKey("PaymentTerms", null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    discount = models.BigIntegerField(default=0)  # minor units off if paid through discount_until
    discount_until = models.DateField(null=True, blank=True)
    po_number = models.CharField(max_length=64, blank=True)
    order_number = models.CharField(max_length=64, blank=True)
    reference = models.CharField(max_length=140, blank=True)
    description = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=24, blank=True)  # of a credit or debit memo, write-off, discount
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )
    source = models.CharField(max_length=40, blank=True)  # the mapping, bank file or screen it came from
    source_key = models.CharField(max_length=80, null=True, blank=True)  # null: not imported; else unique

    # Kept in the posting transaction, re-proved by `dunlin verify`.
    open = models.BigIntegerField()
    disputed = models.BigIntegerField(default=0)  # of `open`
    last_applied_on = models.DateField(null=True, blank=True)  # latest posting date of an application of it
    closed_on = models.DateField(null=True, blank=True)  # last_applied_on while open is zero
    closed_at = models.DateTimeField(null=True, blank=True)  # when that was recorded
    stage = models.PositiveSmallIntegerField(
        default=0
    )  # highest contact stage done, or gone past when its due date moved (P4), index of STAGES
    stage_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="item_amount_is_above_zero"),
            models.CheckConstraint(
                condition=Q(open__gte=0) & Q(open__lte=F("amount")), name="item_open_is_within_amount"
            ),
            models.CheckConstraint(
                condition=Q(disputed__gte=0) & Q(disputed__lte=F("open")), name="item_disputed_is_within_open"
            ),
            models.CheckConstraint(
                condition=(Q(side=1) & Q(kind__in=DEBIT_KINDS)) | (Q(side=-1) & Q(kind__in=CREDIT_KINDS)),
                name="item_side_fits_kind",
            ),
            models.CheckConstraint(
                condition=(Q(open=0) & Q(closed_on__isnull=False))
                | (Q(open__gt=0) & Q(closed_on__isnull=True)),
                name="item_closed_on_tells_when_open_became_zero",
            ),
            models.UniqueConstraint(fields=["source", "source_key"], name="item_imported_once"),
        ]
        indexes = [
            # Today: everything a customer's balance or decision needs, without touching the rows, which lie all over the
            # table. Measured on 1,000,000 open items: read in 1.0 s against 2.9 s (PostgreSQL), 1.6 s against 2.7 s (SQLite).
            models.Index(
                fields=[
                    "customer",
                    "currency",
                    "due_on",
                    "open",
                    "side",
                    "number",
                    "kind",
                    "invoice_class",
                    "document_on",
                    "disputed",
                    "service_month",
                    "stage",
                    "entity",
                    "posted_on",
                    "id",
                ],
                name="item_open",
                condition=Q(open__gt=0),
            ),
            models.Index(fields=["closed_on"], name="item_closed_on"),
            # Facts only, so it is never rewritten: sales and money of any stretch of days without touching the rows.
            models.Index(fields=["posted_on", "kind", "currency", "entity", "amount"], name="item_posted_on"),
            # The operator class lets PostgreSQL search by the beginning of a number; SQLite knows none and needs none.
            models.Index(fields=["number"], name="item_number", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["open"], name="item_open_amount", condition=Q(open__gt=0)),
            models.Index(fields=["po_number"], name="item_po_number", condition=Q(po_number__gt="")),
        ]


class ItemLine(models.Model):
    """A line of a document, as its source gave it or as it was issued. Of an instalment plan the first item has the lines."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    description = models.CharField(max_length=300)
    quantity = models.DecimalField(max_digits=15, decimal_places=4, null=True, blank=True)
    amount = models.BigIntegerField()  # minor units before tax
    tax = models.BigIntegerField(default=0)
    unit_price = models.DecimalField(max_digits=17, decimal_places=6, null=True, blank=True)  # major units
    tax_pct = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    jurisdiction = models.CharField(max_length=60, blank=True)  # that taxes it; empty: none does
    certificate = models.ForeignKey(
        "Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # that exempted it
    service_from = models.DateField(null=True, blank=True)
    service_to = models.DateField(null=True, blank=True)
    days = models.PositiveIntegerField(default=0)  # of `of_days` that the price is for; 0 of 0: all of it
    of_days = models.PositiveIntegerField(default=0)
    credits = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # of a credit memo: the position of the line of the invoice that it takes back

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["item", "position"], name="item_line_once")]


class DueDateChange(models.Model):
    """A logged amendment of a due date. `Item.due_on` holds the newest; as-of reports use the one known then."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="due_date_changes")
    old_due_on = models.DateField()
    new_due_on = models.DateField()
    posted_on = models.DateField(db_index=True)
    recorded_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT)


class Application(models.Model):
    """`amount` of `credit` used against `debit`; a reversal is a new, negative application that names the one it undoes."""

    credit = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="uses")
    debit = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="settlements")
    amount = models.BigIntegerField()  # minor units of both items' currency
    posted_on = models.DateField()
    value_on = models.DateField()
    recorded_at = models.DateTimeField()
    why = models.CharField(max_length=32)  # code in rules/codes.py: by_reference, by_hand, imported, ...
    evidence = models.CharField(max_length=300, blank=True)
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversal"
    )
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(reverses__isnull=True) & Q(amount__gt=0))
                | (Q(reverses__isnull=False) & Q(amount__lt=0)),
                name="application_is_positive_unless_it_reverses",
            ),
            models.CheckConstraint(condition=~Q(credit=F("debit")), name="application_joins_two_items"),
        ]
        indexes = [models.Index(fields=["posted_on"], name="application_posted_on")]
