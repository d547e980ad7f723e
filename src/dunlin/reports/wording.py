"""The wording in force: the template version of a key in the language that serves a customer, and the values it is filled with.

Versions are read once for a run. As long as no template was ever kept, nothing is in force: actions/keep_shipped.py keeps those
that come with Dunlin. (C7)
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings

from dunlin.formats.template_files import choose_language
from dunlin.formats.template_values import ItemLine, ItemTable, LeftOut, item_values
from dunlin.formats.templates import Rendered, render
from dunlin.records.models import Entity, Item, TemplateVersion
from dunlin.reports.recipients import Recipient
from dunlin.reports.senders import Sender
from dunlin.rules.asking import Asking
from dunlin.rules.money import Money
from dunlin.rules.mrr import months_aged
from dunlin.rules.notices import LeftOut as LeftOutRow
from dunlin.rules.notices import NoticeDecision


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of a template in one language."""

    version_id: int
    key: str
    kind: str
    language: str
    subject: str
    body: str

    def render(self, values: Mapping[str, Any]) -> Rendered:
        """Subject, text and HTML with `values`. Refused: what formats.templates.render refuses."""
        return render(self.kind, self.subject, self.body, values, self.language)


@dataclass
class Wordings:
    """The versions in force, each read once."""

    _of: dict[str, dict[str, Wording]] = field(default_factory=dict)

    @classmethod
    def read(cls, keys: Iterable[str] = ()) -> Wordings:
        """Those of the given keys, or all. One query."""
        rows = TemplateVersion.objects.filter(activated_at__isnull=False).order_by("activated_at", "number")
        wanted = list(keys)
        if wanted:
            rows = rows.filter(template__key__in=wanted)
        made = cls()
        for pk, key, kind, language, subject, body in rows.values_list(
            "pk", "template__key", "template__kind", "language", "subject", "body"
        ):
            made._of.setdefault(key, {})[language] = Wording(pk, key, kind, language, subject, body)
        return made

    def get(self, key: str, language: str) -> Wording | None:
        """The version that serves a language best; None when there is no template of that key in force."""
        versions = self._of.get(key)
        return versions[choose_language(language, versions)] if versions else None


def values_for(
    recipient: Recipient,
    entity: Entity | None,
    sender: Sender,
    today: date,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The values every outward template may name: customer, our company, who signs. Documents come with `item_values`."""
    ours = entity.name if entity else sender.name
    signs = sender.name or ours
    answers = sender.reply_to or sender.address
    signature = "\n".join(line for line in (signs, ours if ours != signs else "", entity.phone if entity else "", answers) if line)  # fmt: skip
    return {
        "customer.name": recipient.name,
        "customer.number": recipient.number,
        "contact.name": recipient.contact_name or None,
        "entity.name": ours,
        "entity.phone": (entity.phone if entity else "") or None,
        "entity.email": answers,
        "sender.name": signs,
        "today": today,
        "payment_instructions": (entity.payment_instructions if entity else "") or "",
        "signature": signature,
        "portal_url": settings.PORTAL_URL or None,
        **(more or {}),
    }


def notice_values(decision: NoticeDecision, credits_netted: bool, today: date) -> dict[str, Any]:
    """The documents of a notice as a template shows them. One query."""
    ids = [row.id for row in decision.carried]
    known = Item.objects.in_bulk(ids)
    lines = []
    for row in decision.carried:
        item = known[row.id]
        disputed = item.open - row.amount
        lines.append(line_of(item, row.days, disputed=disputed if disputed > 0 else 0))
    months = months_aged(today, [(known[row.id].service_month, row.due_on, row.amount) for row in decision.carried if row.invoice_class == "mrr"])  # fmt: skip
    return {"months_aged": months.months} | item_values(
        ItemTable(
            tuple(lines),
            left_out_of(decision.left_out, known),
            tuple(Money(minor, cur) for cur, minor in sorted(decision.credits.items()))
            if credits_netted
            else (),
        )
    )


def line_of(item: Item, days_past_due: int, disputed: int = 0) -> ItemLine:
    """One document as a template shows it. Nothing that is not the customer's to read stands in it (P38)."""
    currency = item.currency
    return ItemLine(
        item.number or f"#{item.pk}",
        Money(item.amount, currency),
        Money(item.open, currency),
        item.due_on,
        item.document_on,
        max(0, days_past_due),
        item.po_number or item.reference,
        Money(disputed, currency) if disputed else None,
    )


def asking_values(asking: Asking, today: date) -> dict[str, Any]:
    """The documents of any other message as a template shows them. One query."""
    known = Item.objects.in_bulk([row.item.id for row in asking.asked])
    lines = []
    for row in asking.asked:
        item = known[row.item.id]
        lines.append(line_of(item, (today - item.due_on).days, max(0, item.open - row.amount)))
    months = months_aged(today, [(row.item.service_month, row.item.due_on, row.amount) for row in asking.asked if row.item.invoice_class == "mrr"])  # fmt: skip
    return {"months_aged": months.months} | item_values(
        ItemTable(tuple(lines), left_out_of(asking.left_out, known))
    )


def left_out_of(rows: Iterable[LeftOutRow], carried: Container[int]) -> tuple[LeftOut, ...]:
    """What is left out, summed by reason and currency. The disputed part of an item that is carried stands on its own line."""
    left: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        if row.why == "disputed" and row.id in carried:
            continue
        minor, count = left.get((row.why, row.currency), (0, 0))
        left[row.why, row.currency] = minor + row.amount, count + 1
    return tuple(
        LeftOut(why, Money(minor, cur), count) for (why, cur), (minor, count) in sorted(left.items())
    )


def items_values(items: Iterable[Item], today: date) -> dict[str, Any]:
    """The documents of a message that a person writes, oldest due first, less what is in dispute of them."""
    rows = sorted(items, key=lambda item: (item.due_on, item.number))
    return item_values(
        ItemTable(tuple(line_of(each, (today - each.due_on).days, each.disputed) for each in rows))
    )
