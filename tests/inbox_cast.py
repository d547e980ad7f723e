"""Mail for tests without a mail server: mailboxes, conversations, mails, proposals, documents, departments as rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from dunlin.actions.store_file import store_bytes
from dunlin.records.models import (
    Conversation,
    ConversationItem,
    Customer,
    Department,
    Document,
    Item,
    Mail,
    Mailbox,
    MailFile,
    MailProposal,
)
from dunlin.rules.intents.kinds import ACTIONS
from tests import cast

_numbers = count(1)
NINE = cast.moment(cast.TODAY)


def mailbox(key: str = "ar", **more: Any) -> Mailbox:
    """A shared mailbox of ours."""
    defaults = {"name": f"The {key} mailbox", "address": f"{key}@dunlin.test", **more}
    return Mailbox.objects.get_or_create(key=key, defaults=defaults)[0]


def conversation(
    of: Customer | None,
    *,
    due: datetime | None = None,
    came: datetime = NINE,
    items: Sequence[Item] = (),
    **more: Any,
) -> Conversation:
    """One that waits for an answer since `came`; due a day later unless said otherwise."""
    more.setdefault("subject", "Your invoices")
    more.setdefault("kind", "mail")
    if more["kind"] == "mail":
        more.setdefault("mailbox", mailbox())
    waits = more.get("state", "open") in ("open", "snoozed")
    row = Conversation.objects.create(
        customer=of, opened_at=came, last_at=more.pop("last_at", came), clock_from=came if waits else None,
        due_at=due or came + timedelta(days=1), **more,
    )  # fmt: skip
    ConversationItem.objects.bulk_create(ConversationItem(conversation=row, item=each) for each in items)
    return row


def mail(
    into: Conversation,
    text: str = "We pay on Friday.",
    *,
    sender: str = "priya@l-100.test",
    name: str = "Priya Raman",
    **more: Any,
) -> Mail:
    """A mail in the conversation, with raw bytes in the store."""
    serial = next(_numbers)
    raw = f"From: {sender}\r\nSubject: {into.subject}\r\n\r\n{text}".encode()
    more.setdefault("received_at", into.opened_at)
    more.setdefault("reply", text)
    more.setdefault("text", text)
    return Mail.objects.create(
        mailbox=into.mailbox or mailbox(), dedupe_key=hashlib.sha256(f"{serial}".encode()).hexdigest(), conversation=into,
        message_id=f"m{serial}@theirs.test", raw=store_bytes(raw + f"{serial}".encode(), "message/rfc822", timezone.now()),
        kind=more.pop("kind", "message"), customer=into.customer, from_name=name, from_address=sender, subject=into.subject, **more,
    )  # fmt: skip


def attached(
    to: Mail,
    name: str = "advice.pdf",
    content: bytes = b"%PDF-1.4\n%%EOF",
    type: str = "application/pdf",
    refused: str = "",
) -> MailFile:
    """A file of the mail."""
    return MailFile.objects.create(
        mail=to, file=store_bytes(content, type, timezone.now(), refused), name=name
    )


def proposal(
    of: Mail,
    intent: str,
    facts: Mapping[str, Any] | None = None,
    *,
    confidence: str = "0.970",
    quote: str = "",
) -> MailProposal:
    """What the mail seems to say."""
    return MailProposal.objects.create(
        mail=of, intent=intent, action=ACTIONS[intent], confidence=confidence, quote=quote or of.reply[:100], facts=dict(facts or {}),
    )  # fmt: skip


def document(
    of: Customer, item: Item | None = None, *, kind: str = "invoice", name: str = "", **more: Any
) -> Document:
    """A document in the store."""
    name = name or f"{item.number if item else kind}.pdf"
    stored = store_bytes(f"%PDF-1.4\n{name}\n%%EOF".encode(), "application/pdf", timezone.now())
    return Document.objects.create(
        customer=of,
        item=item,
        kind=kind,
        title=more.pop("title", name),
        file=stored,
        file_name=name,
        added_at=timezone.now(),
        **more,
    )


def department(key: str = "operations", **more: Any) -> Department:
    """Whom to ask."""
    more.setdefault("address", f"{key}@dunlin.test")
    return Department.objects.get_or_create(key=key, defaults={"name": key.capitalize(), **more})[0]
