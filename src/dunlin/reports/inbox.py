"""The queue of what must be answered: who wrote, about what, in whose hands, and by when (B5, P14).

A page of rows ordered by the moment the answer is due; a fixed number of queries, however long the queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Substr

from dunlin.records.models import (
    Absence,
    Conversation,
    ConversationItem,
    Mail,
    Mailbox,
    MailFile,
    MailProposal,
    Message,
)
from dunlin.reports.account_items import full_name
from dunlin.reports.answer_clock import Look, desk_clock
from dunlin.rules.policy import Policy

# What is looked at. Live is open, or put aside until a moment that has come.
VIEWS = ("mine", "unassigned", "all", "triage", "snoozed", "late", "answered")
PAGE_SIZE = 50
_OVER = ("answered", "closed")
_FIRST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the queue is asked for. Empty texts narrow nothing; `words` are looked for in subject, sender and customer."""

    view: str = "mine"
    mailbox: str = ""
    kind: str = ""
    words: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation of the queue. `sender` is the name or address of the last who wrote, or the number to call back.

    `look` is None when nothing is owed. `intents` are of its proposals not decided yet, surest first; `mails` counts what came in.
    """

    id: int
    kind: str
    state: str
    subject: str
    sender: str
    address: str
    customer_id: int | None
    customer_number: str
    customer_name: str
    words: str
    intents: tuple[str, ...]
    owner_id: int | None
    owner: str
    mailbox: str
    due_at: datetime | None
    look: Look | None
    snoozed_until: datetime | None
    last_at: datetime
    has_files: bool
    mails: int
    breached: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of the queue. `counts` are by view, of everything in sight; `total` rows fit what was asked for. `empty_since` is
    when the last one of this view was handled, if none is left."""

    rows: tuple[Row, ...]
    total: int
    page: int
    counts: dict[str, int]
    mailboxes: tuple[tuple[str, str], ...] = ()
    empty_since: datetime | None = None
    late: int = 0
    problems: tuple[tuple[str, str], ...] = field(default=())


def live(now: datetime) -> Q:
    """Conversations that wait for us at `now`."""
    back = Q(state="snoozed", snoozed_until__lte=now)
    return Q(merged_into=None) & (Q(state="open") | back)


def is_late(now: datetime) -> Q:
    """Their clock ran out before an answer."""
    return Q(state__in=("open", "snoozed"), merged_into=None, clock_from__isnull=False, due_at__lte=now)


def mine(user_id: int, today: date) -> Q:
    """Owned by the person, or by somebody they cover for: clocks pass on at once, ownership does not (P33)."""
    away = Absence.objects.filter(backup=user_id, from_on__lte=today, through_on__gte=today)
    return Q(owner=user_id) | Q(owner__in=away.values("user"))


