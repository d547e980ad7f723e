"""One conversation as it is read: what came, what was answered, what colleagues noted, what is proposed, and the account beside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Q, Sum, When

from dunlin.records.models import (
    Contact,
    Conversation,
    ConversationItem,
    ConversationNote,
    Item,
    Mail,
    MailFile,
    MailProposal,
    Message,
    Promise,
    Request,
)
from dunlin.reports.account_promises import promised_minor
from dunlin.reports.answer_clock import Look, desk_clock
from dunlin.reports.proposal_facts import ProposalFacts, proposal_facts
from dunlin.rules.codes import PROBLEMS
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

SHOWN_CHARS = 20_000  # of one mail; the rest stands in the file as it came
_MAILS = 200


@dataclass(frozen=True, slots=True)
class FileShown:
    """A file that came or went; `refused` says in words why it is not opened, empty when it may be."""

    id: int
    name: str
    type: str
    bytes: int
    refused: str


@dataclass(frozen=True, slots=True)
class ProposalShown:
    """What a mail seems to say. `facts` as read; `by` and `done_at` of what was decided about it."""

    id: int
    intent: str
    action: str
    confidence: int
    quote: str
    facts: ProposalFacts
    state: str
    did: str
    done_at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class MailShown:
    """A mail that came. `words` are the sender's new words in pieces, (text, whether a proposal quotes it)."""

    id: int
    at: datetime
    from_name: str
    from_address: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    kind: str
    words: tuple[tuple[str, bool], ...]
    cut: bool
    quoted: str
    signature: str
    has_html: bool
    problems: tuple[str, ...]
    files: tuple[FileShown, ...]
    proposals: tuple[ProposalShown, ...]
    matched: str


@dataclass(frozen=True, slots=True)
class MessageShown:
    """A message of ours in the thread, with its state in one word."""

    id: int
    at: datetime
    by: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    text: str
    state: str
    purpose: str
    files: tuple[FileShown, ...]


@dataclass(frozen=True, slots=True)
class NoteShown:
    """A remark among colleagues."""

    id: int
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class ItemShown:
    """An item the conversation names."""

    id: int
    number: str
    due_on: date
    open: Money
    disputed: Money
    days_past_due: int


@dataclass(frozen=True, slots=True)
class RequestShown:
    """A question to a department about this customer; open ones first."""

    id: int
    department: str
    what: str
    owner: str
    asked_at: datetime
    due_on: date
    state: str
    escalated: bool
    answer: str
    answer_conversation: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Beside:
    """The account in short: open and past due by currency, the last promise, the items named, the requests."""

    open: tuple[Money, ...]
    past_due: tuple[Money, ...]
    items: tuple[ItemShown, ...]
    promise: str
    promise_on: date | None
    promise_amount: Money | None
    requests: tuple[RequestShown, ...]


@dataclass(frozen=True, slots=True)
class ConversationShown:
    """All of it. `entries` in the order in which they came; `beside` is None in triage; `look` None when nothing is owed."""

    row: Conversation
    look: Look | None
    entries: tuple[MailShown | MessageShown | NoteShown, ...]
    beside: Beside | None
    merged: tuple[tuple[int, str], ...]
    more: bool


def conversation_shown(row: Conversation, today: date, now: datetime, policy: Policy) -> ConversationShown:
    """The conversation of `row` (with its customer, owner and mailbox read). A fixed number of queries, at most sixteen."""
    ids = [row.pk, *Conversation.objects.filter(merged_into=row.pk).values_list("pk", flat=True)]
    mails = list(
        Mail.objects.filter(conversation__in=ids).defer("text", "html", "raw").order_by("-received_at", "-pk")[: _MAILS + 1]
    )  # fmt: skip
    look = None
    if row.state in ("open", "snoozed") and row.clock_from is not None and row.due_at is not None:
        look = desk_clock(policy).look(row.clock_from, row.due_at, now)
    entries: list[MailShown | MessageShown | NoteShown] = [
        *_mails(mails[:_MAILS]),
        *_messages(ids),
        *_notes(ids),
    ]
    return ConversationShown(
        row, look, tuple(sorted(entries, key=lambda each: (each.at, each.id))),
        _beside(row, ids, today) if row.customer_id else None,
        tuple((pk, subject) for pk, subject in Conversation.objects.filter(merged_into=row.pk).values_list("pk", "subject")),
        len(mails) > _MAILS,
    )  # fmt: skip


