"""A mail that did not arrive: what a bounce, a delay, a complaint or a delivery report changes (P28, P35; traps 25, 57).

A message whose every recipient failed for good is bounced: its level counts no more, for levels count only what was sent. A dead
address is marked, and whoever looks after the account is told. Invoices that were to be delivered by it are undelivered: their
ladder waits. An answer that never arrived is owed again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from dunlin.actions.add_follow_up import FollowUpAsked, record_follow_up
from dunlin.actions.addresses import mark_bounced, tell_owner
from dunlin.actions.ask_department import on_duty
from dunlin.actions.conversation_clock import start_clock
from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Act
from dunlin.actions.messages import happened
from dunlin.formats.bounce_reports import Failure
from dunlin.formats.mail_kinds import MailKind
from dunlin.records.locks import lock_customers
from dunlin.records.mail_evidence import customers_with_address, standing
from dunlin.records.models import Block, Conversation, Item, Mail, Message, MessageEvent, MessageFile
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.policy import Policy

# Within this many days after sending a failed address names the message, where the report does not.
BY_ADDRESS_DAYS = 14
_ADDRESS_FAULTS = ("mailbox_unknown", "domain")
# What delivers invoices; a notice only reminds of what was delivered before.
_DELIVERS = ("copies", "answer", "written")
_REASON_WORDS = {
    "mailbox_unknown": "there is no such mailbox", "mailbox_full": "the mailbox is full", "domain": "the domain takes no mail",
    "blocked": "the server blocks us", "policy": "the server's rules refuse it", "too_large": "it is too large",
    "delayed": "it is delayed", "other": "the server refuses it",
}  # fmt: skip


def returned_message(kind: MailKind, mail: Mail) -> Message | None:
    """Which of our messages a report is about: by the Message-ID it encloses; by our own header, when the address fits too; else the
    newest one sent to the failed address within some days before."""
    by_id = {each.message_id: each for each in Message.objects.filter(message_id__in=kind.original_ids)}
    for each in kind.original_ids:
        if each in by_id:
            return by_id[each]
    failed = addresses_of(kind.failures)
    if kind.our_message.isdecimal() and len(kind.our_message) < 18:
        message = Message.objects.filter(pk=int(kind.our_message)).first()
        if message is not None and failed & _recipients(message):
            return message
    if not failed:
        return None
    customers = {each for address in failed for each in customers_with_address(address)}
    sent = Message.objects.filter(
        customer__in=customers, channel="email", state__in=("sent", "claimed"), handed_over_at__lte=mail.received_at,
        handed_over_at__gte=mail.received_at - timedelta(days=BY_ADDRESS_DAYS),
    )  # fmt: skip
    return next(
        (each for each in sent.order_by("-handed_over_at", "-pk")[:200] if failed & _recipients(each)), None
    )


def apply_report(act: Act, mail: Mail, kind: MailKind, policy: Policy) -> bool:
    """Do what the report in `mail` says, inside the act that takes it in; whether anything or anybody of ours is known to it.

    Sets the mail's `answers`, `customer` and how it was matched; the caller saves it.
    """
    message = returned_message(kind, mail)
    failed = addresses_of(kind.failures)
    customers = {each for address in failed for each in customers_with_address(address)}
    if message is not None and message.customer_id is not None:
        customers.add(message.customer_id)
    lock_customers(customers)
    if message is not None:
        message = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
        mail.answers, mail.customer_id, mail.matched_by = message, message.customer_id, "thread"
        mail.matched_why = f"It is about our message “{message.subject[:120]}”."
        _tell_message(act, mail, kind, message, policy)
    elif len(customers) == 1:
        mail.customer_id, mail.matched_by = next(iter(customers)), "sender"
        mail.matched_why = f"{', '.join(sorted(failed))[:200]} is on file for this customer only."
    if kind.kind in ("bounce", "feedback_loop"):
        _mark(act, kind, customers, failed)
    for customer in sorted(customers):
        decide_again(act.who, customer, policy)
    return message is not None or bool(customers)


def addresses_of(failures: Iterable[Failure]) -> set[str]:
    """The failed addresses in lower case: the one that failed and the one we wrote to, which a forward makes two."""
    return {address.lower() for each in failures for address in (each.address, each.original) if address}


def _tell_message(act: Act, mail: Mail, kind: MailKind, message: Message, policy: Policy) -> None:
    """One event a recipient, and for a bounce what follows when nobody is left."""
    others = {"delay": "delayed", "delivery_report": "delivered", "feedback_loop": "complaint"}
    failures = kind.failures or (None,)
    for each in failures:
        what = others.get(kind.kind) or ("bounced" if each is None or each.permanent else "delayed")
        happened(message, act.who.now, what, _detail(kind, each))
    if kind.kind != "bounce" or message.state not in ("sent", "claimed"):
        return
    if any(each is None or each.permanent for each in failures) and _nobody_left(message, kind.failures):
        _bounced(act, mail, message, _detail(kind, failures[0]), policy)


def _bounced(act: Act, mail: Mail, message: Message, detail: str, policy: Policy) -> None:
    before, message.state, message.why = message.state, "bounced", "message_bounced"
    message.why_facts = {"answer": detail[:200]}
    message.save(update_fields=["state", "why", "why_facts"])
    act.tell(
        about=f"message:{message.pk}", customer_id=message.customer_id, cause=detail, before={"state": before},
        after={"state": "bounced", "purpose": message.purpose, "level": message.level},
    )  # fmt: skip
    if message.purpose in _DELIVERS:
        _undelivered(act, message)
    if message.purpose in ("request", "internal"):
        request = message.requests.select_related("owner").order_by("-pk").first()
        person = on_duty(request.owner, act.who.today) if request else message.created_by
        if person is not None and person.is_active and message.customer_id:
            what = f"Our question “{message.subject[:150]}” came back: {detail}"
            record_follow_up(act, message.customer_id, FollowUpAsked(what[:300], act.who.today, person.pk))
        return
    if message.customer_id:
        tell_owner(act, message.customer_id, f"Our message “{message.subject[:120]}” came back. {detail}")
    conversation = standing(message.conversation)
    if conversation is not None and conversation.state == "answered":
        row = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation.pk)
        start_clock(row, mail.received_at, policy)
        row.save()


def _undelivered(act: Act, message: Message) -> None:
    """The invoices it was to deliver are undelivered until somebody sends them again and lifts the block (P28)."""
    files = MessageFile.objects.filter(
        message=message, document__kind="invoice", document__item__isnull=False
    )
    ids = set(files.values_list("document__item", flat=True))
    if message.purpose == "copies":
        ids |= set(message.items.filter(left_out="").values_list("item", flat=True))
    blocked = set(
        Block.objects.filter(item__in=ids, kind="undelivered", lifted_at=None).values_list("item", flat=True)
    )
    for item in Item.objects.filter(pk__in=ids - blocked, side=1, open__gt=0).order_by("pk"):
        row = Block.objects.create(
            customer_id=item.customer_id, item=item, kind="undelivered", from_on=act.who.today,
            reason=f"The mail that carried it came back: {message.subject}"[:300], recorded_at=act.who.now,
            by_id=act.who.user_id,
        )  # fmt: skip
        act.tell(
            about=f"block:{row.pk}",
            customer_id=item.customer_id,
            after={"kind": "undelivered", "item": item.pk},
        )


def _mark(act: Act, kind: MailKind, customers: Iterable[int], failed: set[str]) -> None:
    """Dead addresses are marked wherever they are on file; a full mailbox or a server that blocks us is no fault of the address."""
    for each in kind.failures:
        complaint = kind.kind == "feedback_loop"
        if not complaint and not (each.permanent and each.reason in _ADDRESS_FAULTS):
            continue
        answer = "complained about our mail" if complaint else _words(each)
        for customer in sorted(customers):
            for address in dict.fromkeys((each.original, each.address)):
                if address:
                    mark_bounced(act, customer, address, answer)


def _nobody_left(message: Message, failures: Iterable[Failure]) -> bool:
    """Whether no recipient is left whom it reached, this report and the earlier ones together."""
    to = {str(each.get("address", "")).lower() for each in message.to}
    failed = addresses_of(each for each in failures if each.permanent)
    if not failed:
        return len(to) <= 1
    told = MessageEvent.objects.filter(message=message, what__in=("bounced", "refused")).values_list(
        "detail", flat=True
    )
    failed |= {line.partition(":")[0].lower() for line in told}
    # A forward fails under an address we never wrote to: with one recipient it can only be that one.
    return to <= failed or (len(to) == 1 and not failed & (_recipients(message) - to))


def _recipients(message: Message) -> set[str]:
    return {str(each.get("address", "")).lower() for each in [*message.to, *message.cc]}


def _detail(kind: MailKind, failure: Failure | None) -> str:
    """What an event says: "address: reason (status, diagnostic)"."""
    if failure is None:
        return mask_card_numbers(kind.because)[:500]
    return mask_card_numbers(f"{failure.original or failure.address}: {_words(failure)}")[:500]


def _words(failure: Failure) -> str:
    more = " ".join(part for part in (failure.status, failure.diagnostic[:150]) if part)
    return f"{_REASON_WORDS.get(failure.reason, failure.reason)}{f' ({more})' if more else ''}"
