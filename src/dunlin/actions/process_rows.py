"""What a process makes, and writing much of it at once: messages with their lines and first event, and one line for each customer.

A message that is there already under its `once` is left alone, so that two runs make it once: both hold the customers' locks while
they look and write. (C1-C4, C6; traps 21, 28)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from dunlin.actions.doing import Who, doing
from dunlin.actions.message_content import after_sent
from dunlin.actions.messages import Line
from dunlin.formats.mail_out import message_id_for
from dunlin.records import bulk
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.locks import lock_customers
from dunlin.records.models import (
    FollowUp,
    Message,
    MessageEvent,
    MessageFile,
    MessageItem,
    ProcessLine,
    StoredFile,
    User,
)
from dunlin.reports.process_days import Turns
from dunlin.reports.recipients import Recipient
from dunlin.reports.senders import Sender, sender_for
from dunlin.rules.policy import Policy

ADDRESS_WANTED = "Nobody can be written to: find an e-mail or postal address that works"
_ASK_AGAIN_AFTER_DAYS = 30


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message a process makes. `channel` email, letter, or call: a task in its place, done as soon as it is planned."""

    customer_id: int
    purpose: str
    channel: str
    once: str
    recipient: Recipient
    sender: Sender
    entity_id: int | None = None
    cc: Sequence[Mapping[str, Any]] = ()
    template_id: int | None = None
    strategy_id: int | None = None
    level: int | None = None
    approval: str = ""
    lines: Sequence[Line] = ()
    files: Sequence[tuple[StoredFile, str]] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewLine:
    """What a process did about one customer: `messages` it gets, or the code (REASONS) and facts of why none."""

    customer_id: int
    code: str
    facts: Mapping[str, Any]
    messages: Sequence[NewMessage] = ()
    # Something for whoever looks after the customer: once, and again only after a month.
    task: str = ""
    collector_id: int | None = None


@dataclass(frozen=True)
class Told:
    """What a process is told: whose run it is, the day it is for, its period, and what to tell while it goes on."""

    who: Who
    day: date
    period: str
    policy: Policy
    turns: Turns
    dry: bool = False
    tell: Callable[[str, int, int], None] = lambda phase, done, total: None


Chunk = Sequence[NewLine]
Process = Callable[[Told], Iterator[Chunk]]


class Senders:
    """The sender of each entity for one purpose, asked once."""

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        self._of: dict[int | None, Sender] = {}

    def of(self, entity_id: int | None) -> Sender:
        found = self._of.get(entity_id)
        if found is None:
            found = self._of[entity_id] = sender_for(entity_id, self.purpose)
        return found


def unreachable(recipient: Recipient, where: Mapping[str, Any]) -> NewLine:
    """The line of a customer that nobody can be written to at; somebody is asked to find an address."""
    task = ADDRESS_WANTED if recipient.code == "recipient_missing" else ""
    return NewLine(
        recipient.customer_id, recipient.code, {**recipient.facts, **where}, (), task, recipient.collector_id
    )


def write_chunk(who: Who, run_id: int, day: date, chunk: Chunk) -> int:
    """Write messages and lines in one transaction under the customers' locks; how many messages are new. Of a run that goes on the
    lines of customers that got a message stay as they are, the others are told anew."""
    with transaction.atomic():
        lock_customers(line.customer_id for line in chunk)
        wanted = [message for line in chunk for message in line.messages]
        there = _there([message.once for message in wanted])
        new = [message for message in wanted if message.once not in there]
        ids = dict(zip([message.once for message in new], bulk.reserve_ids(Message, len(new))))
        _write_messages(who, run_id, day, new, ids)
        _write_lines(run_id, chunk, there | ids, ids)
        _plan_tasks(who, chunk)
        _done_at_once(who, [ids[message.once] for message in new if message.channel == "call"])
    return len(new)


