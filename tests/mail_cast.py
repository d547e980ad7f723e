"""Raw mails and sent messages for tests: what a customer, a colleague or a mail server writes to us."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from itertools import count
from typing import Any

from dunlin.actions.take_raw import TakenMail, take_raw
from dunlin.records.models import ContactPoint, Customer, Item, Mail, Mailbox, Message, MessageItem
from tests import cast, inbox_cast

_numbers = count(1)
TEN = cast.moment(cast.TODAY, 10)


def raw(
    text: str = "Hello",
    *,
    by: str = "priya@l-100.test",
    subject: str = "A question",
    answers: str = "",
    files: Sequence[tuple[str, str, bytes]] = (),
    message_id: str = "",
    **headers: str,
) -> bytes:
    """A mail to ar@dunlin.test. `answers` is the Message-ID it replies to; `files` are (name, media type, content)."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = by, "ar@dunlin.test", subject
    mail["Message-ID"] = f"<{message_id or f'in{next(_numbers)}@customer.test'}>"
    mail["Date"] = "Wed, 25 Nov 2026 09:55:00 +0000"
    if answers:
        mail["In-Reply-To"] = f"<{answers}>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def take(content: bytes, at: datetime = TEN, box: Mailbox | None = None, **more: Any) -> Mail:
    """The mail as taken in through the mailbox `ar` at ten o'clock."""
    return Mail.objects.get(pk=taken(content, at, box, **more).mail_id)


def taken(content: bytes, at: datetime = TEN, box: Mailbox | None = None, **more: Any) -> TakenMail:
    """What taking it in answers."""
    return take_raw(cast.who("administrator", at=at), box or inbox_cast.mailbox(), content, at, **more)


def sent(of: Customer, *items: Item, purpose: str = "notice", to: str = "", **more: Any) -> Message:
    """A message that went to a customer's contact this morning."""
    point = ContactPoint.objects.filter(contact__customer=of, kind="email").order_by("pk").first()
    address = to or (point.value if point else "nobody@customer.test")
    serial = next(_numbers)
    more.setdefault("level", 1 if purpose == "notice" else None)
    row = Message.objects.create(
        customer=of, channel="email", purpose=purpose, day=cast.TODAY, state="sent", subject=more.pop("subject", "Past due"),
        to=[{"name": "", "address": address, "point": point.pk if point and not to else None}], message_id=f"out{serial}@dunlin.test",
        created_at=cast.moment(cast.TODAY, 8), claimed_at=cast.moment(cast.TODAY, 8), handed_over_at=cast.moment(cast.TODAY, 8),
        sent_at=cast.moment(cast.TODAY, 8), **more,
    )  # fmt: skip
    MessageItem.objects.bulk_create(
        MessageItem(message=row, item=each, amount=each.open, level=row.level) for each in items
    )
    return row


def bounce(
    message: Message | None = None,
    address: str = "",
    *,
    status: str = "5.1.1",
    action: str = "failed",
    says: str = "550 5.1.1 no such user",
    encloses: bool = True,
) -> bytes:
    """What a mail server answers about a message: RFC 3464, with the head of what was sent."""
    to = address or (message.to[0]["address"] if message else "nobody@customer.test")
    head = ""
    if message is not None and encloses:
        head = (
            f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{message.message_id}>\nX-Dunlin-Message: {message.pk}\n"
            f"Subject: {message.subject}\nTo: {to}\n\n"
        )
    return (
        f"Return-Path: <>\nFrom: Mail Delivery System <mailer-daemon@mx.customer.test>\nTo: ar@dunlin.test\n"
        f"Subject: Undelivered Mail Returned to Sender\nMessage-ID: <b{next(_numbers)}@mx.customer.test>\n"
        'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\nYour message could not be delivered to {to}.\n\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.customer.test\n\n"
        f"Final-Recipient: rfc822; {to}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {says}\n\n"
        f"{head}--b--\n"
    ).encode()
