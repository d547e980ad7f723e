"""What each proposal of a mail does when it is confirmed: one small function an action, all inside the act that confirms it (B5).

A plan, a waiver and a refund are never decided here: the wish goes to the AR manager at once (P8, P11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dunlin.actions.add_follow_up import FollowUpAsked, record_follow_up
from dunlin.actions.addresses import mark_bounced
from dunlin.actions.answer_mail import Answer, send_in_thread
from dunlin.actions.ask_department import Question, ar_manager, on_duty, record_question
from dunlin.actions.correct_contact import correct_contact, correct_point
from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Act
from dunlin.actions.handle_conversation import put_aside
from dunlin.actions.keep_remittance import keep_from_mail
from dunlin.actions.log_promise import PromiseAsked, record_promise
from dunlin.actions.open_dispute import open_dispute
from dunlin.records.models import (
    Contact,
    Conversation,
    Customer,
    Department,
    Document,
    Item,
    Mail,
    MailProposal,
    Note,
    User,
)
from dunlin.reports.canned_answers import COPIES, filled, wording_in_force
from dunlin.reports.proposal_facts import ProposalFacts
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money


@dataclass(frozen=True)
class Case:
    """A proposal with all around it. `facts` are those of the mail, `items` the ones it names that are the customer's."""

    proposal: MailProposal
    mail: Mail
    conversation: Conversation | None
    customer: Customer
    contact: Contact | None
    facts: ProposalFacts
    items: tuple[int, ...]

    @property
    def writer(self) -> str:
        return (self.contact.name if self.contact else "") or self.mail.from_name or self.mail.from_address


@dataclass(frozen=True)
class Did:
    """What was done: the record, such as promise:17, and the sentence that says so."""

    did: str
    sentence: str


Changes = Mapping[str, Any]
Do = Callable[[Act, Case, Changes], Did]


def _promise(act: Act, case: Case, changes: Changes) -> Did:
    due_on = changes.get("due_on") or case.facts.promised_on
    if not isinstance(due_on, date):
        raise Refused("proposal_incomplete", what="until when it is promised")
    amount = changes.get("amount", case.facts.promised)
    items = tuple(changes.get("item_ids", _still_open(case)))
    note = str(changes.get("note", case.proposal.quote))
    asked = PromiseAsked(due_on, amount, items, note=note[:300])
    made = record_promise(
        act, case.customer.pk, asked, contact_id=case.contact.pk if case.contact else None, source="e-mail"
    )
    decide_again(act.who, case.customer.pk)
    return Did(
        f"promise:{made.promise_id}", f"{made.promised} promised for {due_on:%a} {due_on.day} {due_on:%b %Y}"
    )


def _dispute(act: Act, case: Case, changes: Changes) -> Did:
    items = tuple(changes.get("item_ids", _still_open(case)))
    if not items:
        raise Refused("proposal_incomplete", what="which document is disputed")
    opened = [
        open_dispute(
            act.who, item, changes.get("amount") if len(items) == 1 else None,
            reason=str(changes.get("reason") or "other"), note=str(changes.get("note", case.proposal.quote)),
            department=str(changes.get("department", "")), raised_by=case.writer, due_on=changes.get("due_on"),
        )
        for item in items
    ]  # fmt: skip
    what = f"{opened[0].amount} is disputed" if len(opened) == 1 else f"{len(opened)} documents are disputed"
    return Did(f"dispute:{opened[0].dispute_id}", what)


def _copies(act: Act, case: Case, changes: Changes) -> Did:
    """Copies of the documents named; a document counts when it is in force and may be sent."""
    chosen: Sequence[int] = changes.get("document_ids") or _documents(case, ("invoice", "credit_memo"))
    if not chosen:
        raise Refused("copies_missing", documents=_named(case))
    return _send(act, case, changes, chosen, "The copies you asked for are attached.")


def _statement(act: Act, case: Case, changes: Changes) -> Did:
    newest = (
        Document.objects.filter(customer=case.customer, kind="statement", withdrawn_at=None)
        .order_by("-pk")
        .first()
    )
    chosen: Sequence[int] = changes.get("document_ids") or ([newest.pk] if newest else [])
    if not chosen:
        raise Refused("copies_missing", documents="the statement")
    return _send(act, case, changes, chosen, "The statement you asked for is attached.")


