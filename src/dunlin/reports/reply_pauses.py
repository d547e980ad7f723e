"""Which items wait because a customer's reply about them is not handled yet: their ladder pauses until it is (C6, trap 59)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from dunlin.records import bulk
from dunlin.records.models import Conversation, ConversationItem, Item, Mail, MessageItem

WAITS = ("open", "snoozed")


def items_waiting(customers: Iterable[int]) -> dict[int, set[int]]:
    """Customer → ids of the open debit items that a conversation not handled yet is about; customers without one are absent.

    About are: the items it names; if it names none, those of our message it answers; if that has none either, everything open, for
    whoever wrote about the account as a whole is answered before being asked again. Four queries for some thousand customers.
    """
    found: dict[int, set[int]] = {}
    for chunk in bulk.chunks(sorted(set(customers))):
        waiting = dict(
            Conversation.objects.filter(
                customer__in=chunk, state__in=WAITS, clock_from__isnull=False, merged_into=None
            ).values_list("pk", "customer")
        )
        if waiting:
            for customer, items in _about(waiting).items():
                found.setdefault(customer, set()).update(items)
    return found


def _about(waiting: dict[int, int]) -> dict[int, set[int]]:
    """Customer → items, of the conversations given with their customers."""
    named: dict[int, set[int]] = defaultdict(set)
    for chunk in bulk.chunks(list(waiting)):
        for conversation, item in ConversationItem.objects.filter(conversation__in=chunk).values_list(
            "conversation", "item"
        ):
            named[conversation].add(item)
        replies = (
            Mail.objects.filter(conversation__in=chunk, answers__isnull=False)
            .exclude(conversation__in=list(named))
            .values_list("answers_id", "conversation_id")
        )
        answered: dict[int, int] = {message: pk for message, pk in replies if message and pk}
        lines = MessageItem.objects.filter(message__in=answered, left_out="").values_list(
            "message_id", "item_id"
        )
        for message, item in lines:
            named[answered[message]].add(item)
    whole = {waiting[each] for each in waiting if not named.get(each)}
    asked = {item for items in named.values() for item in items}
    still: dict[int, int] = {}
    for chunk in bulk.chunks([*asked]):
        still.update(Item.objects.filter(Q(pk__in=chunk), side=1, open__gt=0).values_list("pk", "customer"))
    found: dict[int, set[int]] = defaultdict(set)
    for items in named.values():
        # A document of a branch may be asked about by its parent: it waits for the customer who owes it.
        for item in items & still.keys():
            found[still[item]].add(item)
    if whole:
        open_items = Item.objects.filter(customer__in=whole, side=1, open__gt=0)
        for customer, item in open_items.values_list("customer", "pk"):
            found[customer].add(item)
    return dict(found)