def inbox(asked: Asked, *, scope: Q, user_id: int, today: date, now: datetime, policy: Policy) -> Inbox:
    """The page asked for, of conversations within `scope` (what the reader may see). At most ten queries."""
    seen = Conversation.objects.filter(scope, merged_into=None)
    own = mine(user_id, today)
    narrowed = _narrow(seen, asked)
    found = narrowed.filter(_view(asked.view, own, now))
    counts = _counts(seen, own, now)
    total = (
        counts[asked.view]
        if not (asked.mailbox or asked.kind or asked.words) and asked.view in counts
        else found.count()
    )
    page = max(1, min(asked.page, -(-total // PAGE_SIZE)))
    rows = _rows(found, asked.view, page, now, policy) if total else ()
    return Inbox(
        rows, total, page, counts,
        tuple(Mailbox.objects.order_by("key").values_list("key", "name")),
        None if total else _last_handled(narrowed, own, asked.view),
        counts["late"],
        tuple(Mailbox.objects.filter(active=True).exclude(problem="").values_list("name", "problem")),
    )  # fmt: skip


def _narrow(seen: QuerySet[Conversation], asked: Asked) -> QuerySet[Conversation]:
    if asked.mailbox:
        seen = seen.filter(mailbox__key=asked.mailbox)
    if asked.kind:
        seen = seen.filter(kind=asked.kind)
    if asked.words:
        wrote = Mail.objects.filter(conversation=OuterRef("pk")).filter(
            Q(from_address__icontains=asked.words) | Q(from_name__icontains=asked.words)
        )
        seen = seen.filter(
            Q(subject__icontains=asked.words)
            | Q(customer__name__icontains=asked.words)
            | Q(customer__number__iexact=asked.words)
            | Q(phone__icontains=asked.words)
            | Exists(wrote)
        )
    return seen


def _view(view: str, own: Q, now: datetime) -> Q:
    return {
        "mine": live(now) & own,
        "unassigned": live(now) & Q(owner=None, customer__isnull=False),
        "all": live(now),
        "triage": live(now) & Q(customer=None),
        "snoozed": Q(state="snoozed", snoozed_until__gt=now),
        "late": is_late(now),
        "answered": Q(state__in=_OVER),
    }[view]


def _counts(seen: QuerySet[Conversation], own: Q, now: datetime) -> dict[str, int]:
    """How many there are of each view that waits; one query over those not handled."""
    waiting = seen.filter(state__in=("open", "snoozed")).order_by()
    wanted = {view: Count("pk", filter=_view(view, own, now)) for view in VIEWS if view != "answered"}
    return {view: number or 0 for view, number in waiting.aggregate(**wanted).items()}


def _last_handled(seen: QuerySet[Conversation], own: Q, view: str) -> datetime | None:
    handled = seen.filter(state__in=_OVER).filter(own if view == "mine" else Q())
    return handled.order_by("-last_at").values_list("last_at", flat=True).first()


def _rows(
    found: QuerySet[Conversation], view: str, page: int, now: datetime, policy: Policy
) -> tuple[Row, ...]:
    owed = Case(When(clock_from__isnull=False, then=F("due_at")))
    order = (
        ("-last_at", "-pk")
        if view == "answered"
        else ("snoozed_until", "pk")
        if view == "snoozed"
        else (owed.asc(nulls_last=True), "last_at", "pk")
    )
    start = (page - 1) * PAGE_SIZE
    # The page first: what is said of a row is looked up for the rows shown, not for all that are sorted.
    ids = list(found.order_by(*order).values_list("pk", flat=True)[start : start + PAGE_SIZE])
    newest = Mail.objects.filter(conversation=OuterRef("pk")).order_by("-received_at", "-pk")
    read = (
        Conversation.objects.filter(pk__in=ids).select_related("customer", "owner", "mailbox")
        .annotate(newest=Subquery(newest.values("pk")[:1]))
        .only(
            "kind", "state", "subject", "phone", "due_at", "clock_from", "snoozed_until", "last_at", "breached",
            "customer__number", "customer__name", "owner__first_name", "owner__last_name", "owner__username", "mailbox__key",
        )
    )  # fmt: skip
    page_of = sorted(read, key=lambda each: ids.index(each.pk))
    mails = _newest([each.newest for each in page_of if each.newest])
    intents = _intents(ids)
    counts, with_files = _mails_of(ids)
    clock = desk_clock(policy)
    made = []
    for each in page_of:
        name, address, words = mails.get(each.newest, ("", "", ""))
        look = None
        if each.state not in _OVER and each.clock_from is not None and each.due_at is not None:
            look = clock.look(each.clock_from, each.due_at, now)
        made.append(
            Row(
                each.pk, each.kind, each.state, each.subject, name or address or each.phone, address, each.customer_id,
                each.customer.number if each.customer else "", each.customer.name if each.customer else "",
                " ".join(words.split()), intents.get(each.pk, ()), each.owner_id,
                each.owner.name if each.owner else "", each.mailbox.key if each.mailbox else "",
                each.due_at if look else None, look,
                each.snoozed_until if each.state == "snoozed" else None, each.last_at, each.pk in with_files,
                counts.get(each.pk, 0), each.breached,
            )
        )  # fmt: skip
    return tuple(made)


def _newest(ids: Sequence[int]) -> dict[int | None, tuple[str, str, str]]:
    """Mail → who wrote it, and its first new words."""
    words = Case(
        When(reply="", then=Substr("text", 1, _FIRST_WORDS)),
        default=Substr("reply", 1, _FIRST_WORDS),
        output_field=CharField(),
    )
    rows = Mail.objects.filter(pk__in=ids).values_list("pk", "from_name", "from_address", words)
    return {pk: (name, address, text or "") for pk, name, address, text in rows}


def _intents(ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    rows = (
        MailProposal.objects.filter(mail__conversation__in=list(ids), state="proposed")
        .order_by("-confidence", "pk")
        .values_list("mail__conversation", "intent")
    )
    found: dict[int, list[str]] = {}
    for conversation, intent in rows:
        if conversation is not None and intent not in found.setdefault(conversation, []):
            found[conversation].append(intent)
    return {pk: tuple(intents) for pk, intents in found.items()}


def _mails_of(ids: Sequence[int]) -> tuple[dict[int, int], set[int]]:
    """How many mails each conversation has, and which have a file."""
    filed = Exists(MailFile.objects.filter(mail=OuterRef("pk")))
    rows = (
        Mail.objects.filter(conversation__in=ids)
        .order_by()
        .values("conversation")
        .annotate(count=Count("pk"), filed=Count(Case(When(filed, then=Value(1)))))
        .values_list("conversation", "count", "filed")
    )
    counts, with_files = {}, set()
    for pk, count, files in rows:
        if pk is not None:
            counts[pk] = count
            if files:
                with_files.add(pk)
    return counts, with_files


@dataclass(frozen=True, slots=True)
class Mention:
    """A conversation of an account, for the account's own page and for the choice of a merge."""

    id: int
    kind: str
    subject: str
    state: str
    last_at: datetime
    due_at: datetime | None
    owner: str


def conversations_of(customer_id: int, *, waiting: bool = False, limit: int = 20) -> tuple[Mention, ...]:
    """The newest conversations of a customer; with `waiting` only those not handled. One query."""
    rows = Conversation.objects.filter(customer=customer_id, merged_into=None)
    if waiting:
        rows = rows.filter(state__in=("open", "snoozed"))
    values = rows.order_by("-last_at", "-pk").values(
        "pk", "kind", "subject", "state", "last_at", "due_at", "clock_from",
        "owner__first_name", "owner__last_name", "owner__username",
    )[:limit]  # fmt: skip
    return tuple(
        Mention(
            row["pk"], row["kind"], row["subject"], row["state"], row["last_at"],
            row["due_at"] if row["clock_from"] else None,
            full_name(row["owner__first_name"], row["owner__last_name"], row["owner__username"]),
        )
        for row in values
    )  # fmt: skip


def sent_in(ids: Sequence[int]) -> dict[int, int]:
    """How many messages of ours went into each conversation. One query."""
    rows = (
        Message.objects.filter(conversation__in=ids)
        .order_by()
        .values("conversation")
        .annotate(count=Count("pk"))
    )
    return {row["conversation"]: row["count"] for row in rows}


def items_named(conversation_id: int) -> tuple[int, ...]:
    """The items a conversation names, oldest due first. One query."""
    rows = ConversationItem.objects.filter(conversation=conversation_id).order_by("item__due_on", "item")
    return tuple(rows.values_list("item", flat=True))
