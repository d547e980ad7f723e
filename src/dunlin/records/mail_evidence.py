"""What the tables know about a mail: the thread it belongs to, who has its address, whose numbers it names. A few queries each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.db.models.functions import Lower

from dunlin.records import bulk
from dunlin.records.models import ContactPoint, Conversation, Customer, Item, Mail, Message
from dunlin.rules.mail_matching import FREE_DOMAINS
from dunlin.rules.mail_numbers import Reference, named, to_look_up

CLOSED_DAYS = 400  # documents paid this long ago are still asked about
NEIGHBOURS_MAX = 10
IDS_MAX = 60


@dataclass(frozen=True, slots=True)
class ThreadFound:
    """The nearest mail or message that a mail answers. `message` is ours, `mail` one that came in; one of them is there."""

    message: Message | None
    mail: Mail | None
    conversation: Conversation | None
    customer_id: int | None


def thread_of(ids: Sequence[str]) -> ThreadFound | None:
    """What the Message-IDs name, the nearest first; the first that is known. Four queries at most."""
    wanted = list(dict.fromkeys(each for each in ids if each))[:IDS_MAX]
    if not wanted:
        return None
    messages = {each.message_id: each for each in Message.objects.filter(message_id__in=wanted)}
    mails: dict[str, Mail] = {}
    for mail in Mail.objects.filter(message_id__in=wanted).select_related("conversation").order_by("-pk"):
        mails.setdefault(mail.message_id, mail)
    for each in wanted:
        message, came = messages.get(each), mails.get(each)
        if message is not None:
            conversation = _conversation_about(message)
            customer = conversation.customer_id if conversation else message.customer_id
            return ThreadFound(message, None, conversation, customer or message.customer_id)
        if came is not None:
            conversation = standing(came.conversation)
            customer = (conversation.customer_id if conversation else None) or came.customer_id
            return ThreadFound(came.answers, came, conversation, customer)
    return None


def _conversation_about(message: Message) -> Conversation | None:
    """The conversation a message of ours is in: its own, or that of an earlier answer to it."""
    if message.conversation is not None:
        return standing(message.conversation)
    earlier = (
        Mail.objects.filter(answers=message, conversation__isnull=False)
        .select_related("conversation")
        .order_by("-pk")
        .first()
    )
    return standing(earlier.conversation) if earlier else None


def standing(conversation: Conversation | None) -> Conversation | None:
    """The conversation it was merged into, else itself."""
    seen: set[int] = set()
    while conversation is not None and conversation.merged_into is not None and conversation.pk not in seen:
        seen.add(conversation.pk)
        conversation = conversation.merged_into
    return conversation


def customers_with_address(address: str) -> list[int]:
    """The customers that have the address among their contacts, upper and lower case alike; one marked wrong does not count."""
    if not address:
        return []
    points = ContactPoint.objects.annotate(low=Lower("value")).filter(kind="email", low=address.lower())
    found = points.exclude(state="wrong").values_list("contact__customer", flat=True)
    return sorted(set(found))


def customers_with_phone(digits: str) -> list[int]:
    """The customers that have the number: written alike, or alike in its last nine digits (with and without country code)."""
    if len(digits) < 7:
        return []
    points = ContactPoint.objects.filter(kind="phone").exclude(state="wrong")
    found = set(points.filter(digits=digits).values_list("contact__customer", flat=True))
    if not found and len(digits) >= 9:
        found = set(points.filter(digits__endswith=digits[-9:]).values_list("contact__customer", flat=True))
    return sorted(found)


def neighbours(address: str) -> list[int]:
    """Customers with another address at the same domain; none for the domains of mailbox providers, or when they are many."""
    domain = address.rpartition("@")[2].lower()
    if not domain or domain in FREE_DOMAINS:
        return []
    points = ContactPoint.objects.filter(kind="email", value__iendswith=f"@{domain}")
    found = points.values_list("contact__customer", flat=True).distinct()[: NEIGHBOURS_MAX + 1]
    customers = sorted(set(found))
    return customers if len(customers) <= NEIGHBOURS_MAX else []


def owners_of_numbers(references: Sequence[Reference]) -> dict[str, set[int]]:
    """The document and purchase order numbers there are among the references, each with the customers that have it."""
    wanted = to_look_up(references)
    found: dict[str, set[int]] = {}
    for column in ("number", "po_number"):
        for chunk in bulk.chunks(list(wanted)):
            rows = Item.objects.filter(**{f"{column}__in": chunk, "side": 1}).values_list(column, "customer")
            for number, customer in rows.distinct():
                found.setdefault(number, set()).add(customer)
    return found


def documents_named(customer_id: int, references: Sequence[Reference], today: date) -> list[int]:
    """Ids of the customer's documents that the references name, by number, else by purchase order; open or lately closed."""
    if not references:
        return []
    rows = Item.objects.filter(customer=customer_id, side=1)
    rows = rows.filter(Q(open__gt=0) | Q(closed_on__gte=today - timedelta(days=CLOSED_DAYS)))
    known = list(rows.order_by("due_on", "pk").values_list("pk", "number", "po_number"))
    found = named(references, ((pk, number) for pk, number, _ in known))
    said = [each for each in references if each.said or not each.text.isdigit()]
    return list(found) or list(named(said, ((pk, order) for pk, _, order in known)))


def names_of(customers: Iterable[int]) -> dict[int, str]:
    """Number and name of each: "L-100 Lakeside Hotels"."""
    rows = Customer.objects.filter(pk__in=set(customers)).values_list("pk", "number", "name")
    return {pk: f"{number} {name}"[:60] for pk, number, name in rows}


def open_items_of(message: Message) -> list[int]:
    """The items a message of ours asked for."""
    return list(message.items.filter(left_out="").order_by("pk").values_list("item", flat=True))


def own(customers: Collection[int], items: Iterable[int]) -> list[int]:
    """Of the items those that belong to one of the customers."""
    return list(Item.objects.filter(pk__in=list(items), customer__in=customers).values_list("pk", flat=True))