def _there(keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in bulk.chunks(keys):
        found.update(
            (str(key), pk) for key, pk in Message.objects.filter(once__in=part).values_list("once", "pk")
        )
    return found


_FIELDS = (
    "id", "customer", "entity", "contact", "channel", "purpose", "once", "run", "strategy", "level", "template", "language", "day",
    "state", "why", "why_facts", "facts", "to", "cc", "sender_name", "sender_address", "reply_to", "subject", "text", "html",
    "message_id", "in_reply_to", "references", "approval", "attempts", "created_at", "created_by", "claimed_by", "sent_at",
)  # fmt: skip


def _write_messages(
    who: Who, run_id: int, day: date, new: Sequence[NewMessage], ids: Mapping[str, int]
) -> None:
    if not new:
        return
    bulk.insert(Message, _FIELDS, (_row(who, run_id, day, each, ids[each.once]) for each in new))
    bulk.insert(
        MessageItem,
        ("message", "item", "level", "amount", "left_out"),
        (
            (ids[each.once], line.item_id, line.level, line.amount, line.left_out)
            for each in new
            for line in each.lines
        ),
    )
    bulk.insert(
        MessageEvent,
        ("message", "at", "what", "detail", "by"),
        ((ids[each.once], who.now, _state(each), "", who.user_id) for each in new),
    )
    MessageFile.objects.bulk_create(
        MessageFile(message_id=ids[each.once], file=stored, name=name[:200])
        for each in new
        for stored, name in each.files
    )


def _state(message: NewMessage) -> str:
    return "sent" if message.channel == "call" else "waiting" if message.approval else "decided"


def _row(who: Who, run_id: int, day: date, each: NewMessage, pk: int) -> tuple[Any, ...]:
    to = [dict(person) for person in each.recipient.to] if each.channel == "email" else []
    mail_id = (
        message_id_for(f"message:{pk}:{who.now.isoformat()}", each.sender.domain)
        if each.channel == "email"
        else None
    )
    state = _state(each)
    return (
        pk, each.customer_id, each.entity_id, each.recipient.contact_id, each.channel, each.purpose, each.once, run_id,
        each.strategy_id, each.level, each.template_id, each.recipient.language[:8], day, state, "", "{}",
        text_of(each.facts), text_of(to), text_of(list(each.cc)), each.sender.name, each.sender.address, each.sender.reply_to,
        "", "", "", mail_id, "", "[]", each.approval, 0, who.now, who.user_id, "", who.now if state == "sent" else None,
    )  # fmt: skip


def _write_lines(run_id: int, chunk: Chunk, known: Mapping[str, int], new: Mapping[str, int]) -> None:
    told: set[int] = set()
    for part in bulk.chunks(sorted({line.customer_id for line in chunk})):
        there = ProcessLine.objects.filter(run=run_id, customer__in=bulk.one_of(part))
        told.update(there.exclude(message=None).values_list("customer", flat=True))
        there.exclude(customer__in=told).delete()
    lines = [
        line
        for line in chunk
        if line.customer_id not in told or any(each.once in new for each in line.messages)
    ]
    rows: list[tuple[Any, ...]] = []
    for line in lines:
        facts = text_of(line.facts)
        if not line.messages:
            rows.append((run_id, line.customer_id, None, line.code, facts))
        rows += [(run_id, line.customer_id, known[each.once], line.code, facts) for each in line.messages]
    bulk.insert(ProcessLine, ("run", "customer", "message", "code", "facts"), rows)


def _done_at_once(who: Who, messages: Sequence[int]) -> None:
    """A step that is a call is done by planning the call."""
    if messages:
        with doing(who, "run_process") as act:
            for row in Message.objects.filter(pk__in=messages).order_by("pk"):
                after_sent(act, row)


def _plan_tasks(who: Who, chunk: Chunk) -> None:
    """A task for whoever looks after a customer; the same one not twice while it is open, nor again within a month."""
    wanted = {(line.customer_id, line.task): line.collector_id for line in chunk if line.task}
    if not wanted:
        return
    since = who.now - timedelta(_ASK_AGAIN_AFTER_DAYS)
    there: set[tuple[int, str]] = set()
    for part in bulk.chunks(sorted({customer for customer, _ in wanted})):
        planned = FollowUp.objects.filter(
            Q(done_at=None) | Q(created_at__gt=since), customer__in=bulk.one_of(part)
        )
        there.update(planned.values_list("customer", "what"))
    people = set(User.objects.filter(is_active=True).values_list("pk", flat=True))
    manager = User.objects.filter(role="ar_manager", is_active=True).order_by("pk").first()
    due_on = calendar(LEDGER).roll(who.today, "following")
    rows = []
    for (customer, what), collector in wanted.items():
        owner = collector if collector in people else manager.pk if manager else None
        if owner is not None and (customer, what) not in there:
            rows.append(
                FollowUp(
                    customer_id=customer, owner_id=owner, what=what, due_on=due_on, created_at=who.now,
                    created_by_id=who.user_id,
                )
            )  # fmt: skip
    FollowUp.objects.bulk_create(rows)


def text_of(value: Any) -> str:
    """JSON as the bulk writer takes it; days and amounts as text."""
    return json.dumps(value, default=str, ensure_ascii=False)
