"""A question of a customer in the portal: a mail in the inbox like any other, but of a known sender and account (E7, B5, P14).

What a customer wishes changed of its contacts comes the same way, with the proposal that does it: who gets a mail at an address can sign
in, so a person confirms.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from email.message import EmailMessage

from django.conf import settings

from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.mail_conversations import name_items, put_into
from dunlin.actions.mail_proposals import currency_of, facts_of, keep_proposals, read_words
from dunlin.actions.mail_sorting import items_meant
from dunlin.actions.store_file import store_bytes
from dunlin.actions.write_message import UploadedFile, stored_files
from dunlin.formats.mail_out import message_id_for
from dunlin.records.models import Contact, Conversation, Item, Mail, Mailbox, MailFile, MailProposal
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.intents.kinds import Entities
from dunlin.rules.mail_numbers import references_in
from dunlin.rules.masking import mask_card_numbers

TEXT_CHARS = 10_000
_OURS = "portal"  # key of the mailbox that stands in while none is set up


@dataclass(frozen=True)
class Question:
    """What is asked, by which contact with which address; `item_ids` are the documents it is about, if they were said."""

    contact_id: int
    address: str
    subject: str
    text: str
    item_ids: tuple[int, ...] = ()
    uploads: tuple[UploadedFile, ...] = ()


def ask_question(who: Who, customer_id: int, question: Question, *, key: str | None = None) -> int:
    """Take it in, with its answer clock and what its words seem to ask for; the id of the conversation.

    Refused: not_blank, field_too_long, contact_of_other_customer, item_unknown, files_too_many, file_refused.
    """
    asked = [customer_id, question.contact_id, question.subject, question.text]
    with doing(who, "ask_question", customers=[customer_id], key=key, asked=asked) as act:
        if act.answered:
            return int(act.answer["conversation"])
        mail, conversation = _taken_in(act, customer_id, question)
        policy = current_policy()
        names = [each.name for each in question.uploads]
        words = read_words(mail, currency_of(customer_id), names, {}, policy)
        mail.language = words.language[:8]
        mail.save()
        items = list(question.item_ids) or items_meant(
            mail, references_in(f"{mail.subject}\n{mail.reply}", words.entities.invoice_numbers), act
        )
        name_items(conversation, items)
        keep_proposals(mail, words, items)
        decide_again(who, customer_id, policy)
        act.answer = {"conversation": conversation.pk}
    return conversation.pk


def propose_contact(who: Who, customer_id: int, question: Question, points: Sequence[str]) -> int:
    """What is to be changed of the contacts, in words, with the proposal to keep `points`, the addresses and numbers it names.

    Refused as `ask_question`.
    """
    with doing(who, "ask_question", customers=[customer_id]) as act:
        mail, conversation = _taken_in(act, customer_id, question)
        mail.save()
        facts = facts_of(Entities(contacts=tuple(points)), ())
        MailProposal.objects.create(
            mail=mail, intent="contact_change", action="correct_contact", confidence=Decimal(1),
            quote=mail.reply[:500], facts={**facts, "why": "Written in the portal, signed in.", "primary": True},
        )  # fmt: skip
    return conversation.pk


def _taken_in(act: Act, customer_id: int, question: Question) -> tuple[Mail, Conversation]:
    """The mail and its conversation. The raw mail is written as the customer's own program would have."""
    who = act.who
    contact = Contact.objects.filter(pk=question.contact_id, customer=customer_id).first()
    if contact is None:
        raise Refused("contact_of_other_customer")
    subject = " ".join(mask_card_numbers(question.subject).split())[:300]
    text = mask_card_numbers(question.text.replace("\r\n", "\n").strip())
    if not text:
        raise Refused("not_blank", field="the question")
    if len(text) > TEXT_CHARS:
        raise Refused("field_too_long", field="the question", limit=TEXT_CHARS)
    known = Item.objects.filter(pk__in=question.item_ids, customer=customer_id).count()
    if known != len(set(question.item_ids)):
        raise Refused("item_unknown", item=min(question.item_ids))
    files = stored_files(question.uploads, who.now)
    box = _mailbox()
    ident = message_id_for(f"portal:{uuid.uuid4().hex}", settings.MAIL_DOMAIN)
    mail = Mail.objects.create(
        mailbox=box, dedupe_key=f"portal:{uuid.uuid4().hex}", message_id=ident, kind="message", customer_id=customer_id,
        raw=store_bytes(_raw(contact.name, question.address, box.address, subject, text, ident), "message/rfc822", who.now),
        matched_by="portal", matched_why=f"Written in the portal by {contact.name}, signed in as {question.address}."[:300],
        from_name=contact.name[:200], from_address=question.address, to=[{"name": box.name, "address": box.address}],
        subject=subject, sent_at=who.now, received_at=who.now, text=text, reply=text,
    )  # fmt: skip
    MailFile.objects.bulk_create(MailFile(mail=mail, file=stored, name=name) for stored, name in files)
    conversation = put_into(who, mail, None, current_policy())
    act.tell(
        about=f"conversation:{conversation.pk}", customer_id=customer_id,
        after={"mail": mail.pk, "subject": subject, "files": len(files)},
    )  # fmt: skip
    return mail, conversation


def _mailbox() -> Mailbox:
    """Whose queue it is: the AR mailbox, else any in use, else one of our own that is only answered from."""
    boxes = list(Mailbox.objects.filter(active=True).order_by("key"))
    for each in boxes:
        if each.key == "ar":
            return each
    if boxes:
        return boxes[0]
    address = settings.DEFAULT_FROM_EMAIL
    return Mailbox.objects.get_or_create(
        key=_OURS, defaults={"name": "Customer portal", "address": address, "active": False}
    )[0]


def _raw(name: str, address: str, to: str, subject: str, text: str, ident: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = f'"{" ".join(name.split()).replace(chr(34), "").replace(chr(92), "")}" <{address}>'
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{ident}>"
    mail.set_content(text)
    return mail.as_bytes()