def newest_mail(conversation_id: int) -> Mail | None:
    """The last mail that came into it, or into one merged into it. One query."""
    found = Mail.objects.filter(
        Q(conversation=conversation_id) | Q(conversation__merged_into=conversation_id)
    )
    return found.order_by("-received_at", "-pk").first()


def _mails(mails: Sequence[Mail]) -> Iterable[MailShown]:
    ids = [each.pk for each in mails]
    with_html = set(Mail.objects.filter(pk__in=ids).exclude(html="").values_list("pk", flat=True))
    # Mails without a reply part show all their text.
    whole = dict(
        Mail.objects.filter(pk__in=[each.pk for each in mails if not each.reply]).values_list("pk", "text")
    )
    files = _by(
        (each.mail_id, _file(each.pk, each.name, each.file))
        for each in MailFile.objects.filter(mail__in=ids).select_related("file")
    )
    proposals = _by((each.mail_id, _proposal(each)) for each in _proposals(ids))
    for each in mails:
        text = each.reply or (whole.get(each.pk, "") if not each.quoted else "")
        found = tuple(proposals.get(each.pk, ()))
        yield MailShown(
            each.pk, each.received_at, each.from_name, each.from_address, _people(each.to), _people(each.cc), each.subject,
            each.kind, pieces(text[:SHOWN_CHARS].strip("\n"), [one.quote for one in found if one.state == "proposed"]),
            len(text) > SHOWN_CHARS, each.quoted[:SHOWN_CHARS], each.signature[:SHOWN_CHARS], each.pk in with_html,
            tuple(PROBLEMS[code] for code in each.problems if code in PROBLEMS and "{" not in PROBLEMS[code]),
            tuple(files.get(each.pk, ())), found, each.matched_why,
        )  # fmt: skip


def pieces(text: str, quotes: Iterable[str]) -> tuple[tuple[str, bool], ...]:
    """The text cut where a quote begins and ends: (piece, whether it is quoted). Blanks in a quote fit any blanks in the text."""
    marks = [False] * len(text)
    squeezed, places = _squeezed(text)
    for quote in quotes:
        wanted = " ".join(quote.split())
        start = squeezed.find(wanted) if wanted else -1
        if start >= 0:
            first, last = places[start], places[start + len(wanted) - 1]
            marks[first : last + 1] = [True] * (last + 1 - first)
    found: list[tuple[str, bool]] = []
    begin = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or marks[at] != marks[begin]:
            found.append((text[begin:at], marks[begin]))
            begin = at
    return tuple(found)


def _squeezed(text: str) -> tuple[str, list[int]]:
    """The text with single blanks, and where each of its letters stood."""
    letters: list[str] = []
    places: list[int] = []
    for at, letter in enumerate(text):
        if letter.isspace():
            if letters and letters[-1] != " ":
                letters.append(" ")
                places.append(at)
        else:
            letters.append(letter)
            places.append(at)
    return "".join(letters), places


def _proposals(mails: Sequence[int]) -> Iterable[MailProposal]:
    return MailProposal.objects.filter(mail__in=mails).select_related("done_by").order_by("-confidence", "pk")


def _proposal(each: MailProposal) -> ProposalShown:
    return ProposalShown(
        each.pk, each.intent, each.action, round(each.confidence * 100), each.quote, proposal_facts(each.facts),
        each.state, each.did, each.done_at, each.done_by.name if each.done_by else "",
    )  # fmt: skip


