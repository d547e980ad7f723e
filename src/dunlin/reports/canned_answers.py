"""Answers kept ready: the templates for e-mail that a person picks, filled for one customer and the mail that is answered (C7, B5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from dunlin.formats.templates import Rendered
from dunlin.records.models import Contact, Customer, Entity, Item, Mail, Promise, Template, User
from dunlin.reports.account_promises import promised_minor
from dunlin.reports.senders import sender_for
from dunlin.reports.wording import Wording, Wordings, items_values
from dunlin.rules.money import Money

COPIES = "copies"
_ANSWERS = Q(key__startswith="answer_") | Q(key=COPIES)
_ITEMS = 500


@dataclass(frozen=True, slots=True)
class Canned:
    """A template that may be chosen, by key and name."""

    key: str
    name: str


def canned_answers(*, to_write: bool = False) -> tuple[Canned, ...]:
    """The templates in force to answer with, by name; `to_write`: every e-mail template in force. One query."""
    rows = Template.objects.filter(kind="email", versions__activated_at__isnull=False)
    rows = (rows if to_write else rows.filter(_ANSWERS)).distinct()
    return tuple(Canned(each.key, each.name) for each in sorted(rows, key=lambda each: each.name.casefold()))


def wording_in_force(key: str, language: str) -> Wording | None:
    """The version of an e-mail template in the language that serves best; None when there is none. One query."""
    found = Wordings.read([key]).get(key, language)
    return found if found is not None and found.kind == "email" else None


def filled(
    wording: Wording,
    customer: Customer,
    *,
    today: date,
    by: User | None,
    contact: Contact | None = None,
    mail: Mail | None = None,
    item_ids: Sequence[int] = (),
    documents: Iterable[str] = (),
    mailbox_key: str = "",
) -> Rendered:
    """The template with this customer's values. Refused: template_value_missing and what else `render` refuses.

    The items are those named, or, when none is, all past due ones. At most seven queries.
    """
    items = _items(customer.pk, item_ids, today)
    entity = items[0].entity if items else _entity_of(customer.pk)
    values = {
        **_people(customer, entity, by, mailbox_key),
        **(items_values(items, today) if items else {}),
        **_promise(customer.pk),
        "today": today,
        "contact.name": (contact.name if contact else "") or (mail.from_name if mail else ""),
        "documents": tuple(documents),
        "invoice": items[0].number if len(item_ids) == 1 and items else "",
        "their.subject": mail.subject if mail else "",
        "their.date": (mail.sent_at or mail.received_at).date() if mail else today,
    }
    return wording.render({name: value for name, value in values.items() if value not in (None, "", ())})


def _items(customer_id: int, ids: Sequence[int], today: date) -> list[Item]:
    rows = Item.objects.filter(customer=customer_id, side=1, open__gt=0)
    rows = rows.filter(pk__in=ids) if ids else rows.filter(due_on__lt=today)
    return list(rows.select_related("entity").order_by("due_on", "pk")[:_ITEMS])


def _entity_of(customer_id: int) -> Entity | None:
    newest = Item.objects.filter(customer=customer_id).select_related("entity").order_by("-pk").first()
    return newest.entity if newest else Entity.objects.order_by("pk").first()


def _people(customer: Customer, entity: Entity | None, by: User | None, mailbox_key: str) -> dict[str, Any]:
    """Who is written to and who signs: a person with their name, nobody with the company's."""
    sender = sender_for(entity.pk if entity else None, "answer", mailbox_key)
    name = by.name if by else sender.name
    lines = (name, "Accounts Receivable", sender.name if sender.name != name else "", by.phone if by else "")
    return {
        "customer.name": customer.name,
        "customer.number": customer.number,
        "entity.name": entity.name if entity else sender.name,
        "entity.phone": entity.phone if entity else "",
        "entity.email": sender.reply_to or sender.address,
        "payment_instructions": entity.payment_instructions if entity else "",
        "sender.name": name,
        "sender.title": "Accounts Receivable",
        "sender.phone": by.phone if by else "",
        "signature": "\n".join(line for line in lines if line),
    }


def _promise(customer_id: int) -> dict[str, Any]:
    """The newest promise that is open."""
    row = (
        Promise.objects.filter(customer=customer_id, status="open").annotate(minor=promised_minor())
        .order_by("-pk").values("due_on", "currency", "minor").first()
    )  # fmt: skip
    if row is None or not row["minor"]:
        return {}
    return {"promise.amount": Money(row["minor"], row["currency"]), "promise.due_on": row["due_on"]}
