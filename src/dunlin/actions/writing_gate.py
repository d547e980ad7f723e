"""The facts the conduct gate asks for before a message goes: what the customer forbade, blocks, addresses, how often (D10)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models.functions import Coalesce

from dunlin.actions.log_call import place_of
from dunlin.records.clock import day_of
from dunlin.records.models import Block, Contact, Customer, Message
from dunlin.rules.conduct import Verdict, may_write
from dunlin.rules.policy import Policy

# Among colleagues nothing of the customer's wishes is touched.
INSIDE = frozenset({"request", "internal"})
# Written by a process, not by a person: hours and caps hold for these.
AUTOMATIC = frozenset({"notice", "statement", "finals", "mrr", "not_reached", "suspension", "payment"})
_COUNTED_DAYS = 31


def gate(message: Message, now: datetime, policy: Policy) -> Verdict:
    """Whether a message, stored or about to be, may go at `now`, by the one gate (rules/conduct.py). Five queries."""
    if message.purpose in INSIDE or message.customer_id is None:
        return Verdict(True, "conduct_writing_allowed")
    customer = Customer.objects.get(pk=message.customer_id)
    contact = Contact.objects.filter(pk=message.contact_id).first() if message.contact_id else None
    today = day_of(now, policy.ledger_time_zone)
    blocks = Block.objects.filter(customer=customer, item=None, lifted_at=None, from_on__lte=today).exclude(
        until_on__lt=today
    )
    kinds = list(blocks.values_list("kind", flat=True))
    automatic = message.purpose in AUTOMATIC
    return may_write(
        now,
        message.channel,
        place_of(customer, contact),
        policy,
        purpose=message.purpose,
        automatic=automatic,
        cease_contact="cease_contact" in kinds or _everyone_ceased(message, contact),
        blocks=kinds,
        sent=_sent(message, now) if automatic else (),
    )


def _everyone_ceased(message: Message, contact: Contact | None) -> bool:
    """Whether the contact written to, or without one everybody there, wants no contact."""
    if contact is not None:
        return contact.cease_contact
    people = Contact.objects.filter(customer=message.customer_id, active=True)
    ceased = set(people.values_list("cease_contact", flat=True))
    return ceased == {True}


def _sent(message: Message, now: datetime) -> list[tuple[datetime, str]]:
    """The automatic messages of the channel to the customer that went, or are going, within the days that count."""
    others = Message.objects.filter(
        customer=message.customer_id, channel=message.channel, purpose__in=AUTOMATIC, state__in=("sent", "claimed", "bounced")
    ).exclude(pk=message.pk)  # fmt: skip
    when = others.annotate(at=Coalesce("sent_at", "claimed_at")).filter(
        at__gt=now - timedelta(days=_COUNTED_DAYS)
    )
    return [(at, purpose) for at, purpose in when.values_list("at", "purpose")]
