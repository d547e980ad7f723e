"""What a mail asks for, as a form with what was read filled in: one look, one key, done (B5, D10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from dunlin.actions.confirm_proposal import confirm_proposal, dismiss_proposal
from dunlin.desk import access
from dunlin.desk.acts import Unclear, address, allow, day_in, money_in, numbers_in
from dunlin.desk.answering import documents_of_items, sendable
from dunlin.desk.answers import done
from dunlin.desk.disputes import DEPARTMENTS, REASONS
from dunlin.desk.doors import Standing
from dunlin.desk.follow_ups import workers
from dunlin.desk.office import office_act
from dunlin.desk.promises import BESIDE as PROMISE_BESIDE
from dunlin.desk.promises import promise_in
from dunlin.records.models import Contact, Customer, Item, MailProposal
from dunlin.reports.call_guide import owed_now
from dunlin.reports.conversation import contact_of
from dunlin.reports.inbox import items_named
from dunlin.reports.proposal_facts import ProposalFacts, proposal_facts
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.plain_words import in_words

# Action → the words of its button; those with dots open a form, the rest are done at once.
ACTION_WORDS = {
    "log_promise": "Log promise…", "open_dispute": "Open dispute…", "send_copies": "Send copies…",
    "send_statement": "Send statement…", "keep_remittance": "Keep the advice", "look_for_payment": "Plan: look for the payment",
    "correct_contact": "Keep contact…", "mark_out_of_office": "Note: out of office…", "mark_address_failed": "Mark address failed",
    "propose_plan": "Pass to the AR manager", "decide_fee_waiver": "Pass to the AR manager",
    "file_certificate": "Plan: file the certificate", "send_portal_help": "Plan: help with the portal",
    "decide_refund": "Pass to the AR manager", "pass_to_sales": "Ask sales…", "pass_to_legal": "Pass to legal…", "read": "Read",
}  # fmt: skip
# Action → the form that shows what was read before it is done.
FORMS = {
    "log_promise": "promise", "open_dispute": "dispute", "send_copies": "copies", "send_statement": "copies",
    "correct_contact": "contact", "mark_out_of_office": "away", "pass_to_sales": "pass_on", "pass_to_legal": "pass_on",
}  # fmt: skip
_BESIDE = {
    **PROMISE_BESIDE, "dispute_exceeds_open": "amount", "reason_missing": "reason", "copies_missing": "document",
    "document_not_approved": "document", "not_blank": "name",
}  # fmt: skip
_TITLES = {
    "promise": "Log the promise", "dispute": "Open a dispute", "copies": "Send copies", "contact": "Keep the contact",
    "away": "Out of office", "pass_on": "Pass it on",
}  # fmt: skip


def facts_in_words(facts: ProposalFacts, today: date) -> str:
    """What was read, in one line: amount, day, documents."""
    parts = [
        str(each) for each in ([facts.promised] if facts.promised is not None else list(facts.amounts[:2]))
    ]
    days = [facts.promised_on] if facts.promised_on else [facts.back_on] if facts.back_on else []
    parts += [in_words(each, today) for each in days if each]
    parts += list(facts.invoice_numbers[:3])
    if len(facts.invoice_numbers) > 3:
        parts.append(f"{len(facts.invoice_numbers) - 3} more")
    return " · ".join(parts)


def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at what was read and do it; what needs no look is done by the button at once."""
    allow(request, "confirm_proposal")
    row = access.proposal_for(request, pk)
    conversation = row.mail.conversation
    to = (
        address("conversation", conversation.pk)
        if conversation
        else address("account", row.mail.customer_id or 0)
    )
    form = FORMS.get(row.action, "")
    if not form:
        if request.method != "POST":
            return done(request, "That is done with its button.", to)
        sentence = confirm_proposal(request.door.who, pk).sentence  # type: ignore[attr-defined]
        return done(request, f"{sentence}.", to)
    customer = (conversation.customer if conversation else None) or row.mail.customer
    if customer is None:
        raise Refused("conversation_without_customer")

    def do(typed: Mapping[str, str]) -> str:
        changes = _changes(request, row, customer, form, typed)
        return f"{confirm_proposal(request.door.who, pk, changes, key=typed.get('key') or None).sentence}."  # type: ignore[attr-defined]

    return office_act(
        request, "confirm_proposal", "inbox/confirm.html", to, do, beside=_BESIDE,
        typed=_before(request, row, customer, form) if request.method == "GET" else None,
        facts=lambda typed: _around(request, row, customer, form, to),
    )  # fmt: skip


@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """It says something else, or nothing is to be done about it."""
    allow(request, "confirm_proposal")
    row = access.proposal_for(request, pk)
    dismiss_proposal(request.door.who, pk)  # type: ignore[attr-defined]
    to = (
        reverse("conversation", args=[row.mail.conversation_id])
        if row.mail.conversation_id
        else reverse("inbox")
    )
    return done(request, "Put away.", to)


def _items(row: MailProposal, customer: Customer) -> list[Item]:
    """The open items the mail names, else none: then the action's own rule says which."""
    facts = proposal_facts(row.facts)
    ids = facts.items or (items_named(row.mail.conversation_id) if row.mail.conversation_id else ())
    return list(
        Item.objects.filter(pk__in=ids, customer=customer, side=1, open__gt=0).order_by("due_on", "pk")
    )


