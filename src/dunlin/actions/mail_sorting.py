"""Sort a mail a person wrote, or an automatic answer: whose it is, which thread, which items, what it asks for (B5, P14, P29)."""

from __future__ import annotations

from collections.abc import Sequence

from dunlin.actions.add_follow_up import FollowUpAsked, record_follow_up
from dunlin.actions.ask_department import land_answer, on_duty
from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Act
from dunlin.actions.mail_conversations import name_items, put_into
from dunlin.actions.mail_proposals import currency_of, keep_proposals, own_words, read_words
from dunlin.actions.mail_reading import ReadMail
from dunlin.records import mail_evidence
from dunlin.records.locks import lock_customers
from dunlin.records.mail_evidence import ThreadFound
from dunlin.records.models import Customer, Mail, Message
from dunlin.rules.mail_matching import Evidence, Match, Thread, match
from dunlin.rules.mail_numbers import Reference, references_in
from dunlin.rules.policy import Policy
from dunlin.rules.voicemails import digits_of, phone_in

# Answers of colleagues; they land where they were asked, not in the customers' queue.
INSIDE = ("request", "internal")


def sort_mail(act: Act, mail: Mail, read: ReadMail, policy: Policy) -> None:
    """Match, put into a conversation, name its items, keep its proposals. The caller saves the mail."""
    got = read.received
    found = mail_evidence.thread_of([got.in_reply_to, *reversed(got.references)])
    mail.answers = found.message if found else None
    if mail.answers is not None and mail.answers.purpose in INSIDE:
        _inside(act, mail, mail.answers)
        return
    phone = phone_in(f"{mail.subject}\n{mail.text[:5_000]}") if read.voicemail else ""
    files = [each.name for each in got.attachments]
    references = references_in("\n".join((own_words(mail), mail.reply, *files)))
    whose = _whose(mail, found, references, got.reply_to or got.sender, phone)
    mail.customer_id, mail.matched_by, mail.matched_why = whose.customer_id, whose.by, whose.why[:300]
    if mail.customer_id is not None:
        lock_customers([mail.customer_id])
    automatic = mail.kind == "auto_reply"
    words = read_words(mail, currency_of(mail.customer_id), files, got.headers if automatic else {}, policy)
    mail.language = words.language[:8]
    numbers = references_in("\n".join((own_words(mail), mail.reply, *files)), words.entities.invoice_numbers)
    items = items_meant(mail, numbers, act)
    if not automatic:
        continued = found.conversation if found else None
        conversation = put_into(
            act.who, mail, continued, policy, kind="voicemail" if read.voicemail else "mail", phone=phone
        )
        if mail.customer_id is None:
            mail.customer_id = conversation.customer_id
        name_items(conversation, items)
        if mail.customer_id is not None:
            decide_again(act.who, mail.customer_id, policy)
    keep_proposals(mail, words, items)


def items_meant(mail: Mail, references: Sequence[Reference], act: Act) -> list[int]:
    """The customer's documents the mail names; a reply that names none is about those of the message it answers."""
    if mail.customer_id is None:
        return []
    items = mail_evidence.documents_named(mail.customer_id, references, act.who.today)
    if not items and mail.answers is not None:
        whose = {mail.customer_id, mail.answers.customer_id or mail.customer_id}
        items = mail_evidence.own(whose, mail_evidence.open_items_of(mail.answers))
    return items


def evidence_of(
    mail: Mail,
    found: ThreadFound | None,
    references: Sequence[Reference],
    other_address: str = "",
    phone: str = "",
) -> Evidence:
    """All that is known about whose mail it is. What a later step would say is not asked for once an earlier one decides."""
    threads = []
    if found is not None and found.customer_id is not None:
        threads = [Thread(found.customer_id, _what(found))]
    address = phone or mail.from_address
    if phone:
        sender = mail_evidence.customers_with_phone(digits_of(phone))
    else:
        sender = mail_evidence.customers_with_address(mail.from_address)
        if not sender and other_address and other_address.lower() != mail.from_address.lower():
            sender, address = mail_evidence.customers_with_address(other_address), other_address
            address = address if sender else mail.from_address
    numbers = {}
    if not threads and len(sender) != 1:
        numbers = mail_evidence.owners_of_numbers(references)
        if not numbers and not sender:
            # Our own words, quoted, still tell whom we wrote to.
            numbers = mail_evidence.owners_of_numbers(references_in(mail.quoted))
    near = mail_evidence.neighbours(mail.from_address) if not (threads or sender or numbers or phone) else []
    meant = {each.customer_id for each in threads} | set(sender) | set(near)
    meant = meant.union(*numbers.values()) if numbers else meant
    return Evidence(address, threads, sender, numbers, near, mail_evidence.names_of(meant))


def _whose(
    mail: Mail, found: ThreadFound | None, references: Sequence[Reference], other_address: str, phone: str
) -> Match:
    return match(evidence_of(mail, found, references, other_address, phone))


def _what(found: ThreadFound) -> str:
    message = found.message
    if message is not None and found.mail is None:
        sent = message.sent_at or message.created_at
        return f"our message of {sent.day} {sent:%b %Y}, “{message.subject[:80]}”"
    if found.mail is not None:
        return f"the mail of {found.mail.received_at.day} {found.mail.received_at:%b %Y}, “{found.mail.subject[:80]}”"
    return "an earlier mail"


def _inside(act: Act, mail: Mail, message: Message) -> None:
    """The answer of a colleague: on the request it answers, else a follow-up for whoever wrote."""
    mail.customer_id, mail.matched_by = message.customer_id, "thread"
    mail.matched_why = f"A colleague's answer to “{message.subject[:200]}”."
    mail.save()
    if mail.kind == "auto_reply" or message.customer_id is None or land_answer(act, mail) is not None:
        return
    person = (
        message.created_by
        or Customer.objects.select_related("collector").get(pk=message.customer_id).collector
    )
    if person is not None and person.is_active:
        what = f"{mail.from_name or mail.from_address} answered: {message.subject}"[:300]
        asked = FollowUpAsked(what, act.who.today, on_duty(person, act.who.today).pk)
        record_follow_up(act, message.customer_id, asked)
