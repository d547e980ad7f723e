"""From whom a message leaves and where answers go: the entity's own sender, its mailbox, or the company's (C6, B5)."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q

from dunlin.records.models import Entity, Mailbox

# What is answered from the accounts-receivable mailbox; everything that asks for money from the collections one.
_OF_AR = frozenset({"statement", "finals", "copies", "answer", "written", "portal_link", "payment"})


@dataclass(frozen=True, slots=True)
class Sender:
    """Name and address in From, and the address answers go to. `domain` stands in Message-IDs."""

    name: str
    address: str
    reply_to: str
    domain: str


def sender_for(entity_id: int | None, purpose: str, mailbox_key: str = "") -> Sender:
    """The sender of a message of `purpose` for an entity. A mailbox named by key wins: an answer leaves from where it was asked.
    Two queries."""
    entity = Entity.objects.filter(pk=entity_id).first() if entity_id is not None else None
    box = _mailbox(entity, purpose, mailbox_key)
    named = entity.sender_address if entity else ""
    address = (
        (box.address if box and mailbox_key else named)
        or (box.address if box else "")
        or settings.DEFAULT_FROM_EMAIL
    )
    name = (entity.sender_name or entity.name) if entity else (box.name if box else "")
    reply_to = box.address if box is not None and box.address != address else ""
    return Sender(name, address, reply_to, settings.MAIL_DOMAIN)


def _mailbox(entity: Entity | None, purpose: str, key: str) -> Mailbox | None:
    boxes = list(
        Mailbox.objects.filter(Q(active=True) | Q(key=key))
        .filter(Q(entity=None) | Q(entity=entity))
        .order_by("key")
    )
    wanted = key or ("ar" if purpose in _OF_AR else "collections")
    own = [box for box in boxes if box.entity_id is not None] or boxes
    return next((box for box in [*own, *boxes] if box.key == wanted), own[0] if own else None)
