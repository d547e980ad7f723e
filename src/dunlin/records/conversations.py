"""What comes in: mailboxes, each mail exactly once, the queue of what must be answered, calls to return (B5, P14)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Mailbox(models.Model):
    """A shared mailbox we read (IMAP) and answer from. Its password stands in the environment, never here."""

    key = models.CharField(max_length=20, unique=True)  # ar, collections
    name = models.CharField(max_length=120)
    address = models.EmailField()
    entity = models.ForeignKey("Entity", null=True, blank=True, on_delete=models.PROTECT)
    host = models.CharField(max_length=200, blank=True)  # empty: not read, only answered from
    port = models.PositiveIntegerField(default=993)
    security = models.CharField(max_length=8, default="tls")  # tls, starttls, none (loopback only)
    username = models.CharField(max_length=200, blank=True)
    folder = models.CharField(max_length=100, default="INBOX")
    active = models.BooleanField(default=True)
    uid_validity = models.BigIntegerField(null=True, blank=True)
    last_uid = models.BigIntegerField(default=0)  # every message up to it was taken in
    read_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)  # why the last reading failed; empty: it did not

    class Meta:
        ordering = ["key"]


class Conversation(models.Model):
    """One thing to answer: a thread of mail, a voicemail, a call to return. `due_at` is the end of its answer clock (P14)."""

    kind = models.CharField(max_length=9)  # mail, voicemail, call
    mailbox = models.ForeignKey(
        Mailbox, null=True, blank=True, on_delete=models.PROTECT, related_name="conversations"
    )
    customer = models.ForeignKey(
        "Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="conversations"
    )  # null: in triage
    subject = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, default="open")  # open, snoozed, answered, closed
    owner = models.ForeignKey(
        "User", null=True, blank=True, on_delete=models.PROTECT, related_name="conversations"
    )
    opened_at = models.DateTimeField()
    clock_from = models.DateTimeField(null=True, blank=True)  # null: nothing is owed
    due_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    breached = models.BooleanField(default=False)  # its clock ran out before an answer, at least once
    snoozed_until = models.DateTimeField(null=True, blank=True)
    closed_why = models.CharField(max_length=200, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged"
    )
    phone = models.CharField(max_length=60, blank=True)  # of a call or voicemail
    last_at = models.DateTimeField()  # newest thing in it

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_at"], name="conversation_queue"),
            models.Index(fields=["customer", "-last_at"], name="conversation_customer"),
            models.Index(
                fields=["opened_at"],
                name="conversation_triage",
                condition=Q(customer__isnull=True, state="open"),
            ),
        ]


class ConversationItem(models.Model):
    """An item a conversation is about: its ladder waits until the conversation is handled."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey("Item", on_delete=models.PROTECT, related_name="conversations")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "item"], name="conversation_item_once")
        ]


class Mail(models.Model):
    """One mail received, taken in exactly once; the raw bytes are kept as they came. What cannot be read is said in `problems`."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="mails")
    dedupe_key = models.CharField(max_length=80)
    message_id = models.CharField(max_length=998, blank=True, db_index=True)
    raw = models.ForeignKey("StoredFile", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(
        max_length=16
    )  # message, bounce, delay, auto_reply, feedback_loop, delivery_report, loop
    conversation = models.ForeignKey(
        Conversation, null=True, blank=True, on_delete=models.PROTECT, related_name="mails"
    )
    customer = models.ForeignKey(
        "Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="mails", db_index=False
    )
    answers = models.ForeignKey(
        "Message", null=True, blank=True, on_delete=models.PROTECT, related_name="replies"
    )
    matched_by = models.CharField(max_length=16, blank=True)  # thread, sender, reference, person
    matched_why = models.CharField(max_length=300, blank=True)
    from_name = models.CharField(max_length=200, blank=True)
    from_address = models.CharField(max_length=254, blank=True, db_index=True)
    to = models.JSONField(default=list)
    cc = models.JSONField(default=list)
    subject = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    text = models.TextField(blank=True)  # all of it, as plain text
    reply = models.TextField(blank=True)  # the sender's new words
    quoted = models.TextField(blank=True)
    signature = models.TextField(blank=True)
    html = models.TextField(blank=True)  # already made safe
    language = models.CharField(max_length=8, blank=True)
    problems = models.JSONField(default=list)  # codes

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "dedupe_key"], name="mail_once")]
        indexes = [
            models.Index(fields=["customer", "-received_at"], name="mail_customer"),
            models.Index(fields=["received_at"], name="mail_received_at"),
        ]


class MailFile(models.Model):
    """An attachment of a mail."""

    mail = models.ForeignKey(Mail, on_delete=models.CASCADE, related_name="files")
    file = models.ForeignKey("StoredFile", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ["id"]


class MailProposal(models.Model):
    """What a mail seems to say, with the words that say it, and the action it offers. A person confirms, or a rule does."""

    mail = models.ForeignKey(Mail, on_delete=models.CASCADE, related_name="proposals")
    intent = models.CharField(max_length=32)
    action = models.CharField(max_length=32)
    confidence = models.DecimalField(max_digits=4, decimal_places=3)  # 0 to 1
    quote = models.CharField(max_length=500, blank=True)
    facts = models.JSONField(default=dict)  # amounts, dates, items, contacts
    state = models.CharField(max_length=10, default="proposed")  # proposed, done, by_itself, dismissed
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    did = models.CharField(max_length=80, blank=True)  # "promise:17"

    class Meta:
        ordering = ["-confidence", "id"]


class ConversationNote(models.Model):
    """A remark among colleagues about a conversation; the customer never sees it."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ["id"]


class Department(models.Model):
    """Whom we ask inside the company: sales, operations, support, legal (B7)."""

    key = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    address = models.EmailField(blank=True)
    answer_business_days = models.PositiveSmallIntegerField(default=2)
    escalate_to = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["key"]


class Request(models.Model):
    """A question to a department about a customer or an item, by e-mail; the reply lands here. Escalated when unanswered."""

    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="requests")
    item = models.ForeignKey("Item", null=True, blank=True, on_delete=models.PROTECT, related_name="requests")
    dispute = models.ForeignKey(
        "Dispute", null=True, blank=True, on_delete=models.PROTECT, related_name="requests"
    )
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="requests")
    what = models.CharField(max_length=300)
    message = models.ForeignKey("Message", on_delete=models.PROTECT, related_name="requests")
    owner = models.ForeignKey("User", on_delete=models.PROTECT, related_name="requests")
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    state = models.CharField(max_length=10, default="open")  # open, answered, closed
    escalated_at = models.DateTimeField(null=True, blank=True)
    answer = models.ForeignKey(
        "Mail", null=True, blank=True, on_delete=models.PROTECT, related_name="requests"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_on"], name="request_open", condition=Q(state="open"))]
