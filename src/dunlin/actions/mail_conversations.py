"""Where a mail goes: into the conversation it continues, or into a new one, owned, with its answer clock and the items it names."""

from __future__ import annotations

from collections.abc import Iterable

from dunlin.actions.conversation_clock import start_clock
from dunlin.actions.doing import Who
from dunlin.records.coverage import workers
from dunlin.records.models import Conversation, ConversationItem, Mail, User
from dunlin.rules.policy import Policy


def put_into(
    who: Who, mail: Mail, continued: Conversation | None, policy: Policy, *, kind: str = "mail", phone: str = "",
    owed: bool = True,
) -> Conversation:  # fmt: skip
    """The conversation of the mail, opened again or made. `owed`: an answer is; without it there is no clock, only something a person
    looks at. The caller saves the mail."""
    if continued is None:
        row = Conversation(
            kind=kind, mailbox=mail.mailbox, customer_id=mail.customer_id, subject=mail.subject, opened_at=mail.received_at,
            last_at=mail.received_at, phone=phone[:60],
        )  # fmt: skip
    else:
        row = Conversation.objects.select_for_update(of=("self",)).get(pk=continued.pk)
    if row.customer_id is None and mail.customer_id is not None:
        row.customer_id = mail.customer_id
        if row.pk:
            Mail.objects.filter(conversation=row, customer=None).update(customer=mail.customer_id)
    if owed:
        start_clock(row, mail.received_at, policy)
    else:
        row.last_at = max(row.last_at, mail.received_at)
    if row.owner_id is None or not User.objects.filter(pk=row.owner_id, is_active=True).exists():
        row.owner_id = works_for(row.customer_id, who)
    row.save()
    mail.conversation = row
    return row


def works_for(customer_id: int | None, who: Who) -> int | None:
    """Who works the customer today: its collector, or the backup; None: nobody, or no customer (P33)."""
    return None if customer_id is None else workers(customer_id, customer_id, who.today).get(customer_id)


def name_items(conversation: Conversation, items: Iterable[int]) -> None:
    """These items are what it is about: their ladder waits until it is handled."""
    known = set(ConversationItem.objects.filter(conversation=conversation).values_list("item", flat=True))
    ConversationItem.objects.bulk_create(
        ConversationItem(conversation=conversation, item_id=each)
        for each in dict.fromkeys(items)
        if each not in known
    )
