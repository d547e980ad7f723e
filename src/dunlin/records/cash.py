"""Money that came in: the bank files it was told by, the receipts to be processed (E1), and who pays for whom.

An account number is never kept: a fingerprint says whether it is the same account, the last four signs show which (invariant 38).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

RECEIPT_KINDS = ("credit", "debit", "return", "noc", "reversal")
# waiting: nobody and nothing decided yet. proposed: a proposal waits for a person. asked: posted unapplied, or not posted, with a
# named question. done: posted and applied. aside: not money of a customer, with the reason. info: moves no money of ours.
# split: its money stands in its parts, which are placed each on its own.
RECEIPT_STATES = ("waiting", "proposed", "asked", "done", "aside", "info", "split")
OPEN_STATES = ("waiting", "proposed", "asked")
# waiting: its money has not come. used: linked to a receipt. superseded: another took its place, or a person put it aside.
ADVICE_STATES = ("waiting", "used", "superseded")


class BankAccount(models.Model):
    """An account of ours at a bank, a lockbox, or a card processor's balance: what is paid into it belongs to `entity`.

    Made when a file first tells of it; without an entity until a person says whose it is, where there are several.
    """

    entity = models.ForeignKey("Entity", null=True, on_delete=models.PROTECT)
    name = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    tail = models.CharField(max_length=4, blank=True)
    fingerprint = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["name"]


class BankFile(models.Model):
    """A file taken in. Its text is not kept, as it holds account numbers; what was understood, warned of and damaged is."""

    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    bytes = models.PositiveBigIntegerField()
    format = models.CharField(max_length=24)
    variant = models.CharField(max_length=40, blank=True)
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT)
    entries = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)  # entries no earlier file had told
    sums = models.JSONField(default=dict)  # currency -> minor units of the booked entries
    statements = models.JSONField(default=list)  # account tail, currency, number, balances, adds_up
    warnings = models.JSONField(default=list)  # place, code, detail
    damaged = models.JSONField(default=list)  # the same with the masked text

    class Meta:
        ordering = ["-id"]


class Receipt(models.Model):
    """One transaction a bank told us of. `amount` is seen from our account: above zero is money that came in.

    `key` is the transaction's own identity: told again by another file it is the same receipt (invariant 13).
    """

    file = models.ForeignKey(BankFile, on_delete=models.PROTECT, related_name="receipts")
    account = models.ForeignKey(BankAccount, null=True, on_delete=models.PROTECT, related_name="receipts")
    key = models.CharField(max_length=80, unique=True)
    booking_key = models.CharField(max_length=80, blank=True, db_index=True)
    place = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=8)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    charges = models.BigIntegerField(default=0)  # minor units the banks kept of it
    booked_on = models.DateField()
    value_on = models.DateField()
    received_at = models.DateTimeField()  # when Dunlin heard of it
    empty_by = models.DateTimeField()  # P15: the close by which the queue should be empty
    late_after = models.DateTimeField()  # P15: the last moment to process it
    payer_name = models.CharField(max_length=140, blank=True)
    payer_tail = models.CharField(max_length=4, blank=True)
    payer_fingerprint = models.CharField(max_length=64, blank=True)
    text = models.TextField(blank=True)  # what the payer wrote, masked
    references = models.JSONField(default=list)
    documents = models.JSONField(
        default=list
    )  # number, paid, discount, reason as the payer's advice gives them
    bank_reference = models.CharField(max_length=140, blank=True)
    end_to_end_id = models.CharField(max_length=140, blank=True)
    trace = models.CharField(max_length=80, blank=True)
    original_trace = models.CharField(max_length=80, blank=True)
    check_number = models.CharField(max_length=40, blank=True)
    return_code = models.CharField(max_length=12, blank=True)
    doubt = models.CharField(max_length=40, blank=True)  # code of PROBLEMS: a person looks first

    state = models.CharField(max_length=8, default="waiting")
    owner = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(
        "Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="receipts"
    )
    proposal = models.JSONField(null=True, blank=True)  # lines, deductions, unapplied, evidence, confidence
    automatic = models.BooleanField(default=False)  # posted and applied without a touch
    corrected = models.BooleanField(default=False)  # an automatic posting that a person undid
    question = models.CharField(max_length=300, blank=True)  # what must be answered, or why it was set aside
    payment = models.ForeignKey(
        "Item", null=True, blank=True, on_delete=models.PROTECT, related_name="receipts"
    )  # the payment posted for it, or the one it returned
    used_along = models.JSONField(default=list)  # applications of credit memos used with it: undone with it
    part_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RECEIPT_STATES), name="receipt_state_known"),
            models.CheckConstraint(condition=Q(kind__in=RECEIPT_KINDS), name="receipt_kind_known"),
            # Money is posted once: a payment stands for one receipt that came in.
            models.UniqueConstraint(
                fields=["payment"], condition=Q(kind="credit", payment__isnull=False), name="receipt_posted_once"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["empty_by", "id"], name="receipt_queue", condition=Q(state__in=OPEN_STATES)),
            models.Index(fields=["received_at"], name="receipt_received"),
            models.Index(fields=["trace"], name="receipt_trace", condition=Q(trace__gt="")),
            models.Index(
                fields=["end_to_end_id"], name="receipt_end_to_end", condition=Q(end_to_end_id__gt="")
            ),
            models.Index(
                fields=["payer_fingerprint"], name="receipt_payer", condition=Q(payer_fingerprint__gt="")
            ),
        ]


class RemittanceAdvice(models.Model):
    """What a payer says a payment is for, from a file or a mail; it waits for the money, or the money waits for it.

    `key` is the fingerprint of what it says: told again it is the same one (invariant 13). `money` is what the payment should
    be: as stated, else as the lines make it. The file is not kept, as account numbers may stand in it; a mail keeps itself.
    """

    key = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)  # of the file, or the subject of the mail
    format = models.CharField(max_length=24)
    mail = models.ForeignKey("Mail", null=True, on_delete=models.PROTECT, related_name="advices")
    received_at = models.DateTimeField()
    taken_by = models.ForeignKey(
        "User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    customer = models.ForeignKey("Customer", null=True, on_delete=models.PROTECT, related_name="advices")
    payer_name = models.CharField(max_length=140, blank=True)
    payer_tail = models.CharField(max_length=4, blank=True)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(null=True)  # minor units as stated
    money = models.BigIntegerField()
    adds_up = models.BooleanField(null=True)
    paid_on = models.DateField(null=True)
    trace = models.CharField(max_length=80, blank=True)
    check_number = models.CharField(max_length=40, blank=True)
    number = models.CharField(max_length=60, blank=True)
    lines = models.JSONField(
        default=list
    )  # number, kind, paid, due, discount, reason, words, on; minor units
    apart = models.JSONField(default=list)  # amount, reason, words, number: what belongs to no line
    warnings = models.JSONField(default=list)
    damaged = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="waiting")
    receipt = models.ForeignKey(Receipt, null=True, on_delete=models.PROTECT, related_name="advices")
    linked_by = models.CharField(max_length=8, blank=True)  # trace, check, payer, person
    linked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ADVICE_STATES), name="advice_state_known"),
            models.CheckConstraint(
                condition=Q(state="used", receipt__isnull=False) | ~Q(state="used") & Q(receipt=None),
                name="advice_used_by_one",
            ),
            models.UniqueConstraint(fields=["receipt"], condition=Q(receipt__isnull=False), name="advice_of_receipt_once"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["currency", "money"], name="advice_waiting", condition=Q(state="waiting")),
            models.Index(fields=["trace"], name="advice_trace", condition=Q(trace__gt="")),
            models.Index(fields=["-received_at"], name="advice_received"),
        ]


class PayerAlias(models.Model):
    """What a payer is known by, learnt from what people confirmed: an account's fingerprint or a name as banks write it.

    Trust is `right / (right + wrong)`; it falls when a posting that rested on it was undone, and a person can revoke it.
    """

    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="payer_aliases")
    kind = models.CharField(max_length=8)  # account, name
    value = models.CharField(max_length=140)
    shown = models.CharField(max_length=140)  # the name as written, or the last four signs of the account
    right = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    learnt_at = models.DateTimeField()
    learnt_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "value", "customer"], name="payer_alias_once"),
        ]
