"""The timeline of an account: calls, notes, promises, money, documents, disputes, changes and follow-ups, newest first.

Each source answers one page with one query; the pages are merged. A page goes on from the key of the last entry before it,
so entries that arrive meanwhile neither repeat nor hide one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from heapq import merge
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from dunlin.records.models import (
    User,
)
from dunlin.reports.account_items import full_name
from dunlin.reports.moments import day_begins
from dunlin.reports.timeline_sources import BY, SOURCES, Ask, Source

PAGE_SIZE = 40


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
    ask = Ask(customer_id, as_of, zone, _cursor(before), page_size + 1)
    pages = [
        _page(rank, source, ask) for rank, source in enumerate(SOURCES) if not kinds or source.kind in kinds
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


def _page(rank: int, source: Source, ask: Ask) -> Iterator[Entry]:
    """One source's entries below the cursor, newest first. Keys fall by moment, then by rank of the source, then by id."""
    found = source.rows(ask)
    if ask.before is not None:
        found = found.filter(_below(source, rank, ask))
    rows = found.order_by(f"-{source.column}", "-pk")[: ask.count].values("pk", source.column, *source.fields)
    for row in rows:
        pk, when = row.pop("pk"), row[source.column]
        at = day_begins(when, ask.zone) if source.day_only else when
        day = when if source.day_only else when.astimezone(ZoneInfo(ask.zone)).date()
        by = full_name(*(row.get(name) for name in BY)) if BY[0] in row else ""
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


def _below(source: Source, rank: int, ask: Ask) -> Q:
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


KINDS = tuple(dict.fromkeys(source.kind for source in SOURCES))

# Keys and counters of other records: of use to the diary, of none to somebody who reads an account.
_UNTOLD = frozenset(("contact", "credit", "credit_open", "debit", "debit_open", "discount", "granted", "item", "kind", "point",
                     "position", "reverses", "status"))  # fmt: skip
_PEOPLE = frozenset(("business manager", "collector", "sales rep"))
_CALLED = {"until_on": "through", "from_on": "from", "due_on": "due", "posted_on": "recorded", "day": "on"}


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
