"""What we send: a message is a row before anything leaves, and every step of it stays readable.

decided (or waiting, when its kind needs an approval first) → claimed → sent | failed | bounced; or withdrawn, with the reason.
`claimed` is written before the message is handed over and `handed_over_at` just before its last byte: a row that stayed claimed
without it was never sent, a row with it may have been and is shown to a person (docs/guides/mail.md).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

STATES = ("waiting", "decided", "claimed", "sent", "failed", "bounced", "withdrawn")
# What a message is for. `notice` uses up levels; `answer`, `copies`, `written` and `request` are a person's own; `payment` tells what
# became of a payment they began.
PURPOSES = (
    "notice", "statement", "finals", "mrr", "not_reached", "suspension", "answer", "copies", "written", "request", "internal",
    "portal_link", "payment",
)  # fmt: skip


class Message(models.Model):
    """One message to a customer (or, for `request` and `internal`, to colleagues), by e-mail or letter."""

    customer = models.ForeignKey(
        "Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    entity = models.ForeignKey("Entity", null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    contact = models.ForeignKey("Contact", null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    channel = models.CharField(max_length=8)  # email, letter
    purpose = models.CharField(max_length=12)  # of PURPOSES
    # What makes it the same message: a second run finds it and adds nothing. Null: a person wrote it.
    once = models.CharField(max_length=120, null=True, unique=True)
    run = models.ForeignKey(
        "ProcessRun", null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    strategy = models.ForeignKey(
        "StrategyVersion", null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )
    level = models.SmallIntegerField(null=True, blank=True)  # highest level of a notice
    template = models.ForeignKey(
        "TemplateVersion", null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )
    language = models.CharField(max_length=8, blank=True)
    day = models.DateField()  # the ledger's day it was decided for
    state = models.CharField(max_length=9, default="decided")  # of STATES
    why = models.CharField(max_length=40, blank=True)  # code of the newest state's reason
    why_facts = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)  # the figures it rests on, as last read
    to = models.JSONField(default=list)  # [{"name", "address", "point"}]
    cc = models.JSONField(default=list)
    sender_name = models.CharField(max_length=200, blank=True)
    sender_address = models.CharField(max_length=254, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    message_id = models.CharField(
        max_length=200, null=True, unique=True
    )  # of the mail, without <>; null: a letter
    in_reply_to = models.CharField(max_length=998, blank=True)
    references = models.JSONField(default=list)
    conversation = models.ForeignKey(
        "Conversation", null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    mailing = models.ForeignKey(
        "Mailing", null=True, blank=True, on_delete=models.PROTECT, related_name="letters"
    )
    approval = models.CharField(max_length=24, blank=True)  # role that must approve it first
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        "User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    not_before = models.DateTimeField(null=True, blank=True)  # conduct hours, a back-off
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        "User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=80, blank=True)  # process that holds it
    handed_over_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="message_sent_has_its_moment"
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(claimed_at__isnull=False),
                name="message_claimed_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-created_at"], name="message_customer"),
            models.Index(fields=["day", "purpose"], name="message_day"),
            models.Index(fields=["sent_at"], name="message_sent_at", condition=Q(sent_at__isnull=False)),
            models.Index(
                fields=["state", "not_before", "id"],
                name="message_to_do",
                condition=Q(state__in=("waiting", "decided", "claimed", "failed")),
            ),
        ]


class MessageItem(models.Model):
    """An item a message is about. `level` is the one it reaches by this message being sent; null: none, it is only shown.
    `left_out` says why an item is shown apart and not asked for; amounts in minor units of the item's currency."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey("Item", on_delete=models.PROTECT, related_name="messages")
    level = models.SmallIntegerField(null=True, blank=True)
    amount = models.BigIntegerField()  # asked for, or left out
    left_out = models.CharField(max_length=24, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "item", "left_out"], name="message_item_once"),
        ]


class MessageEvent(models.Model):
    """One step of a message, appended: decided, approved, claimed, sent, failed, delayed, bounced, withdrawn, settled."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    what = models.CharField(max_length=12)
    detail = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ["id"]


class MessageFile(models.Model):
    """A file attached to a message: a document of the store, or a file of its own (an answer's attachment, a letter's PDF)."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="files")
    file = models.ForeignKey("StoredFile", on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey(
        "Document", null=True, blank=True, on_delete=models.PROTECT, related_name="sent_with"
    )
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ["id"]


class Mailing(models.Model):
    """A batch of letters to print and post: one PDF, a manifest, address pages. `done` of `letters` moves while it is made."""

    made_at = models.DateTimeField()
    made_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=120)
    state = models.CharField(max_length=8, default="making")  # making, made, posted, failed
    letters_total = models.PositiveIntegerField(default=0)
    letters_done = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    letters_file = models.ForeignKey("StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    manifest_file = models.ForeignKey("StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    labels_file = models.ForeignKey("StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField(null=True, blank=True)
    posted_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    message = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
