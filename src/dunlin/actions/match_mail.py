"""A person says whose mail it is: its conversation goes to that customer, and its address to a contact when asked (B5, trap 58)."""

from __future__ import annotations

from dataclasses import dataclass

from dunlin.actions.correct_contact import correct_contact, correct_point
from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.mail_conversations import name_items, works_for
from dunlin.actions.mail_proposals import currency_of, keep_proposals, own_words, read_words
from dunlin.actions.mail_sorting import items_meant
from dunlin.formats.mail_addresses import address_problem
from dunlin.records.mail_evidence import customers_with_address, standing
from dunlin.records.models import Contact, Conversation, ConversationItem, Customer, Mail, MailFile
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.mail_numbers import references_in
from dunlin.rules.policy import Policy


@dataclass(frozen=True)
class MailMatched:
    """The mail, its conversation, and the contact its address was kept with, if it was."""

    mail_id: int
    customer_id: int | None
    conversation_id: int | None
    contact_id: int | None = None


def match_mail(
    who: Who, mail_id: int, customer_id: int | None, remember: bool = False, contact_id: int | None = None
) -> MailMatched:
    """The mail, with its whole conversation, is of this customer; None puts it back to triage.

    `remember` keeps the sender's address with the contact of that id, else the one of the sender's name, else a new one. Refused:
    mail_unknown, customer_unknown, contact_of_other_customer, sender_without_address.
    """
    before = Mail.objects.filter(pk=mail_id).values_list("customer", "conversation__customer").first()
    if before is None:
        raise Refused("mail_unknown", mail=mail_id)
    if customer_id is not None and not Customer.objects.filter(pk=customer_id).exists():
        raise Refused("customer_unknown", customer=customer_id)
    touched = {each for each in (*before, customer_id) if each is not None}
    with doing(who, "match_mail", customers=touched) as act:
        policy = current_policy()
        mail = Mail.objects.select_for_update(of=("self",)).get(pk=mail_id)
        conversation = standing(mail.conversation)
        mails = _mails(mail, conversation)
        for each in mails:
            each.customer_id, each.matched_by = customer_id, "person" if customer_id else ""
            each.matched_why = f"{who.name} says so."[:300]
            each.save(update_fields=["customer", "matched_by", "matched_why"])
        if conversation is not None:
            _move(act, conversation, customer_id, mails, policy)
        kept = None
        if remember and customer_id is not None:
            kept = _remember(who, mail, customer_id, contact_id)
        act.tell(
            about=f"mail:{mail.pk}", customer_id=customer_id, before={"customer": before[0]},
            after={"customer": customer_id, "conversation": conversation.pk if conversation else None, "contact": kept},
        )  # fmt: skip
        for customer in sorted(touched):
            decide_again(who, customer, policy)
    return MailMatched(mail_id, customer_id, conversation.pk if conversation else None, kept)


def _mails(mail: Mail, conversation: Conversation | None) -> list[Mail]:
    """The mails that go with it: all of its conversation, and of those merged into that."""
    if conversation is None:
        return [mail]
    parts = [
        conversation.pk,
        *Conversation.objects.filter(merged_into=conversation).values_list("pk", flat=True),
    ]
    return list(Mail.objects.filter(conversation__in=parts).order_by("pk"))


def _move(
    act: Act, conversation: Conversation, customer_id: int | None, mails: list[Mail], policy: Policy
) -> None:
    row = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation.pk)
    other = row.customer_id != customer_id
    row.customer_id = customer_id
    if row.owner_id is None or other:
        row.owner_id = works_for(customer_id, act.who) or row.owner_id
    row.save(update_fields=["customer", "owner"])
    Conversation.objects.filter(merged_into=row).update(customer=customer_id)
    if not other:
        return
    # What it is about, and what it asks for, was read as another customer's.
    ConversationItem.objects.filter(conversation=row).delete()
    for mail in mails:
        files = list(MailFile.objects.filter(mail=mail).values_list("name", flat=True))
        words = read_words(mail, currency_of(customer_id), files, {}, policy)
        text = "\n".join((own_words(mail), mail.reply, *files))
        items = items_meant(mail, references_in(text, words.entities.invoice_numbers), act)
        name_items(row, items)
        keep_proposals(mail, words, items)


def _remember(who: Who, mail: Mail, customer_id: int, contact_id: int | None) -> int:
    """The contact that has the address now."""
    address = mail.from_address
    if address_problem(address):
        raise Refused("sender_without_address")
    if customer_id in customers_with_address(address):
        known = Contact.objects.filter(
            customer=customer_id, points__kind="email", points__value__iexact=address
        ).first()
        if known is not None:
            return known.pk
    if contact_id is None:
        name = mail.from_name or address
        known = Contact.objects.filter(customer=customer_id, name__iexact=name).first()
        contact_id = (
            known.pk if known else correct_contact(who, customer_id, None, {"name": name[:200]}).contact_id
        )
    return correct_point(who, customer_id, contact_id, kind="email", value=address).contact_id
