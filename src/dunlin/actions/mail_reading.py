"""Read a raw mail before the database is asked: card numbers out, parsed, its kind told, its new words apart."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.db.models.functions import Lower

from dunlin.formats.mail_cards import without_cards
from dunlin.formats.mail_in import MAIL_BYTES_MAX, Received, head_of, read_mail
from dunlin.formats.mail_kinds import MailKind, classify
from dunlin.formats.quoted import Split, split_reply
from dunlin.records.models import Entity, Mailbox
from dunlin.rules.voicemails import is_voicemail


@dataclass(frozen=True)
class ReadMail:
    """What is known of a mail before the database is asked."""

    raw: bytes = field(repr=False)
    received: Received
    kind: MailKind
    split: Split
    voicemail: bool
    problems: tuple[str, ...]


def own_addresses() -> frozenset[str]:
    """The addresses we send from and read, in lower case. Two queries."""
    ours = [
        *Mailbox.objects.annotate(low=Lower("address")).values_list("low", flat=True),
        *Entity.objects.exclude(sender_address="")
        .annotate(low=Lower("sender_address"))
        .values_list("low", flat=True),
        str(settings.DEFAULT_FROM_EMAIL).lower(),
    ]
    return frozenset(ours)


def read_raw(raw: bytes, ours: frozenset[str], head_only: bool = False) -> ReadMail:
    """Read a mail: masked, parsed, its kind told, its new words apart. Never raises on content it should know; the caller keeps
    a mail on which it does all the same."""
    problems: list[str] = []
    if head_only or len(raw) > MAIL_BYTES_MAX:
        raw = head_of(raw)
        problems.append("mail_too_large" if raw.strip() else "mail_not_fetched")
    raw, masked = without_cards(raw)
    if masked:
        problems.append("mail_card_masked")
    received = read_mail(raw)
    kind = classify(received, ours, settings.MAIL_DOMAIN)
    split = split_reply(received.text, received.html)
    files = [(each.name, each.type) for each in received.attachments]
    voicemail = kind.kind in ("message", "auto_reply") and is_voicemail(
        received.subject, received.from_address, split.reply or received.text, files
    )
    problems.extend(received.problems)
    return ReadMail(raw, received, kind, split, voicemail, tuple(dict.fromkeys(problems)))