def _send(act: Act, case: Case, changes: Changes, documents: Sequence[int], otherwise: str) -> Did:
    """Documents in the thread: in words of one's own, else those of the template in force, else one plain sentence."""
    if case.conversation is None:
        raise Refused("nobody_to_write_to")
    text, template_id = str(changes.get("text", "")), None
    wording = None if text.strip() else wording_in_force(COPIES, case.mail.language or case.customer.language)
    if wording is not None:
        names = list(Document.objects.filter(pk__in=documents).values_list("file_name", flat=True))
        text = filled(
            wording, case.customer, today=act.who.today, by=_user(act), contact=case.contact, mail=case.mail,
            item_ids=case.items, documents=names,
        ).text  # fmt: skip
        template_id = wording.version_id
    text = text or f"Hello,\n\n{otherwise}\n\nKind regards"
    answer = Answer(text, document_ids=tuple(documents), template_id=template_id)
    message = send_in_thread(act, case.conversation, answer, "copies")
    count = len(documents)
    return Did(
        f"message:{message.pk}",
        f"{count} {'document goes' if count == 1 else 'documents go'} to {case.writer}",
    )


def _contact(act: Act, case: Case, changes: Changes) -> Did:
    """A person or address of the customer as they say it is now."""
    name, email, phone = (str(changes.get(key, "")).strip() for key in ("name", "email", "phone"))
    if not email and not phone and not name:
        addresses = [each for each in case.facts.contacts if "@" in each]
        email, name = addresses[0] if addresses else "", case.writer
    if not (email or phone):
        raise Refused("proposal_incomplete", what="the new address or number")
    contact_id = changes.get("contact_id")
    if contact_id is None:
        contact_id = correct_contact(
            act.who, case.customer.pk, None, {"name": name or email or phone, "roles": ["ap"]}
        ).contact_id
    for kind, value in (("email", email), ("phone", phone)):
        if value:
            correct_point(act.who, case.customer.pk, contact_id, kind=kind, value=value)
    return Did(f"contact:{contact_id}", f"{email or phone} is kept with {case.customer.name}")


def _away(act: Act, case: Case, changes: Changes) -> Did:
    """They are away: kept as a note, and the conversation waits until they are back."""
    back: date | None = changes.get("until_on") or case.facts.back_on
    until = f" until {back:%a} {back.day} {back:%b %Y}" if back else ""
    text = mask_card_numbers(f"{case.writer} is out of office{until}. {case.proposal.quote}".strip())
    note = Note.objects.create(
        customer=case.customer, text=text[:2_000], at=act.who.now, by_id=act.who.user_id
    )
    act.tell(about=f"note:{note.pk}", customer_id=case.customer.pk, after={"text": text[:300]})
    row = case.conversation
    if row is not None and back is not None and back > act.who.today and row.state in ("open", "snoozed"):
        put_aside(row, back)
        row.save(update_fields=["state", "snoozed_until"])
    return Did(f"note:{note.pk}", f"{case.writer} is noted as out of office{until}")


def _bounced(act: Act, case: Case, changes: Changes) -> Did:
    address = str(changes.get("email") or next((each for each in case.facts.contacts if "@" in each), ""))
    if not address:
        raise Refused("proposal_incomplete", what="which address failed")
    marked = mark_bounced(act, case.customer.pk, address, case.proposal.quote)
    return Did(f"contact_point:{marked[0]}" if marked else "", f"{address} is marked as bounced")


def _plan_to_do(words: str, *, manager: bool) -> Do:
    """A follow-up that says what they ask for: to the AR manager when only management may decide, else to whoever owns it."""

    def do(act: Act, case: Case, changes: Changes) -> Did:
        owner = _manager(act, case) if manager else _owner(act, case)
        what = str(changes.get("what") or "") or words.format(
            who=case.writer, named=_named(case), amount=_amount(case)
        )
        asked = FollowUpAsked(
            what[:300], changes.get("due_on") or act.who.today, changes.get("owner_id") or owner
        )
        added = record_follow_up(act, case.customer.pk, asked)
        person = User.objects.get(pk=added.owner_id)
        return Did(f"follow_up:{added.follow_up_id}", f"Planned for {person.name}: {what[:200]}")

    return do


