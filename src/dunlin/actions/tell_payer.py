"""Tell the person who began a bank debit in the portal that it did not come: an e-mail in their language, once (E8).

It asks for nothing new and uses up no level; the customer's wishes and the hours of e-mail hold for it as for any other. What was paid
meanwhile is not written about any more.
"""

from __future__ import annotations

from typing import NamedTuple

from dunlin.actions.doing import Act, Who
from dunlin.actions.message_content import AGAIN, Content, Stop
from dunlin.actions.messages import Draft, make_message
from dunlin.actions.writing_gate import gate
from dunlin.formats.template_files import choose_language, shipped_templates
from dunlin.formats.templates import Rendered, render
from dunlin.records.clock import day_of
from dunlin.records.models import ContactPoint, Item, Message, OnlinePayment
from dunlin.records.online_payments import WITH_MONEY
from dunlin.reports.recipients import recipients
from dunlin.reports.senders import sender_for
from dunlin.reports.wording import Wordings, items_values, values_for
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.reasons import reason

PURPOSE = "payment"
TEMPLATE = "debit_failed"


class _Payer(NamedTuple):
    """Who is written to, and in which language."""

    contact_id: int | None
    name: str
    language: str
    to: list[dict[str, object]]


def tell_payer(act: Act, row: OnlinePayment, policy: Policy) -> str:
    """Write the mail that a bank debit failed, inside the act that found out. Answers a sentence for the collector: who was told, or
    why nobody was. Never refused: that a debit failed is recorded whether or not somebody can be told."""
    payer = _payer(row)
    if payer is None:
        return "Nobody there could be told by e-mail: no address works."
    draft = Message(
        customer_id=row.customer_id, channel="email", purpose=PURPOSE, contact_id=payer.contact_id
    )
    verdict = gate(draft, act.who.now, policy)
    if not verdict.allowed and verdict.next_at is None:
        return f"They were not told by e-mail: {reason(verdict.code, verdict.facts)}."
    try:
        made, version_id, language = _words(act.who, row, payer, policy)
        make_message(act, Draft(
            row.customer_id, PURPOSE, subject=made.subject, text=made.text, html=made.html, to=payer.to, contact_id=payer.contact_id,
            entity_id=row.entity_id, language=language, template_id=version_id, once=f"{TEMPLATE}:{row.pk}", facts={"online": row.pk},
        ))  # fmt: skip
    except Refused as refused:  # a template somebody changed, or an address that is none
        return f"They could not be told by e-mail: {refused}"
    return f"{payer.name or 'They'} will read so in an e-mail."


def payment_again(who: Who, message: Message, policy: Policy) -> Content | Stop:
    """Just before it goes: whether the documents are still to be paid, and no other payment of them came or is coming."""
    row = OnlinePayment.objects.filter(pk=message.facts.get("online") or 0).first()
    if row is None:
        return Stop("nothing_left_to_ask", {})
    items = list(row.choice.items.values_list("item", flat=True))
    open_still = Item.objects.filter(pk__in=items, open__gt=0).exists()
    coming = OnlinePayment.objects.filter(choice__items__item__in=items, pk__gt=row.pk, state__in=WITH_MONEY)
    if not open_still or coming.exists():
        return Stop("nothing_left_to_ask", {})
    return Content(message.subject, message.text, message.html)


def _payer(row: OnlinePayment) -> _Payer | None:
    """The contact who chose it, at an address that works; else who is written to for the account; None: nobody can be."""
    contact, customer = row.contact, row.customer
    if contact is not None and contact.active:
        point = ContactPoint.objects.filter(contact=contact, kind="email", state="ok").order_by("position", "pk").first()  # fmt: skip
        if point is not None:
            to = [{"name": contact.name, "address": point.value, "point": point.pk}]
            return _Payer(contact.pk, contact.name, contact.language or customer.language or "en", to)
    other = recipients([customer.pk])[customer.pk]
    return _Payer(other.contact_id, other.contact_name, other.language, list(other.to)) if other.to else None


def _words(who: Who, row: OnlinePayment, payer: _Payer, policy: Policy) -> tuple[Rendered, int | None, str]:
    """By the template in force, else by the one that ships; its version and its language."""
    items = Item.objects.filter(pk__in=row.choice.items.values("item"), open__gt=0)
    values = values_for(
        recipients([row.customer_id])[row.customer_id], row.entity, sender_for(row.entity_id, PURPOSE), who.today,
        {
            **items_values(items, who.today), "contact.name": payer.name or None,
            "payment.amount": Money(row.amount + row.fee, row.currency),
            "payment.date": day_of(row.started_at, policy.ledger_time_zone),
        },
    )  # fmt: skip
    wording = Wordings.read([TEMPLATE]).get(TEMPLATE, payer.language)
    if wording is not None:
        return wording.render(values), wording.version_id, wording.language
    shipped = {language: source for (key, language), source in shipped_templates().items() if key == TEMPLATE}
    chosen = choose_language(payer.language, shipped)
    source = shipped[chosen]
    return render(source.kind, source.subject, source.body, values, chosen), None, chosen


AGAIN[PURPOSE] = payment_again
