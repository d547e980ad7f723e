"""What to say on a call in the words of the template in force, filled with the account's own facts (C7, B4).

A call about final invoices only has its own guide. Without a template in force, or when it cannot be filled, there is none, and the
lines of reports/call_guide.py stand alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from dunlin.formats.message_blocks import Block, Bullets, Items, Paragraph
from dunlin.formats.template_values import ItemTable, item_values
from dunlin.records.models import Call, Contact, Customer, Item, Promise, User
from dunlin.reports.account import terms_words
from dunlin.reports.account_promises import promised_minor
from dunlin.reports.recipients import Recipient
from dunlin.reports.senders import sender_for
from dunlin.reports.wording import Wordings, line_of, values_for
from dunlin.rules.campaigns import REACHED
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money

PAST_DUE, FINALS = "call_guide_past_due", "call_guide_finals"
ITEMS_MAX = 200  # named; whoever owes more is spoken to about the oldest


@dataclass(frozen=True)
class Part:
    """A piece of the guide: `kind` is paragraph, list or items. `lines` are runs of (text, bold); of items the table."""

    kind: str
    lines: tuple[tuple[tuple[str, bool], ...], ...] = ()
    table: ItemTable | None = None


@dataclass(frozen=True)
class CallWording:
    """The guide as filled: its template and language, its heading, its parts."""

    key: str
    language: str
    subject: str
    parts: tuple[Part, ...]


def call_wording(
    customer: Customer, contact: Contact | None, by: User | None, today: date, local_time: str
) -> CallWording | None:
    """The guide for a call to `contact` by `by`; None when no template of it is in force or it cannot be filled. A fixed number of
    queries."""
    items = _items(customer, today)
    if not items:
        return None
    late = [item for item in items if item.due_on < today]
    finals = all(item.invoice_class == "final" for item in (late or items))
    wording = Wordings.read([PAST_DUE, FINALS]).get(FINALS if finals else PAST_DUE, customer.language or "en")
    if wording is None:
        return None
    about = late or items
    try:
        made = wording.render(_values(customer, contact, by, today, local_time, about))
    except Refused:
        return None
    return CallWording(
        wording.key, wording.language, made.subject, tuple(_part(block) for block in made.blocks)
    )


def _items(customer: Customer, today: date) -> list[Item]:
    """What a call is about: what is past due, and final invoices that are not."""
    rows = Item.objects.filter(
        Q(due_on__lt=today) | Q(invoice_class="final"), customer=customer, side=1, open__gt=0
    )
    return list(rows.select_related("entity").order_by("due_on", "pk")[:ITEMS_MAX])


def _values(
    customer: Customer,
    contact: Contact | None,
    by: User | None,
    today: date,
    local_time: str,
    items: Sequence[Item],
) -> dict[str, Any]:
    entity = items[0].entity
    sender = sender_for(entity.pk, "notice")
    recipient = Recipient(customer.pk, customer.name, customer.number, "", customer.language, contact_name=contact.name if contact else "")  # fmt: skip
    rows = tuple(
        line_of(each, (today - each.due_on).days, each.disputed)
        for each in items
        if each.open > each.disputed
    )
    values = values_for(recipient, entity, sender, today, item_values(ItemTable(rows)))
    disputed: dict[str, int] = {}
    for each in items:
        if each.disputed:
            disputed[each.currency] = disputed.get(each.currency, 0) + each.disputed
    values |= {
        "sender.name": by.name if by else sender.name, "sender.phone": by.phone if by else "", "local_time": local_time,
        "contact.title": contact.title if contact else "", "disputed_total": [Money(minor, cur) for cur, minor in sorted(disputed.items())],
        "terms": terms_words(customer.terms.code, customer.terms.description, customer.terms.rule) if customer.terms else "",
    }  # fmt: skip
    values |= _said(customer, today) | _promises(customer)
    return {name: value for name, value in values.items() if value not in (None, "", (), [])}


def _said(customer: Customer, today: date) -> dict[str, Any]:
    last = (
        Call.objects.filter(customer=customer, outcome__in=REACHED, day__lte=today)
        .order_by("-started_at")
        .first()
    )
    return {"last_contact.on": last.day, "last_contact.note": last.note or last.next_step} if last else {}


def _promises(customer: Customer) -> dict[str, Any]:
    """The promise that is open, and the day of the last that was not kept and nothing replaced."""
    rows = Promise.objects.filter(
        customer=customer, status__in=("open", "broken", "partially_kept"), replaced_by=None
    )
    found: dict[str, Any] = {}
    for status, due_on, currency, minor in rows.annotate(minor=promised_minor()).order_by("-due_on", "-pk").values_list(
        "status", "due_on", "currency", "minor"
    )[:12]:  # fmt: skip
        if status == "open" and minor:
            found.setdefault("promise.amount", Money(minor, currency))
            found.setdefault("promise.due_on", due_on)
        elif status != "open":
            found.setdefault("promise.broken_on", due_on)
    return found


def _part(block: Block) -> Part:
    if isinstance(block, Items):
        return Part("items", table=block.table)
    lines = block.lines if isinstance(block, Paragraph) else block.entries
    runs = tuple(tuple((run.text, run.bold) for run in line) for line in lines)
    return Part("list" if isinstance(block, Bullets) else "paragraph", runs)