def _pass_to(key: str, words: str) -> Do:
    """A question to a department, by e-mail; to the AR manager as a follow-up while the department has no address."""

    def do(act: Act, case: Case, changes: Changes) -> Did:
        if not Department.objects.filter(key=key).exclude(address="").exists():
            return _plan_to_do(words, manager=True)(act, case, changes)
        what = words.format(who=case.writer, named=_named(case), amount=_amount(case))
        text = (
            str(changes.get("text") or "")
            or f"{what}\n\nThey write:\n{case.proposal.quote or case.mail.reply[:2_000]}"
        )
        item = case.items[0] if len(case.items) == 1 else None
        asked = record_question(act, case.customer.pk, Question(key, what[:300], text, item))
        return Did(f"request:{asked.request_id}", f"{key.capitalize()} is asked, to answer by {asked.due_on}")

    return do


def _remittance(act: Act, case: Case, changes: Changes) -> Did:
    """The advice read from its files or words, kept for the money; what cannot be read is planned for a person."""
    kept = keep_from_mail(act, case.mail, case.customer)
    if not kept.taken:
        did = _plan_to_do("Apply the payment by the advice of {who}: {named}{amount}", manager=False)(
            act, case, changes
        )
        return Did(did.did, f"The advice was not read: {kept.problem} {did.sentence}")
    return Did(f"remittance:{kept.ids[0]}" if kept.ids else "", kept.sentence)


def _read(act: Act, case: Case, changes: Changes) -> Did:
    return Did("", "Read")


DO: Mapping[str, Do] = {
    "log_promise": _promise,
    "open_dispute": _dispute,
    "send_copies": _copies,
    "send_statement": _statement,
    "keep_remittance": _remittance,
    "look_for_payment": _plan_to_do("Look for the payment {who} says was made: {named}{amount}", manager=False),
    "correct_contact": _contact,
    "mark_out_of_office": _away,
    "mark_address_failed": _bounced,
    "propose_plan": _plan_to_do("{who} asks for a payment plan: {named}{amount}. Nothing was offered; decide", manager=True),
    "decide_fee_waiver": _plan_to_do("{who} asks to waive a fee: {named}{amount}. Decide", manager=True),
    "file_certificate": _plan_to_do("File the tax certificate {who} sent", manager=False),
    "send_portal_help": _plan_to_do("Help {who} with the portal", manager=False),
    "decide_refund": _plan_to_do("{who} asks for a refund{amount}. Decide", manager=True),
    "pass_to_sales": _pass_to("sales", "{who} wants to cancel: {named}"),
    "pass_to_legal": _pass_to("legal", "{who} writes of legal steps: {named}"),
    "read": _read,
}  # fmt: skip


def _still_open(case: Case) -> list[int]:
    rows = Item.objects.filter(pk__in=case.items, customer=case.customer, side=1, open__gt=0).order_by(
        "due_on", "pk"
    )
    return list(rows.values_list("pk", flat=True))


def _documents(case: Case, kinds: Sequence[str]) -> list[int]:
    """The newest document of each item named."""
    rows = Document.objects.filter(
        item__in=case.items, customer=case.customer, kind__in=kinds, withdrawn_at=None
    ).order_by("pk")
    newest = {each.item_id: each.pk for each in rows if each.may_be_sent}
    return [newest[item] for item in case.items if item in newest]


def _named(case: Case) -> str:
    numbers = Item.objects.filter(pk__in=case.items).order_by("due_on", "pk").values_list("number", flat=True)
    found = [each for each in numbers if each] or list(case.facts.invoice_numbers)
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return ", ".join(found[:5]) + more if found else "no document named"


def _amount(case: Case) -> str:
    amounts: Sequence[Money] = case.facts.amounts[:1]
    return f", {amounts[0]}" if amounts else ""


def _user(act: Act) -> User | None:
    return User.objects.filter(pk=act.who.user_id).first() if act.who.user_id else None


def _owner(act: Act, case: Case) -> int | None:
    """Whoever owns the conversation, else the collector, else an AR manager; whoever covers for them today."""
    person = (
        (case.conversation.owner if case.conversation else None)
        or case.customer.collector
        or ar_manager(case.customer)
    )
    return on_duty(person, act.who.today).pk if person is not None else act.who.user_id


def _manager(act: Act, case: Case) -> int | None:
    person = ar_manager(case.customer)
    return on_duty(person, act.who.today).pk if person is not None else _owner(act, case)
