"""Answers kept ready: the templates for e-mail whose key begins with `answer_`, filled for one customer and one mail (C7, B5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dunlin.formats.template_values import ItemLine, ItemTable
from dunlin.formats.templates import Rendered, render
from dunlin.records.models import (
    Contact,
    Customer,
    Entity,
    Item,
    Mail,
    Promise,
    Template,
    TemplateVersion,
    User,
)
from dunlin.reports.account_promises import promised_minor
from dunlin.rules.money import Money

ANSWERS = "answer_"


@dataclass(frozen=True, slots=True)
class Canned:
    """A template that may be chosen, by key and name."""

    key: str
    name: str


def canned_answers(*, beginning: str = ANSWERS) -> tuple[Canned, ...]:
    """The e-mail templates in force whose key begins so, by name. One query."""
    rows = Template.objects.filter(
        kind="email", key__startswith=beginning, versions__activated_at__isnull=False
    ).distinct()
    return tuple(Canned(each.key, each.name) for each in sorted(rows, key=lambda each: each.name.casefold()))


def version_in_force(key: str, language: str) -> TemplateVersion | None:
    """The version of a template activated last, in the language, else in its language without region, else in English, else in any.
    One query."""
    rows = list(
        TemplateVersion.objects.filter(template__key=key, activated_at__isnull=False)
        .select_related("template")
        .order_by("-activated_at", "-number")
    )
    wanted = [language, language.split("-")[0], "en"]
    for each in wanted:
        found = next((row for row in rows if each and row.language.lower() == each.lower()), None)
        if found is not None:
            return found
    return rows[0] if rows else None


def filled(
    version: TemplateVersion,
    customer: Customer,
    *,
    today: date,
    by: User | None,
    contact: Contact | None = None,
    mail: Mail | None = None,
    item_ids: Sequence[int] = (),
    documents: Iterable[str] = (),
) -> Rendered:
    """The template with this customer's values. Refused: template_value_missing and what else `render` refuses.

    The items are those named, or, when none is, all past due ones. At most five queries.
    """
    items = _items(customer.pk, item_ids, today)
    values = {
        **_people(customer, items[0].entity if items else _entity_of(customer.pk), by, today),
        **_books(items, today),
        **_promise(customer.pk),
        "contact.name": contact.name if contact else (mail.from_name if mail else None),
        "documents": tuple(documents) or None,
        "document": items[0].number if len(items) == 1 and items[0].number else None,
        "their.subject": mail.subject if mail else None,
        "their.date": (mail.sent_at or mail.received_at).date() if mail else None,
    }
    known = {name: value for name, value in values.items() if value not in (None, "")}
    return render("email", version.subject, version.body, known, version.language)


def _items(customer_id: int, ids: Sequence[int], today: date) -> list[Item]:
    rows = Item.objects.filter(customer=customer_id, side=1, open__gt=0)
    rows = rows.filter(pk__in=ids) if ids else rows.filter(due_on__lt=today)
    return list(rows.select_related("entity").order_by("due_on", "pk")[:500])


def _entity_of(customer_id: int) -> Entity | None:
    newest = Item.objects.filter(customer=customer_id).select_related("entity").order_by("-pk").first()
    return newest.entity if newest else Entity.objects.order_by("pk").first()


def _people(customer: Customer, entity: Entity | None, by: User | None, today: date) -> dict[str, Any]:
    name = by.name if by else ""
    company = (entity.sender_name or entity.name) if entity else ""
    signature = "\n".join(
        part for part in (name, "Accounts Receivable", company, by.phone if by else "") if part
    )
    return {
        "customer.name": customer.name,
        "customer.number": customer.number,
        "entity.name": entity.name if entity else None,
        "entity.phone": entity.phone if entity else None,
        "entity.email": entity.sender_address if entity else None,
        "payment_instructions": entity.payment_instructions if entity else None,
        "sender.name": name,
        "sender.title": "Accounts Receivable",
        "sender.phone": by.phone if by else None,
        "signature": signature,
        "today": today,
    }


def _books(items: Sequence[Item], today: date) -> dict[str, Any]:
    if not items:
        return {}
    lines = tuple(
        ItemLine(
            each.number or "–", Money(each.amount, each.currency), Money(each.open, each.currency), each.due_on, each.document_on,
            max(0, (today - each.due_on).days), each.reference, Money(each.disputed, each.currency) if each.disputed else None,
        )
        for each in items
    )  # fmt: skip
    return {
        "items": lines,
        "items_table": ItemTable(lines),
        "item_count": len(lines),
        "total_open": tuple(each.asked for each in lines),
        "oldest_due_on": items[0].due_on,
        "days_past_due": max(0, (today - items[0].due_on).days),
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
