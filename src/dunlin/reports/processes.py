"""The scheduled processes for people: the next dates of each, the day's checklist, the runs and what each did about whom (C1-C4).

Read by the desk and the command line. A fixed number of queries each; lines come in pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q

from dunlin.records.models import Message, ProcessLine, ProcessRun
from dunlin.records.policies import current_policy
from dunlin.reports.process_days import Turns
from dunlin.rules.processes import PROCESSES, Process, says_when
from dunlin.rules.reasons import reason

PAGE = 100


@dataclass(frozen=True)
class Dates:
    """A process with the words of when it runs and its next dates."""

    process: Process
    when: str
    dates: tuple[date, ...]


@dataclass(frozen=True)
class Check:
    """A line of the day's checklist. `state`: due, late, later, done, not_today; `said` is the sentence; `run` the newest run."""

    process: Process
    state: str
    said: str
    period: str
    missed: int
    next_on: date
    run: ProcessRun | None


@dataclass(frozen=True)
class RunRow:
    """One run. `counts` are customers by code with its sentence's code; the run is `going` while it is not done."""

    run_id: int
    process: str
    name: str
    period: str
    due_on: date
    state: str
    started_at: datetime
    finished_at: datetime | None
    by: str
    customers: int
    messages: int
    left_out: int
    counts: dict[str, int]


@dataclass(frozen=True)
class LineRow:
    """What a run did about one customer: the message it made and where that stands now, or why none."""

    line_id: int
    customer_id: int
    number: str
    name: str
    code: str
    said: str
    message_id: int | None
    channel: str
    message_state: str
    level: int | None


@dataclass(frozen=True)
class Lines:
    """A page of lines; `after` asks for the next one, None at the end. `total` is of all pages."""

    rows: tuple[LineRow, ...]
    total: int
    after: int | None


def calendar_of_processes(day: date, now: datetime, count: int = 12) -> list[Dates]:
    """The next dates of each process on or after `day`, on the ledger's calendar, a report of finals heeded."""
    policy = current_policy()
    turns = Turns.read(day, now, policy)
    return [
        Dates(each, says_when(key, policy), tuple(turns.next_dates(key, count)))
        for key, each in PROCESSES.items()
    ]


def checklist_of_day(day: date, now: datetime) -> list[Check]:
    """What is to be done on the day, what is done, and when each comes next."""
    turns = Turns.read(day, now, current_policy())
    newest: dict[str, ProcessRun] = {}
    for run in ProcessRun.objects.exclude(state="missed").filter(due_on__lte=day).order_by("due_on", "pk"):
        newest[run.process] = run
    return [
        Check(
            entry.process,
            entry.state,
            reason(entry.code, entry.facts),
            entry.period.key if entry.period else str(entry.facts.get("period", "")),
            entry.missed,
            entry.next_on,
            newest.get(entry.process.key),
        )
        for entry in turns.checklist()
    ]


def runs(process: str = "", before: int | None = None, limit: int = 50) -> list[RunRow]:
    """Runs, newest first; `before` is the id of the last one seen. One query."""
    rows = ProcessRun.objects.select_related("by").order_by("-pk")
    if process:
        rows = rows.filter(process=process)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_run(row) for row in rows[:limit]]


def run_of(run_id: int) -> RunRow | None:
    """One run, or None."""
    row = ProcessRun.objects.select_related("by").filter(pk=run_id).first()
    return None if row is None else _run(row)


def _run(row: ProcessRun) -> RunRow:
    known = PROCESSES.get(row.process)
    return RunRow(
        row.pk, row.process, known.name if known else row.process, row.period, row.due_on, row.state, row.started_at,
        row.finished_at, row.by.name if row.by else "the clock", row.customers, row.messages_made, row.left_out, row.counts,
    )  # fmt: skip


def lines_of(
    run_id: int, *, code: str = "", sent_to: bool | None = None, after: int | None = None, limit: int = PAGE
) -> Lines:
    """The lines of a run, in the order they were decided. `code`: only these; `sent_to`: only those who get something, or only those
    left out. Two queries."""
    rows = ProcessLine.objects.filter(run=run_id)
    if code:
        rows = rows.filter(code=code)
    if sent_to is not None:
        rows = rows.filter(message__isnull=not sent_to)
    total = rows.count()
    if after is not None:
        rows = rows.filter(pk__gt=after)
    page = list(
        rows.order_by("pk").values(
            "pk", "customer", "customer__number", "customer__name", "code", "facts", "message", "message__channel",
            "message__state", "message__level",
        )[: limit + 1]
    )  # fmt: skip
    more = len(page) > limit
    page = page[:limit]
    return Lines(tuple(_line(row) for row in page), total, page[-1]["pk"] if more else None)


def _line(row: Mapping[str, Any]) -> LineRow:
    return LineRow(
        row["pk"], row["customer"], row["customer__number"], row["customer__name"], row["code"],
        reason(row["code"], row["facts"]), row["message"], row["message__channel"] or "", row["message__state"] or "",
        row["message__level"],
    )  # fmt: skip


def states_of_run(run_id: int) -> dict[str, int]:
    """Where the messages of a run stand now: state → how many. One query."""
    rows = Message.objects.filter(run=run_id).order_by().values("state").annotate(count=Count("pk"))
    return dict(sorted(rows.values_list("state", "count")))


def why_silent(customer_id: int, day: date) -> list[LineRow]:
    """What the processes of a day did about one customer. One query."""
    rows = ProcessLine.objects.filter(
        Q(run__period=day.isoformat()) | Q(run__due_on=day), customer=customer_id
    ).order_by("pk")
    return [
        _line(row)
        for row in rows.values(
            "pk", "customer", "customer__number", "customer__name", "code", "facts", "message", "message__channel",
            "message__state", "message__level",
        )
    ]  # fmt: skip
