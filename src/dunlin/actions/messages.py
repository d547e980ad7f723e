"""The life of a message as rows: made, approved, withdrawn; every step leaves an event. Sending is actions/send_due.py.

decided | waiting → claimed → sent | failed | bounced; or withdrawn. See docs/guides/mail.md and records/messages.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dunlin.actions.doing import Act
from dunlin.formats.mail_addresses import address_problem
from dunlin.formats.mail_out import message_id_for
from dunlin.records.models import Document, Message, MessageEvent, MessageFile, MessageItem, StoredFile
from dunlin.reports.senders import sender_for
from dunlin.rules.codes import Refused, sentence
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.reasons import reason

FILES_BYTES_MAX = 20 << 20  # what most mail servers take
PEOPLE_MAX = 50


@dataclass(frozen=True)
class Line:
    """An item of a message: `amount` in minor units, asked for or (with `left_out`, its reason) shown apart."""

    item_id: int
    amount: int
    level: int | None = None
    left_out: str = ""


@dataclass(frozen=True)
class Draft:
    """A message to be. `to` and `cc` are [{"name", "address", "point"}]; `files` are (stored file, name) besides `document_ids`.

    `once` is what makes it the same message again; `approval` the role that must approve it first.
    """

    customer_id: int | None
    purpose: str
    channel: str = "email"
    subject: str = ""
    text: str = ""
    html: str = ""
    to: Sequence[Mapping[str, Any]] = ()
    cc: Sequence[Mapping[str, Any]] = ()
    contact_id: int | None = None
    entity_id: int | None = None
    conversation_id: int | None = None
    mailbox_key: str = ""  # answers leave from the mailbox that was written to
    in_reply_to: str = ""
    references: Sequence[str] = ()
    document_ids: Sequence[int] = ()
    files: Sequence[tuple[StoredFile, str]] = ()
    lines: Sequence[Line] = ()
    language: str = ""
    template_id: int | None = None
    strategy_id: int | None = None
    level: int | None = None
    run_id: int | None = None
    once: str | None = None
    approval: str = ""
    not_before: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def make_message(act: Act, draft: Draft) -> Message:
    """Write the message and its first event inside the act. With a `once` that exists already the message there is answered.

    Refused: message_without_words, address_not_usable (also of a copy), too_many_people, document_unknown,
    document_not_approved, document_withdrawn, files_too_large, file_refused. Whether the customer may be written to at all is
    asked by the caller (rules/conduct.py) and again before sending.
    """
    if draft.once:
        there = Message.objects.filter(once=draft.once).first()
        if there is not None:
            return there
    who = act.who
    files = [*_documents(draft), *((stored, name, None) for stored, name in draft.files)]
    _check(draft, files)
    sender = sender_for(draft.entity_id, draft.purpose, draft.mailbox_key)
    row = Message(
        customer_id=draft.customer_id, entity_id=draft.entity_id, contact_id=draft.contact_id, channel=draft.channel,
        purpose=draft.purpose, once=draft.once, run_id=draft.run_id, strategy_id=draft.strategy_id, level=draft.level,
        template_id=draft.template_id, language=draft.language, day=who.today,
        state="waiting" if draft.approval else "decided", approval=draft.approval, facts=dict(draft.facts),
        to=[dict(each) for each in draft.to], cc=[dict(each) for each in draft.cc],
        sender_name=sender.name, sender_address=sender.address, reply_to=sender.reply_to,
        subject=mask_card_numbers(draft.subject)[:300], text=mask_card_numbers(draft.text), html=mask_card_numbers(draft.html),
        in_reply_to=draft.in_reply_to, references=list(draft.references)[-20:], conversation_id=draft.conversation_id,
        not_before=draft.not_before, created_at=who.now, created_by_id=who.user_id,
    )  # fmt: skip
    row.save(force_insert=True)
    if draft.channel == "email":
        row.message_id = message_id_for(f"message:{row.pk}:{row.created_at.isoformat()}", sender.domain)
        row.save(update_fields=["message_id"])
    MessageItem.objects.bulk_create(
        MessageItem(message=row, item_id=line.item_id, amount=line.amount, level=line.level, left_out=line.left_out)
        for line in draft.lines
    )  # fmt: skip
    MessageFile.objects.bulk_create(
        MessageFile(message=row, file=stored, name=name[:200], document_id=document)
        for stored, name, document in files
    )
    happened(row, who.now, row.state, by_id=who.user_id)
    act.tell(
        about=f"message:{row.pk}",
        customer_id=draft.customer_id,
        after={
            "purpose": draft.purpose,
            "channel": draft.channel,
            "to": [each["address"] for each in draft.to],
        },
    )
    return row


def happened(row: Message, at: datetime, what: str, detail: str = "", by_id: int | None = None) -> None:
    """Append one step of the message."""
    MessageEvent.objects.create(message=row, at=at, what=what, detail=detail[:500], by_id=by_id)


def withdraw(
    row: Message, at: datetime, code: str, facts: Mapping[str, Any], by_id: int | None = None
) -> None:
    """It does not go, and says why (`code` of REASONS)."""
    row.state, row.why, row.why_facts = "withdrawn", code, dict(facts)
    row.save(update_fields=["state", "why", "why_facts"])
    happened(row, at, "withdrawn", reason(code, facts), by_id)


def _documents(draft: Draft) -> list[tuple[StoredFile, str, int | None]]:
    """The files of the documents asked for: of this customer, in force, approved where their kind needs it."""
    if not draft.document_ids:
        return []
    wanted = dict.fromkeys(draft.document_ids)
    found = (
        Document.objects.filter(pk__in=wanted, customer=draft.customer_id).select_related("file").in_bulk()
    )
    files: list[tuple[StoredFile, str, int | None]] = []
    for pk in wanted:
        document = found.get(pk)
        if document is None:
            raise Refused("document_unknown", document=pk)
        if document.withdrawn_at is not None:
            raise Refused("document_withdrawn", document=document.title)
        if not document.may_be_sent:
            raise Refused(
                "document_not_approved", document=document.title, kind=document.kind.replace("_", " ")
            )
        files.append((document.file, document.file_name, pk))
    return files


def _check(draft: Draft, files: Sequence[tuple[StoredFile, str, int | None]]) -> None:
    if not (draft.once or (draft.subject.strip() and draft.text.strip())):
        raise Refused("message_without_words")
    for stored, name, _ in files:
        if stored.refused:
            raise Refused("file_refused", file=name, why=sentence(stored.refused, {}))
    size = sum(stored.bytes for stored, _, _ in files)
    if size > FILES_BYTES_MAX:
        raise Refused("files_too_large", size=size >> 20, limit=FILES_BYTES_MAX >> 20)
    if draft.channel != "email":
        return
    if len(draft.to) + len(draft.cc) > PEOPLE_MAX:
        raise Refused("too_many_people", limit=PEOPLE_MAX)
    for person in [*draft.to, *draft.cc]:
        problem = address_problem(str(person["address"]))
        if problem:
            raise Refused("address_not_usable", address=str(person["address"])[:100], why=sentence(problem, {"address": person["address"]}))  # fmt: skip
    if not draft.to:
        raise Refused("nobody_to_write_to")