def _before(request: HttpRequest, row: MailProposal, customer: Customer, form: str) -> dict[str, str]:
    """What the form holds before anything was typed: what was read from the mail."""
    door: Standing = request.door  # type: ignore[attr-defined]
    facts = proposal_facts(row.facts)
    amount = facts.promised if facts.promised is not None else next(iter(facts.amounts), None)
    if form == "promise":
        words = [_plain(facts.promised)] if facts.promised is not None else []
        words += [facts.promised_on.isoformat()] if facts.promised_on else []
        return {"promise": " ".join(words), "promise_note": row.quote[:300]}
    if form == "dispute":
        return {
            "note": row.quote,
            "amount": _plain(amount) if amount is not None and len(_items(row, customer)) == 1 else "",
            "reason": "",
        }
    if form == "contact":
        mails = [each for each in facts.contacts if "@" in each]
        phones = [each for each in facts.contacts if "@" not in each and any(map(str.isdigit, each))]
        contact = contact_of(customer.pk, row.mail.from_address)
        return {
            "email": mails[0] if mails else "", "phone": phones[0] if phones else "", "name": "" if contact else row.mail.from_name,
            "contact": str(contact.pk) if contact else "",
        }  # fmt: skip
    if form == "away":
        return {"until": facts.back_on.isoformat() if facts.back_on and facts.back_on > door.today else ""}
    return {}


def _plain(amount: Money) -> str:
    """An amount as the line of a promise takes it: 4000 or 18200.50, with its currency."""
    text = f"{amount.decimal:f}"
    if "." in text and set(text.partition(".")[2]) == {"0"}:
        text = text.partition(".")[0]
    return f"{text} {amount.currency}"


def _around(
    request: HttpRequest, row: MailProposal, customer: Customer, form: str, back: str
) -> dict[str, Any]:
    door: Standing = request.door  # type: ignore[attr-defined]
    items = _items(row, customer)
    others: Sequence[Item] = ()
    if form == "dispute" and not items:
        others = list(
            Item.objects.filter(customer=customer, side=1, open__gt=0).order_by("due_on", "pk")[:100]
        )
    ids = [each.pk for each in items]
    return {
        "row": row, "customer": customer, "form": form, "title": _TITLES[form], "back": back, "items": items or list(others),
        "chosen": set(numbers_in(request, "item")) or set(ids),
        "documents": sendable(customer.pk, ids) if form == "copies" else [],
        "picked": set(numbers_in(request, "document")) or set(_documents(row, customer, ids) if form == "copies" else ()),
        "contacts": [(each.pk, each.name) for each in Contact.objects.filter(customer=customer, active=True)] if form == "contact" else [],
        "reasons": REASONS, "departments": DEPARTMENTS, "owed": owed_now(customer.pk, door.today, customer.currency),
        "people": workers() if form == "pass_on" else [],
    }  # fmt: skip


def _documents(row: MailProposal, customer: Customer, ids: Sequence[int]) -> list[int]:
    if row.action == "send_statement":
        newest = [each.pk for each in sendable(customer.pk) if each.kind == "statement"]
        return newest[:1]
    named = proposal_facts(row.facts).items or (
        items_named(row.mail.conversation_id) if row.mail.conversation_id else ()
    )
    return documents_of_items(customer.pk, [*ids, *(each for each in named if each not in ids)])


def _changes(
    request: HttpRequest, row: MailProposal, customer: Customer, form: str, typed: Mapping[str, str]
) -> dict[str, Any]:
    """What the person typed, as `confirm_proposal` takes it. Unclear says what to mend."""
    door: Standing = request.door  # type: ignore[attr-defined]
    items = numbers_in(request, "item")
    if form == "promise":
        asked = promise_in(typed, door.today, owed_now(customer.pk, door.today, customer.currency), items)
        if asked is None:
            raise Unclear(
                "promise", "What is promised? Write a day, and perhaps an amount before it: 4000 fri."
            )
        return {
            "due_on": asked.due_on,
            "amount": asked.amount,
            "item_ids": items,
            "note": typed.get("promise_note", ""),
        }
    if form == "dispute":
        if not items:
            raise Unclear("item", "Choose the document that is disputed.")
        chosen = Item.objects.filter(pk__in=items, customer=customer)
        currency = chosen[0].currency if chosen else customer.currency
        if typed.get("amount") and len(items) > 1:
            raise Unclear("amount", "An amount is for one document; leave it empty to dispute all of each.")
        if not typed.get("reason"):
            raise Unclear("reason", "Say why it is disputed.")
        return {
            "item_ids": items, "amount": money_in(typed, "amount", currency), "reason": typed["reason"],
            "note": typed.get("note", ""), "department": typed.get("department", ""), "due_on": day_in(typed, "due", door.today),
        }  # fmt: skip
    if form == "copies":
        documents = numbers_in(request, "document")
        if not documents:
            raise Unclear("document", "Choose what goes along, or put the document into the store first.")
        return {"document_ids": documents, "text": request.POST.get("text", "")}
    if form == "contact":
        contact = typed.get("contact", "")
        if not (typed.get("email") or typed.get("phone")):
            raise Unclear("email", "Write an e-mail address or a number.")
        return {
            "contact_id": int(contact) if contact.isdigit() else None, "name": typed.get("name", ""),
            "email": typed.get("email", ""), "phone": typed.get("phone", ""),
        }  # fmt: skip
    if form == "away":
        return {"until_on": day_in(typed, "until", door.today)}
    return {"text": typed.get("text", "")}
