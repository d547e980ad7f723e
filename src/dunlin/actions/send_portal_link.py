"""Send a link to sign in to the customer portal, to whoever asks with an address that is a contact's (E7).

What is answered never tells whether an address is known: the same rows are counted, the same words are filled, and only the message is
missing. The secret is kept as its fingerprint; in the message it stands until it was sent.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction

from dunlin.actions.change_feed import TOKEN_BYTES, fingerprint
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.message_content import AFTER, AGAIN, Content, Stop
from dunlin.actions.messages import Draft, make_message
from dunlin.formats.template_files import choose_language, shipped_templates
from dunlin.formats.templates import Rendered, render
from dunlin.records.locks import one_at_a_time
from dunlin.records.models import Contact, Entity, Item, Message, PortalLink
from dunlin.reports.portal_people import people_with
from dunlin.reports.senders import sender_for
from dunlin.reports.wording import Wordings
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy

TEMPLATE = "portal_link"
LINK_MINUTES = 15
WINDOW = timedelta(minutes=15)
ASKS_OF_ADDRESS = 3  # within the window, whoever asks
ASKS_OF_CLIENT = 20  # within the window, for whatever address: a whole office stands behind one
_KEPT = timedelta(days=2)
_SECRET = re.compile(r"(/portal/link/)[A-Za-z0-9_-]{20,}")

Place = Callable[[str], str]


class _Words(NamedTuple):
    """The mail, the template version it is of (None: as shipped), its language."""

    made: Rendered
    version_id: int | None
    language: str


def send_portal_link(who: Who, address: str, client: str, place: Place, language: str) -> None:
    """Put a link into the outbox if `address` is that of a contact; the caller answers the same in any case.

    `client` is where the request came from, `place` makes the address of a secret, `language` is that of who asks. An earlier link
    stays good. Refused: portal_asked_too_often.
    """
    wanted = address.strip().lower()
    with transaction.atomic():
        one_at_a_time("portal link")
        _not_too_often(who, wanted, client)
        people = people_with(wanted)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        row = PortalLink.objects.create(
            address_hash=_hash(wanted), client_hash=_hash(client), asked_at=who.now, address=wanted if people else "",
            token_hash=fingerprint(token) if people else None, expires_at=who.now + timedelta(minutes=LINK_MINUTES),
        )  # fmt: skip
        PortalLink.objects.filter(asked_at__lt=who.now - _KEPT).delete()
        entity = _entity_of(people)
        if people:
            language = people[0].language or people[0].customer.language or language
        # Filled for nobody too, so that an unknown address takes as long.
        words = _words(who, people[0] if people else None, entity, place(token), language)
        if people:
            # The diary holds what happened to somebody; what strangers type is only counted.
            with doing(replace(who, name=people[0].name), "sign_in_to_portal") as act:
                _write(act, row, people[0], entity, words)
                act.tell(about=f"portal_link:{row.pk}", after={"contacts": [each.pk for each in people]})


def _not_too_often(who: Who, address: str, client: str) -> None:
    near = PortalLink.objects.filter(asked_at__gt=who.now - WINDOW)
    if (
        near.filter(address_hash=_hash(address)).count() >= ASKS_OF_ADDRESS
        or near.filter(client_hash=_hash(client)).count() >= ASKS_OF_CLIENT
    ):
        raise Refused("portal_asked_too_often", minutes=int(WINDOW.total_seconds() // 60))


def _write(act: Act, row: PortalLink, person: Contact, entity: Entity | None, words: _Words) -> None:
    """The message. Of no customer: the person asked for it, for all accounts there may be, and what a customer forbids does not touch
    it."""
    made = words.made
    draft = Draft(
        None, TEMPLATE, subject=made.subject, text=made.text, html=made.html, language=words.language, template_id=words.version_id,
        to=[{"name": person.name, "address": row.address, "point": None}], entity_id=entity.pk if entity else None,
        once=f"{TEMPLATE}:{row.pk}", facts={"link": row.pk},
    )  # fmt: skip
    make_message(act, draft)


def _entity_of(people: list[Contact]) -> Entity | None:
    """Whose name the mail carries: that of the newest document, else of the first entity."""
    newest = (
        Item.objects.filter(customer__in=[each.customer_id for each in people])
        .order_by("-pk")
        .select_related("entity")
        .first()
    )
    return newest.entity if newest is not None else Entity.objects.order_by("pk").first()


def _words(who: Who, person: Contact | None, entity: Entity | None, url: str, language: str) -> _Words:
    """By the template in force, else by the one that ships."""
    sender = sender_for(entity.pk if entity else None, TEMPLATE)
    ours = entity.name if entity else sender.name
    signs = sender.name or ours
    signature = "\n".join(
        line for line in (signs, ours if ours != signs else "", entity.phone if entity else "") if line
    )
    values = {
        "contact.name": person.name if person else "A. Nobody", "entity.name": ours or "Dunlin", "signature": signature or "Dunlin",
        "sender.name": signs or "Dunlin", "today": who.today, "portal_link.url": url, "portal_link.minutes": LINK_MINUTES,
    }  # fmt: skip
    wording = Wordings.read([TEMPLATE]).get(TEMPLATE, language)
    if wording is not None:
        return _Words(wording.render(values), wording.version_id, wording.language)
    shipped = {lang: source for (key, lang), source in shipped_templates().items() if key == TEMPLATE}
    chosen = choose_language(language, shipped)
    source = shipped[chosen]
    return _Words(render(source.kind, source.subject, source.body, values, chosen), None, chosen)


def link_again(who: Who, message: Message, policy: Policy) -> Content | Stop:
    """Just before it goes: a link that is too old by now, or whose person left, is not sent."""
    row = PortalLink.objects.filter(pk=message.facts.get("link") or 0).first()
    if (
        row is None
        or row.used_at is not None
        or row.expires_at <= who.now
        or not people_with(row.address)
        or not policy.portal_open
    ):
        return Stop("portal_link_late", {})
    return Content(message.subject, message.text, message.html)


def without_secret(text: str) -> str:
    """The words of such a message as they are kept and shown: the secret is gone."""
    return _SECRET.sub(r"\1…", text)


def forget_secret(act: Act, message: Message) -> None:
    """Once it went nobody needs to read the link here."""
    message.text, message.html = without_secret(message.text), without_secret(message.html)
    Message.objects.filter(pk=message.pk).update(text=message.text, html=message.html)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


AGAIN[TEMPLATE] = link_again
AFTER[TEMPLATE] = forget_secret
