"""The timeline of an account: calls, notes, promises, money, documents, disputes, changes and follow-ups, newest first.

Each source answers one page with one query; the pages are merged. A page goes on from the key of the last entry before it,
so entries that arrive meanwhile neither repeat nor hide one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from heapq import merge
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Substr

from dunlin.records.models import (
    Call,
    DiaryLine,
    Dispute,
    FollowUp,
    Item,
    Mail,
    MailFile,
    Note,
    Promise,
    PromiseJudgement,
    User,
)
from dunlin.reports.account_items import full_name
from dunlin.reports.moments import day_begins, day_ends

PAGE_SIZE = 40
MAIL_CHARS = 2_000  # of a mail; the rest is on its own page
_BY = ("by__first_name", "by__last_name", "by__username")

# What the diary alone knows; everything else that is done leaves a row of its own.
DIARY_VERBS = (
    "apply_credit", "assign_customers", "cancel_promise", "change_due_date", "correct_contact", "correct_customer",
    "pin_customer", "reverse_application", "set_block", "snooze_customer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `at` is the moment, or the beginning of the day when only the day is known (`day_only`).

    `about` names its record ("call:7"); `facts` are plain values for the page; `amount` in minor units of `currency`.
    """

    kind: str
    at: datetime
    day: date
    day_only: bool
    about: str
    title: str
    text: str
    by: str
    amount: int | None = None
    currency: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    key: tuple[datetime, int, int] = (datetime.min.replace(tzinfo=UTC), 0, 0)

    @property
    def cursor(self) -> str:
        """Goes into `before` to read on from here."""
        return f"{self.key[0].isoformat()}|{self.key[1]}|{self.key[2]}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page, newest first; `next` is the cursor of the following page, None at the end."""

    entries: tuple[Entry, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class _Ask:
    customer_id: int
    as_of: date
    zone: str
    before: tuple[datetime, int, int] | None
    count: int


@dataclass(frozen=True, slots=True)
class _Source:
    """`column` holds the moment or, when `day_only`, the day. `rows` are its records that existed on the day."""

    kind: str
    column: str
    day_only: bool
    rows: Callable[[_Ask], QuerySet[Any]]
    fields: tuple[str, ...]
    entry: Callable[[dict[str, Any]], dict[str, Any]]


def timeline(
    customer_id: int,
    as_of: date,
    *,
    zone: str = "UTC",
    kinds: Collection[str] = (),
    before: str | None = None,
    page_size: int = PAGE_SIZE,
) -> Timeline:
    """What happened on an account by the day, newest first; `kinds` (of KINDS) narrows it. One query a source, none a row.

    `zone` is the ledger's time zone. ValueError for an unknown kind or a cursor that is none.
    """
    unknown = set(kinds) - set(KINDS)
    if unknown:
        raise ValueError(f"a timeline has {', '.join(KINDS)}, not {', '.join(sorted(unknown))}")
    ask = _Ask(customer_id, as_of, zone, _cursor(before), page_size + 1)
    pages = [
        _page(rank, source, ask) for rank, source in enumerate(_SOURCES) if not kinds or source.kind in kinds
    ]
    entries = list(islice(merge(*pages, key=lambda entry: entry.key, reverse=True), page_size + 1))
    more = len(entries) > page_size
    shown = tuple(entries[:page_size])
    _tell_changes([entry for entry in shown if entry.kind == "change"])
    return Timeline(shown, shown[-1].cursor if more else None)


def _cursor(text: str | None) -> tuple[datetime, int, int] | None:
    if not text:
        return None
    try:
        moment, rank, pk = text.split("|")
        found = datetime.fromisoformat(moment), int(rank), int(pk)
    except ValueError:
        raise ValueError(f"{text!r} is no place in a timeline") from None
    if found[0].tzinfo is None:
        raise ValueError(f"{text!r} is no place in a timeline")
    return found


def _page(rank: int, source: _Source, ask: _Ask) -> Iterator[Entry]:
    """One source's entries below the cursor, newest first. Keys fall by moment, then by rank of the source, then by id."""
    found = source.rows(ask)
    if ask.before is not None:
        found = found.filter(_below(source, rank, ask))
    rows = found.order_by(f"-{source.column}", "-pk")[: ask.count].values("pk", source.column, *source.fields)
    for row in rows:
        pk, when = row.pop("pk"), row[source.column]
        at = day_begins(when, ask.zone) if source.day_only else when
        day = when if source.day_only else when.astimezone(ZoneInfo(ask.zone)).date()
        by = full_name(*(row.get(name) for name in _BY)) if _BY[0] in row else ""
        yield Entry(
            **{
                "kind": source.kind,
                "at": at,
                "day": day,
                "day_only": source.day_only,
                "by": by,
                **source.entry({**row, "pk": pk}),
            },
            key=(at.astimezone(UTC), rank, pk),
        )


def _below(source: _Source, rank: int, ask: _Ask) -> Q:
    assert ask.before is not None
    moment, of_rank, pk = ask.before
    value: Any = moment
    ties = True
    if source.day_only:
        value = moment.astimezone(ZoneInfo(ask.zone)).date()
        ties = day_begins(value, ask.zone) == moment
        if not ties:  # the day began before the moment: all of it is older
            return Q(**{f"{source.column}__lte": value})
    older = Q(**{f"{source.column}__lt": value})
    if not ties or rank > of_rank:
        return older
    same = Q(**{source.column: value})
    return older | same if rank < of_rank else older | (same & Q(pk__lt=pk))


# The sources


def _calls(ask: _Ask) -> QuerySet[Any]:
    return Call.objects.filter(customer=ask.customer_id, day__lte=ask.as_of)


def _call(row: dict[str, Any]) -> dict[str, Any]:
    spoke = f" with {row['spoke_to']}" if row["spoke_to"] else ""
    way = "Call" if row["direction"] == "out" else "Call from them"
    names = ("direction", "outcome", "number", "spoke_to", "next_step", "seconds")
    return {
        "about": f"call:{row['pk']}", "title": f"{way}{spoke}: {row['outcome'].replace('_', ' ')}", "text": row["note"],
        "day": row["day"], "facts": {name: row[name] for name in names},
    }  # fmt: skip


def _notes(ask: _Ask) -> QuerySet[Any]:
    return Note.objects.filter(customer=ask.customer_id, at__lt=day_ends(ask.as_of, ask.zone))


def _note(row: dict[str, Any]) -> dict[str, Any]:
    facts = {"item": row["item_id"], "item_number": row["item__number"]}
    return {"about": f"note:{row['pk']}", "title": "Note", "text": row["text"], "facts": facts}


def _promises(ask: _Ask) -> QuerySet[Any]:
    return Promise.objects.filter(customer=ask.customer_id, made_on__lte=ask.as_of)


def _promise(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "about": f"promise:{row['pk']}", "title": "Promise", "text": row["note"], "amount": row["amount"], "day": row["made_on"],
        "currency": row["currency"], "facts": {"due_on": row["due_on"], "source": row["source"], "contact": row["contact__name"]},
    }  # fmt: skip


def _judgements(ask: _Ask) -> QuerySet[Any]:
    return PromiseJudgement.objects.filter(promise__customer=ask.customer_id, on__lte=ask.as_of)


def _judgement(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "about": f"promise:{row['promise_id']}", "title": f"Promise {row['status'].replace('_', ' ')}", "text": row["why"],
        "amount": row["paid"], "currency": row["promise__currency"], "by": "the books",
        "facts": {"status": row["status"], "due_on": row["promise__due_on"]},
    }  # fmt: skip


def _items(side: int) -> Callable[[_Ask], QuerySet[Any]]:
    return lambda ask: Item.objects.filter(customer=ask.customer_id, side=side, posted_on__lte=ask.as_of)


def _item(row: dict[str, Any]) -> dict[str, Any]:
    names = ("kind", "invoice_class", "number", "reference", "due_on", "document_on", "reason")
    return {
        "about": f"item:{row['pk']}", "title": f"{row['kind'].replace('_', ' ').capitalize()} {row['number']}".strip(),
        "text": row["description"] or row["reference"], "amount": row["amount"], "currency": row["currency"],
        "facts": {name: row[name] for name in names},
    }  # fmt: skip


def _disputes(ask: _Ask) -> QuerySet[Any]:
    return Dispute.objects.filter(customer=ask.customer_id, opened_on__lte=ask.as_of)


def _resolved(ask: _Ask) -> QuerySet[Any]:
    return Dispute.objects.filter(customer=ask.customer_id, resolved_on__lte=ask.as_of)


def _dispute(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "about": f"dispute:{row['pk']}", "title": f"Dispute of {row['item__number'] or 'an item'}: {row['reason'].replace('_', ' ')}",
        "text": row["note"], "amount": row["amount"], "currency": row["item__currency"],
        "facts": {"item": row["item_id"], "raised_by": row["raised_by"], "due_on": row["due_on"], "department": row["department"]},
    }  # fmt: skip


def _resolution(row: dict[str, Any]) -> dict[str, Any]:
    by = full_name(*(row[f"resolved_by__{name}"] for name in ("first_name", "last_name", "username")))
    return {
        "about": f"dispute:{row['pk']}", "title": f"Dispute of {row['item__number'] or 'an item'} resolved: {row['resolution']}",
        "text": "", "amount": row["amount"], "currency": row["item__currency"], "by": by, "facts": {"item": row["item_id"]},
    }  # fmt: skip


def _follow_ups(ask: _Ask) -> QuerySet[Any]:
    return FollowUp.objects.filter(customer=ask.customer_id, created_at__lt=day_ends(ask.as_of, ask.zone))


def _done(ask: _Ask) -> QuerySet[Any]:
    return FollowUp.objects.filter(customer=ask.customer_id, done_at__lt=day_ends(ask.as_of, ask.zone))


def _follow_up(row: dict[str, Any]) -> dict[str, Any]:
    by = full_name(*(row[f"created_by__{name}"] for name in ("first_name", "last_name", "username")))
    return {
        "about": f"follow_up:{row['pk']}", "title": "Follow-up planned", "text": row["what"], "by": by,
        "facts": {"due_on": row["due_on"]},
    }  # fmt: skip


def _finished(row: dict[str, Any]) -> dict[str, Any]:
    by = full_name(*(row[f"done_by__{name}"] for name in ("first_name", "last_name", "username")))
    return {
        "about": f"follow_up:{row['pk']}", "title": f"Follow-up done: {row['what']}", "text": row["outcome"], "by": by,
        "facts": {"due_on": row["due_on"]},
    }  # fmt: skip


def _diary(ask: _Ask) -> QuerySet[Any]:
    return DiaryLine.objects.filter(
        customer=ask.customer_id, at__lt=day_ends(ask.as_of, ask.zone), verb__in=DIARY_VERBS
    )


# Keys and counters of other records: of use to the diary, of none to somebody who reads an account.
_UNTOLD = frozenset(("contact", "credit", "credit_open", "debit", "debit_open", "discount", "granted", "item", "kind", "point",
                     "position", "reverses", "status"))  # fmt: skip
_PEOPLE = frozenset(("business manager", "collector", "sales rep"))
_CALLED = {"until_on": "through", "from_on": "from", "due_on": "due", "posted_on": "recorded", "day": "on"}


def _change(row: dict[str, Any]) -> dict[str, Any]:
    names = ("verb", "before", "after", "about")
    return {
        "about": row["about"] or f"diary:{row['pk']}", "title": row["verb"].replace("_", " ").capitalize(), "text": row["cause"],
        "facts": {name: row[name] for name in names},
    }  # fmt: skip


def _tell_changes(changes: list[Entry]) -> None:
    """Put into `facts["told"]` what changed: (name, before, after) in words, "" before when there was nothing. One query for
    the names of people, only when one is meant."""
    for entry in changes:
        before, after = entry.facts["before"] or {}, entry.facts["after"] or {}
        entry.facts["told"] = [
            (_name(name, after[name]), before.get(name), after[name])
            for name in after
            if name not in _UNTOLD and after[name] not in (None, "") and not isinstance(after[name], dict)
        ]
    meant = {
        pk
        for entry in changes
        for name, *values in entry.facts["told"]
        if name in _PEOPLE
        for pk in values
        if pk
    }
    people = {each.pk: each.name for each in User.objects.filter(pk__in=meant)} if meant else {}
    for entry in changes:
        entry.facts["told"] = [
            (name, *(people.get(value, "") if name in _PEOPLE else _said(value) for value in values))
            for name, *values in entry.facts["told"]
        ]


def _name(name: str, value: Any) -> str:
    if name == "value":
        return "e-mail" if "@" in str(value) else "number"
    return _CALLED.get(name, name.replace("_", " "))


def _said(value: Any) -> str | date:
    """A value of the diary as people read it; days come back as days."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    try:
        return date.fromisoformat(str(value)) if len(str(value)) == 10 else str(value)
    except ValueError:
        return str(value)


def _mails(ask: _Ask) -> QuerySet[Any]:
    received = Mail.objects.filter(customer=ask.customer_id, received_at__lt=day_ends(ask.as_of, ask.zone))
    return received.annotate(
        new_words=Substr("reply", 1, MAIL_CHARS), all_words=Substr("text", 1, MAIL_CHARS),
        has_files=Exists(MailFile.objects.filter(mail=OuterRef("pk"))),
    )  # fmt: skip


def _mail(row: dict[str, Any]) -> dict[str, Any]:
    names = ("kind", "conversation_id", "answers_id", "subject", "from_address", "matched_by", "has_files")
    sender = row["from_name"] or row["from_address"]
    what = {"message": f"Mail from {sender}", "auto_reply": f"Automatic answer of {sender}"}
    return {
        "about": f"mail:{row['pk']}", "title": what.get(row["kind"]) or row["kind"].replace("_", " ").capitalize(),
        "text": row["new_words"] or row["all_words"], "by": sender, "facts": {name: row[name] for name in names},
    }  # fmt: skip


def _of(person: str) -> tuple[str, ...]:
    return tuple(f"{person}__{name}" for name in ("first_name", "last_name", "username"))


_ITEM = (
    "kind",
    "invoice_class",
    "number",
    "reference",
    "due_on",
    "document_on",
    "reason",
    "description",
    "amount",
    "currency",
)
_DISPUTE = ("amount", "item_id", "item__number", "item__currency")

_SOURCES = (
    _Source("call", "started_at", False, _calls,
            ("day", "direction", "outcome", "number", "spoke_to", "next_step", "seconds", "note", *_BY), _call),
    _Source("note", "at", False, _notes, ("text", "item_id", "item__number", *_BY), _note),
    _Source("promise", "recorded_at", False, _promises,
            ("made_on", "due_on", "source", "contact__name", "amount", "currency", "note", *_BY), _promise),
    _Source("promise", "on", True, _judgements,
            ("promise_id", "status", "paid", "why", "promise__currency", "promise__due_on"), _judgement),
    _Source("document", "posted_on", True, _items(1), _ITEM, _item),
    _Source("money", "posted_on", True, _items(-1), _ITEM, _item),
    _Source("dispute", "opened_on", True, _disputes, (*_DISPUTE, "reason", "note", "raised_by", "due_on", "department", *_BY), _dispute),
    _Source("dispute", "resolved_on", True, _resolved, (*_DISPUTE, "resolution", *_of("resolved_by")), _resolution),
    _Source("follow_up", "created_at", False, _follow_ups, ("what", "due_on", *_of("created_by")), _follow_up),
    _Source("follow_up", "done_at", False, _done, ("what", "outcome", "due_on", *_of("done_by")), _finished),
    _Source("mail", "received_at", False, _mails,
            ("kind", "conversation_id", "answers_id", "subject", "from_name", "from_address", "matched_by", "new_words", "all_words",
             "has_files"), _mail),
    _Source("change", "at", False, _diary, ("verb", "about", "cause", "before", "after", *_BY), _change),
)  # fmt: skip
KINDS = tuple(dict.fromkeys(source.kind for source in _SOURCES))