def _messages(ids: Sequence[int]) -> Iterable[MessageShown]:
    rows = (
        Message.objects.filter(conversation__in=ids)
        .select_related("created_by")
        .prefetch_related("files__file")
        .order_by("-created_at")[:_MAILS]
    )
    for each in rows:
        yield MessageShown(
            each.pk, each.sent_at or each.created_at, each.created_by.name if each.created_by else "", _people(each.to),
            _people(each.cc), each.subject, each.text[:SHOWN_CHARS], each.state, each.purpose,
            tuple(_file(one.pk, one.name, one.file) for one in each.files.all()),
        )  # fmt: skip


def _notes(ids: Sequence[int]) -> Iterable[NoteShown]:
    rows = ConversationNote.objects.filter(conversation__in=ids).select_related("by").order_by("-pk")[:_MAILS]
    return (NoteShown(each.pk, each.at, each.by.name if each.by else "", each.text) for each in rows)


def _file(pk: int, name: str, stored: Any) -> FileShown:
    refused = PROBLEMS.get(stored.refused, stored.refused) if stored.refused else ""
    return FileShown(
        pk, name, stored.type, stored.bytes, refused if "{" not in refused else "This file is not opened."
    )


def _people(stored: Any) -> tuple[str, ...]:
    """Names and addresses of To or Cc, as people read them."""
    found = []
    for each in stored if isinstance(stored, list) else ():
        if isinstance(each, dict) and each.get("address"):
            name = str(each.get("name") or "")
            found.append(f"{name} <{each['address']}>" if name else str(each["address"]))
        elif isinstance(each, str):
            found.append(each)
    return tuple(found[:50])


def _by(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _beside(row: Conversation, ids: Sequence[int], today: date) -> Beside:
    open_items = Item.objects.filter(customer=row.customer_id, side=1, open__gt=0)
    sums = (
        open_items.order_by("currency")
        .values_list("currency")
        .annotate(Sum("open"), past=Sum("open", filter=Q(due_on__lt=today)))
    )
    read = [(currency, whole or 0, past or 0) for currency, whole, past in sums]
    named = Item.objects.filter(
        pk__in=ConversationItem.objects.filter(conversation__in=ids).values("item")
    ).order_by("due_on", "pk")
    promise = (
        Promise.objects.filter(customer=row.customer_id).annotate(minor=promised_minor())
        .order_by("-made_on", "-pk").values("status", "due_on", "currency", "minor").first()
    )  # fmt: skip
    return Beside(
        tuple(Money(whole, currency) for currency, whole, _ in read),
        tuple(Money(past, currency) for currency, _, past in read if past),
        tuple(
            ItemShown(
                each.pk, each.number, each.due_on, Money(each.open, each.currency), Money(each.disputed, each.currency),
                max(0, (today - each.due_on).days) if each.open else 0,
            )
            for each in named[:100]
        ),
        promise["status"] if promise else "",
        promise["due_on"] if promise else None,
        Money(promise["minor"], promise["currency"]) if promise and promise["minor"] else None,
        requests_of(Q(customer=row.customer_id), limit=10),
    )  # fmt: skip


def requests_of(which: Q, limit: int = 50, start: int = 0) -> tuple[RequestShown, ...]:
    """Questions to departments, those without an answer first, by the day an answer is due. One query."""
    rows = (
        Request.objects.filter(which)
        .select_related("department", "owner", "answer")
        .order_by(Case(When(state="open", then=0), default=1), "due_on", "pk")[start : start + limit]
    )
    return tuple(
        RequestShown(
            each.pk, each.department.name, each.what, each.owner.name, each.asked_at, each.due_on, each.state,
            each.escalated_at is not None, (each.answer.reply or each.answer.text)[:2_000] if each.answer else "",
            each.answer.conversation_id if each.answer else None, each.outcome,
        )
        for each in rows
    )  # fmt: skip


def contact_of(customer_id: int, address: str) -> Contact | None:
    """The active contact of the customer with this address, if there is one. One query."""
    found = Contact.objects.filter(
        customer=customer_id, active=True, points__kind="email", points__value__iexact=address
    )
    return found.order_by("position", "pk").first()
