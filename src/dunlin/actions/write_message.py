"""Write to a customer by hand: to whom, what, with which documents; and what every message a person writes shares (C6, A5, D10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from dunlin.actions.doing import Who, doing
from dunlin.actions.messages import Draft, Line, make_message
from dunlin.actions.store_file import store_bytes
from dunlin.formats.attachments import judge_attachment
from dunlin.records.models import Block, Contact, ContactPoint, Customer, Item, StoredFile
from dunlin.reports.conversation import contact_of
from dunlin.rules.codes import Refused, sentence
from dunlin.rules.conduct import may_override, may_write
from dunlin.rules.reasons import reason
from dunlin.rules.roles import may

UPLOADS_MAX = 10
# A person who may pass a limit of calling may also answer a customer who is with an agency.
_PASSED_BY = "pin_customer"


@dataclass(frozen=True)
class UploadedFile:
    """A file somebody attaches: its name, what the browser calls it, its bytes."""

    name: str
    type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Letter:
    """What is written: to whom, subject, text, copies, documents of the store, files, and the items it is about."""

    subject: str
    text: str
    to: tuple[Mapping[str, Any], ...] = ()
    cc: tuple[Mapping[str, Any], ...] = ()
    document_ids: tuple[int, ...] = ()
    uploads: tuple[UploadedFile, ...] = ()
    item_ids: tuple[int, ...] = ()
    template_id: int | None = None
    language: str = ""
    html: str = ""
    purpose: str = "written"


@dataclass(frozen=True)
class Written:
    """The message, in the outbox now."""

    message_id: int
    customer_id: int


def write_message(who: Who, customer_id: int, letter: Letter, *, key: str | None = None) -> Written:
    """Write a new message to a customer. `purpose` is written, or copies when documents are what it is about.

    Refused: customer_unknown, item_unknown, message_not_allowed, what `make_message` refuses.
    """
    with doing(
        who, "send_message", customers=[customer_id], key=key, asked=[customer_id, str(letter)]
    ) as act:
        if act.answered:
            return Written(**act.answer)
        if not Customer.objects.filter(pk=customer_id).exists():
            raise Refused("customer_unknown", customer=customer_id)
        if not letter.to:
            raise Refused("nobody_to_write_to")
        contact = contact_of(customer_id, str(letter.to[0]["address"]))
        writing_allowed(
            who, customer_id, contact, letter.purpose, [str(each["address"]) for each in letter.to]
        )
        items = list(Item.objects.filter(pk__in=letter.item_ids, customer=customer_id))
        if len(items) != len(set(letter.item_ids)):
            raise Refused("item_unknown", item=min(set(letter.item_ids) - {each.pk for each in items}))
        message = make_message(act, Draft(
            customer_id=customer_id, purpose=letter.purpose, subject=letter.subject, text=letter.text, html=letter.html,
            to=letter.to, cc=letter.cc, contact_id=contact.pk if contact else None,
            entity_id=items[0].entity_id if items else None, document_ids=letter.document_ids,
            files=stored_files(letter.uploads, who.now), lines=[Line(each.pk, each.open) for each in items],
            template_id=letter.template_id, language=letter.language,
        ))  # fmt: skip
        act.answer = {"message_id": message.pk, "customer_id": customer_id}
    return Written(message.pk, customer_id)


def stored_files(uploads: Sequence[UploadedFile], now: datetime) -> list[tuple[StoredFile, str]]:
    """The files as kept, each judged by its bytes. Refused: files_too_many, file_refused (with why)."""
    if len(uploads) > UPLOADS_MAX:
        raise Refused("files_too_many", count=len(uploads), limit=UPLOADS_MAX)
    kept = []
    for each in uploads:
        judged = judge_attachment(each.name, each.type, each.content)
        if judged.refused:
            raise Refused(
                "file_refused",
                file=judged.safe_name,
                why=sentence(judged.refused, {"name": judged.safe_name}),
            )
        kept.append((store_bytes(each.content, judged.type, now), judged.safe_name))
    return kept


def writing_allowed(
    who: Who, customer_id: int | None, contact: Contact | None, purpose: str, addresses: Sequence[str] = ()
) -> None:
    """The conduct gate before a person writes (D10). Refused: message_not_allowed with the reason."""
    if customer_id is None:
        return
    blocks = list(
        Block.objects.filter(customer=customer_id, item=None, lifted_at=None, from_on__lte=who.today)
        .filter(Q(until_on=None) | Q(until_on__gte=who.today))
        .values_list("kind", flat=True)
    )
    states = ContactPoint.objects.filter(contact__customer=customer_id, kind="email", value__in=addresses)
    known = dict(states.order_by("state").values_list("value", "state"))
    state = next((known[each] for each in addresses if known.get(each, "ok") != "ok"), "ok")
    verdict = may_write(
        who.now, "email", purpose=purpose, blocks=blocks, address_state=state,
        cease_contact="cease_contact" in blocks or bool(contact and contact.cease_contact),
    )  # fmt: skip
    if not verdict.allowed and not (may_override(verdict, purpose) and may(who.role, _PASSED_BY)):
        raise Refused("message_not_allowed", why=reason(verdict.code, verdict.facts))
