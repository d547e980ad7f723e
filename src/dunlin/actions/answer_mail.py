"""Answer what came in: a message in the thread, with files, that stops the answer clock (B5, P14, P29)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dunlin.actions.conversation_clock import customer_of, locked, stop_clock
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.messages import Draft, Line, make_message
from dunlin.actions.write_message import UploadedFile, stored_files, writing_allowed
from dunlin.formats.answering import answer_subject, chain, quoted_below, with_quote
from dunlin.records.models import (
    Conversation,
    ConversationItem,
    Item,
    Mail,
    MailProposal,
    Message,
    StoredFile,
)
from dunlin.reports.conversation import contact_of, newest_mail
from dunlin.rules.codes import Refused


@dataclass(frozen=True)
class Answer:
    """What is sent back. Without `to` it goes to who wrote last. `then` is what becomes of the conversation: answered (it waits for
    them) or closed."""

    text: str
    subject: str = ""
    to: tuple[Mapping[str, Any], ...] = ()
    cc: tuple[Mapping[str, Any], ...] = ()
    document_ids: tuple[int, ...] = ()
    uploads: tuple[UploadedFile, ...] = ()
    pass_on: tuple[int, ...] = ()  # files of its mails, by id, that go along
    quote: bool = True
    then: str = "answered"
    template_id: int | None = None
    language: str = ""


@dataclass(frozen=True)
class Answered:
    """The message, in the outbox now, and whether it came after the clock ran out."""

    message_id: int
    conversation_id: int
    late: bool


def answer_mail(who: Who, conversation_id: int, answer: Answer, *, key: str | None = None) -> Answered:
    """Send an answer in the thread. Its clock stops by this alone, never by an acknowledgement (P14).

    Refused: conversation_unknown, conversation_merged, nobody_to_write_to, message_without_words, message_not_allowed, what
    `make_message` refuses of files and people, and for a file of another conversation file_unknown.
    """
    customer = customer_of(conversation_id)
    asked = [conversation_id, str(answer)]
    with doing(who, "answer_mail", customers=[customer] if customer else [], key=key, asked=asked) as act:
        if act.answered:
            return Answered(**act.answer)
        row = locked(conversation_id)
        message = send_in_thread(act, row, answer, "answer")
        late = stop_clock(row, who.now, "closed" if answer.then == "closed" else "answered", answered=True)
        row.closed_why = "Answered" if answer.then == "closed" else ""
        row.owner_id = row.owner_id or who.user_id
        row.save()
        if answer.document_ids:
            _copies_sent(act, row, message)
        after = {"answer": message.pk, "state": row.state, "late": late}
        act.tell(about=f"conversation:{row.pk}", customer_id=row.customer_id, after=after)
        act.answer = {"message_id": message.pk, "conversation_id": row.pk, "late": late}
    return Answered(message.pk, row.pk, late)


def _copies_sent(act: Act, row: Conversation, message: Message) -> None:
    """Documents went with the answer: whoever asked for copies has them."""
    asked = MailProposal.objects.filter(
        mail__conversation=row, state="proposed", action__in=("send_copies", "send_statement")
    )
    asked.update(state="done", done_at=act.who.now, done_by=act.who.user_id, did=f"message:{message.pk}")


def send_in_thread(act: Act, row: Conversation, answer: Answer, purpose: str) -> Message:
    """The part that writes, for use inside another act that holds the locks: a message in the thread of `row`."""
    mail = newest_mail(row.pk)
    to = [dict(each) for each in answer.to] or _who_wrote(mail)
    if not to:
        raise Refused("nobody_to_write_to")
    if not answer.text.strip():
        raise Refused("message_without_words")
    contact = contact_of(row.customer_id, str(to[0]["address"])) if row.customer_id else None
    writing_allowed(act.who, row.customer_id, contact, purpose)
    quote = _quote(mail, act.who.now) if answer.quote and mail is not None else ""
    ids = _thread(row.pk)
    return make_message(act, Draft(
        customer_id=row.customer_id, purpose=purpose, channel="email",
        subject=answer.subject.strip() or answer_subject(mail.subject if mail else row.subject),
        text=with_quote(answer.text, quote), to=to, cc=[dict(each) for each in answer.cc],
        contact_id=contact.pk if contact else None, entity_id=row.mailbox.entity_id if row.mailbox else None,
        conversation_id=row.pk, mailbox_key=row.mailbox.key if row.mailbox else "",
        in_reply_to=mail.message_id if mail else "", references=chain(ids), document_ids=answer.document_ids,
        files=[*stored_files(answer.uploads, act.who.now), *_passed_on(row.pk, answer.pass_on)],
        lines=lines_of(row.pk), language=answer.language or (mail.language if mail else ""), template_id=answer.template_id,
    ))  # fmt: skip


def lines_of(conversation_id: int) -> list[Line]:
    """The items the conversation names, with what is open of each: what the message is about. No level is reached by it."""
    named = ConversationItem.objects.filter(conversation=conversation_id).values("item")
    return [Line(item.pk, item.open) for item in Item.objects.filter(pk__in=named).order_by("due_on", "pk")]


def _who_wrote(mail: Mail | None) -> list[dict[str, Any]]:
    if mail is None or not mail.from_address:
        return []
    return [{"name": mail.from_name, "address": mail.from_address, "point": None}]


def _quote(mail: Mail, now: datetime) -> str:
    when = (mail.sent_at or mail.received_at).strftime("%a %d %b %Y %H:%M UTC")
    return quoted_below(mail.reply or mail.text, mail.from_name or mail.from_address or "you", when)


def _thread(conversation_id: int) -> Sequence[str]:
    """The ids of all that was said in the thread, in order."""
    came = Mail.objects.filter(conversation=conversation_id).values_list("received_at", "message_id")
    went = Message.objects.filter(conversation=conversation_id).values_list("created_at", "message_id")
    return [each or "" for _, each in sorted([*came, *went], key=lambda pair: pair[0])]


def _passed_on(conversation_id: int, ids: Sequence[int]) -> list[tuple[StoredFile, str]]:
    """Files that came with its mails, to go along."""
    if not ids:
        return []
    found = {
        each.pk: each
        for mail in Mail.objects.filter(conversation=conversation_id).prefetch_related("files__file")
        for each in mail.files.all()
    }
    missing = [pk for pk in ids if pk not in found]
    if missing:
        raise Refused("file_unknown", file=missing[0])
    return [(found[pk].file, found[pk].name) for pk in ids]
