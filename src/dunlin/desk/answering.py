"""The composer: an answer in a conversation, a new message to an account; canned words, documents in two clicks (B5, C6, A5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dunlin.actions.answer_mail import Answer
from dunlin.actions.write_message import Letter, UploadedFile, write_message
from dunlin.desk import access
from dunlin.desk.acts import Unclear, act, needed, numbers_in
from dunlin.desk.answers import show
from dunlin.desk.doors import Standing
from dunlin.desk.office import seeing
from dunlin.formats.answering import answer_subject
from dunlin.formats.mail_headers import read_addresses
from dunlin.records.models import Conversation, Customer, Document, Item, User
from dunlin.reports.canned_answers import canned_answers, filled, wording_in_force
from dunlin.reports.conversation import ConversationShown, MailShown, contact_of, newest_mail
from dunlin.reports.inbox import items_named
from dunlin.rules.codes import Refused

UPLOAD_BYTES_MAX = 20 << 20
_DOCUMENTS = 60
BESIDE = {
    "message_without_words": "answer", "nobody_to_write_to": "to", "address_not_usable": "to", "too_many_people": "to",
    "file_refused": "file", "files_too_many": "file", "files_too_large": "file", "document_not_approved": "document",
    "document_withdrawn": "document",
}  # fmt: skip


def composer_facts(
    request: HttpRequest,
    row: Conversation,
    it: ConversationShown,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> dict[str, Any]:
    """What the composer of a conversation holds."""
    door: Standing = request.door  # type: ignore[attr-defined]
    mails = [each for each in it.entries if isinstance(each, MailShown)]
    last = mails[-1] if mails else None
    to = _person(last.from_name, last.from_address) if last else ""
    return {
        "may_answer": door.may("answer_mail") and row.kind == "mail" and row.merged_into is None,
        "addressee": to, "subject": answer_subject(last.subject if last else row.subject), "typed": typed, "errors": errors,
        "canned": canned_answers(), "documents": sendable(row.customer_id, items_named(row.pk)) if row.customer_id else [],
        "chosen": set(numbers_in(request, "document")), "passed": set(numbers_in(request, "pass_on")), "key": uuid4().hex,
    }  # fmt: skip


def sendable(customer_id: int, first: Sequence[int] = ()) -> list[Document]:
    """Documents that may be sent, those of the items named first, then the newest. One query."""
    found = (
        Document.objects.filter(customer=customer_id, withdrawn_at=None)
        .select_related("item", "file")
        .order_by("-pk")
    )
    rows = [each for each in found[: _DOCUMENTS * 4] if each.may_be_sent and not each.file.refused]
    wanted = set(first)
    return sorted(rows, key=lambda each: each.item_id not in wanted)[:_DOCUMENTS]


def answer_in(request: HttpRequest, typed: Mapping[str, str]) -> Answer:
    """What was composed. Unclear names the field to mend."""
    text = request.POST.get("answer", "")
    if not text.strip():
        raise Unclear("answer", "Write an answer, or choose one that is kept ready.")
    return Answer(
        text, typed.get("subject", ""), people_in(typed, "to", required=True), people_in(typed, "cc"),
        numbers_in(request, "document"), uploads_in(request), numbers_in(request, "pass_on"),
        quote=typed.get("quote") == "1", then="closed" if "close" in request.POST else "answered",
    )  # fmt: skip


def people_in(
    typed: Mapping[str, str], field: str, *, required: bool = False
) -> tuple[Mapping[str, Any], ...]:
    """Who stands in a To or Cc line. Unclear when something in it is no address."""
    text = typed.get(field, "").strip()
    found = read_addresses(text)
    if (text and not found) or (required and not found):
        raise Unclear(field, "Write an e-mail address, or several with commas between.")
    return tuple({"name": each.name, "address": each.address, "point": None} for each in found)


def uploads_in(request: HttpRequest) -> tuple[UploadedFile, ...]:
    """The files chosen. Unclear when one is too large to go by mail."""
    found = []
    for sent in request.FILES.getlist("file"):
        if (sent.size or 0) > UPLOAD_BYTES_MAX:
            raise Unclear(
                "file",
                f"{sent.name} has {(sent.size or 0) >> 20} MB; {UPLOAD_BYTES_MAX >> 20} MB is the most a message carries.",
            )
        found.append(UploadedFile(sent.name or "file", sent.content_type or "", sent.read()))
    return tuple(found)


@require_safe
def canned(request: HttpRequest, pk: int) -> HttpResponse:
    """The words of a canned answer, filled for this conversation, put before what was typed."""
    seeing(request, "see_inbox")
    row = access.conversation_for(request, pk)
    mail = newest_mail(row.pk)
    return _filled(request, row.customer, "answer", items_named(row.pk), mail)


@require_safe
def template_words(request: HttpRequest, pk: int) -> HttpResponse:
    """The words of a template, filled for an account."""
    customer = access.customer_for(request, pk)
    return _filled(request, customer, "text", numbers_in(request, "item"), None)


def _filled(
    request: HttpRequest, customer: Customer | None, field: str, items: Sequence[int], mail: Any
) -> HttpResponse:
    door: Standing = request.door  # type: ignore[attr-defined]
    typed = request.GET.get(field, "")
    text, problem, subject = typed, "", request.GET.get("subject", "")
    language = (mail.language if mail else "") or (customer.language if customer else "en")
    wording = wording_in_force(request.GET.get("canned", ""), language)
    if wording is not None and customer is None:
        problem = "Say first whose this is; a kept answer is filled with the account’s values."
    elif wording is not None and customer is not None:
        contact = contact_of(customer.pk, mail.from_address) if mail else None
        names = list(
            Document.objects.filter(pk__in=numbers_in(request, "document"), customer=customer).values_list(
                "file_name", flat=True
            )
        )
        try:
            made = filled(
                wording, customer, today=door.today, by=User.objects.filter(pk=door.who.user_id or 0).first(), contact=contact,
                mail=mail, item_ids=items, documents=names,
            )  # fmt: skip
        except Refused as refused:
            problem = str(refused)
        else:
            text = f"{made.text.strip()}\n\n{typed}".strip() if typed.strip() else made.text.strip()
            subject = made.subject if mail is None else subject
    facts = {
        "field": field,
        "text": text,
        "problem": problem,
        "subject": subject,
        "with_subject": mail is None and field == "text",
    }
    return show(request, "inbox/words.html", facts)


def write(request: HttpRequest, pk: int) -> HttpResponse:
    """A new message to an account: to whom, in which words, with which documents."""
    customer = access.customer_for(request, pk)
    items = list(
        Item.objects.filter(customer=pk, pk__in=numbers_in(request, "item"), side=1).order_by("due_on", "pk")
    )

    def do(typed: Mapping[str, str]) -> str:
        door: Standing = request.door  # type: ignore[attr-defined]
        documents = numbers_in(request, "document")
        letter = Letter(
            needed(typed, "subject", "Write a subject."), request.POST.get("text", ""), people_in(typed, "to", required=True),
            people_in(typed, "cc"), documents, uploads_in(request), tuple(item.pk for item in items),
            purpose="copies" if typed.get("copies") else "written",
        )  # fmt: skip
        write_message(door.who, pk, letter, key=typed.get("key") or None)
        return f"Your message to {customer.name} is on its way."

    people = [
        (_person(contact.name, point.value), f"{contact.name} · {point.value}")
        for contact in customer.contacts.filter(active=True, cease_contact=False).prefetch_related("points")
        for point in contact.points.all()
        if point.kind == "email" and point.state == "ok"
    ]
    facts = {
        "people": people, "canned": canned_answers(to_write=True), "documents": sendable(pk, [item.pk for item in items]),
        "chosen": set(numbers_in(request, "document")), "items": items, "key": uuid4().hex,
        "copies": request.GET.get("copies") or request.POST.get("copies"),
    }  # fmt: skip
    beside = {**BESIDE, "message_without_words": "text"}
    return act(request, customer, "send_message", "write_message", do, beside=beside, facts=facts)


def _person(name: str, at: str) -> str:
    """One person as a To line has them; a name with signs in it in quotes."""
    plain = " ".join(name.replace('"', "'").split())
    return f'"{plain}" <{at}>' if plain and at else at


def documents_of_items(customer_id: int, items: Sequence[int]) -> list[int]:
    """Documents of the items that may be sent, newest of each."""
    found = Document.objects.filter(Q(item__in=items), customer=customer_id, withdrawn_at=None).order_by("pk")
    newest = {each.item_id: each.pk for each in found if each.may_be_sent}
    return [newest[item] for item in items if item in newest]
