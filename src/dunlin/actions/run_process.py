"""Run a scheduled process for one period, in one frame: a run row, its lines, counts, progress; a dry run is the same path undone.

Running a period again continues it: messages that are there stay, what is missing is added. (C1-C4, B3; P1-P7; traps 26, 28, 55)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date

from django.db import transaction
from django.db.models import Count

from dunlin.actions.doing import Who, doing
from dunlin.actions.keep_shipped import keep_shipped_unless_there
from dunlin.actions.process_finals import process_finals, process_finals_late
from dunlin.actions.process_mrr import process_mrr
from dunlin.actions.process_not_reached import process_not_reached
from dunlin.actions.process_notices import process_notices
from dunlin.actions.process_rows import NewLine, Process, Told, write_chunk
from dunlin.actions.process_statements import process_statements
from dunlin.records.models import DiaryLine, Entity, ProcessLine, ProcessRun
from dunlin.records.policies import current_policy
from dunlin.reports.moments import day_begins
from dunlin.reports.process_days import Turns
from dunlin.rules.codes import Refused
from dunlin.rules.processes import PROCESSES

# In the order of a day: who is asked whether finals arrived gets no notice the same day, and so on.
RUNS: Mapping[str, Process] = {
    "statements": process_statements,
    "finals": process_finals,
    "finals_late": process_finals_late,
    "past_due": process_notices,
    "mrr": process_mrr,
    "campaign_mail": process_not_reached,
}

SAMPLE = 200
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ProcessResult:
    """What a run made. `customers` were looked at and have a line; `left_out` of them got nothing; `counts` are customers by code;
    `messages` counts new ones, `channels` them by channel, `levels` by level of notices; `asked` is what they ask for, in minor
    units by currency. `sample` are the first lines, of a dry run only. `run_id` is None for a dry run."""

    run_id: int | None
    process: str
    period: str
    day: date
    customers: int
    messages: int
    left_out: int
    counts: dict[str, int]
    channels: dict[str, int] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    sample: tuple[NewLine, ...] = ()
    dry_run: bool = False


def run_process(
    who: Who,
    process: str,
    period: str | None = None,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
    see: Callable[[Sequence[NewLine]], None] | None = None,
) -> ProcessResult:
    """Run one process for its period ("2026-11" of statements and finals, a day of the others), by default the one of today.

    `see` is handed every line as it is decided. Refused: not_permitted, process_unknown, period_not_usable, period_in_future,
    past_day_process (what a day's calls or windows asked for is not made up for).
    """
    if process not in RUNS:
        raise Refused("process_unknown", process=process, known=", ".join(RUNS))
    dry = dry_run or who.dry_run
    tell: Progress = progress or (lambda phase, done, total: None)
    with transaction.atomic() if dry else nullcontext():
        result = _run(replace(who, dry_run=False), process, period, dry, tell, see)
        if dry:
            transaction.set_rollback(True)
    return result


def _run(
    who: Who,
    process: str,
    period: str | None,
    dry: bool,
    tell: Progress,
    see: Callable[[Sequence[NewLine]], None] | None,
) -> ProcessResult:
    policy = current_policy()
    turns = Turns.read(who.today, who.now, policy)
    wanted = period or turns.newest(process)
    due_on = _due_on(turns, process, wanted)
    with doing(who, "run_process", cause=f"{process} {wanted}") as act:
        run, fresh = ProcessRun.objects.get_or_create(
            process=process, period=wanted, defaults={"due_on": due_on, "started_at": who.now, "by_id": who.user_id}
        )  # fmt: skip
        act.tell(about=f"process_run:{run.pk}", after={"process": process, "period": wanted, "new": fresh})
    keep_shipped_unless_there(who.now)
    tally = _Tally()
    for chunk in RUNS[process](Told(who, who.today, wanted, policy, turns, dry, tell)):
        tally.new += write_chunk(who, run.pk, who.today, chunk)
        tally.add(chunk, keep=dry)
        if see is not None:
            see(chunk)
    lines = ProcessLine.objects.filter(run=run).order_by()
    by_code = lines.values("code").annotate(customers=Count("customer", distinct=True))
    counts = dict(sorted(by_code.values_list("code", "customers")))
    customers = lines.aggregate(n=Count("customer", distinct=True))["n"]
    sent_to = lines.exclude(message=None)
    reached = sent_to.aggregate(n=Count("customer", distinct=True))["n"]
    with doing(who, "run_process", cause=f"{process} {wanted}") as act:
        # Of the e-mails after calls the day's turn is over with the day: until then it goes on.
        later = PROCESSES[process].at == "end" and not turns.end_of_day
        run.state, run.finished_at = "running" if later else "done", who.now
        run.customers, run.left_out, run.counts = customers, customers - reached, counts
        run.messages_made = sent_to.count()
        run.save()
        act.tell(about=f"process_run:{run.pk}", after={"customers": customers, "messages": tally.new, "counts": counts})  # fmt: skip
    return ProcessResult(
        None if dry else run.pk, process, wanted, who.today, customers, tally.new, customers - reached, counts,
        dict(sorted(tally.channels.items())), dict(sorted(tally.levels.items())), dict(sorted(tally.asked.items())),
        tuple(tally.sample), dry,
    )  # fmt: skip


def _due_on(turns: Turns, process: str, period: str) -> date:
    try:
        on = turns.day_of(process, period)
    except ValueError:
        example = "2026-11" if PROCESSES[process].every == "month" else "2026-11-25"
        raise Refused("period_not_usable", period=period, process=process, example=example) from None
    if on > turns.day:
        raise Refused("period_in_future", period=period, process=process, due_on=on.isoformat())
    if PROCESSES[process].every == "day" and on != turns.day:
        raise Refused("past_day_process", day=on.isoformat(), process=PROCESSES[process].name)
    return on


def run_due(who: Who, *, progress: Progress | None = None) -> list[ProcessResult]:
    """Everything that is due on `who.today` at `who.now`: the turns of the day, those that are late, each once; what is over is
    recorded as missed. Does nothing before there are books. A process that fails stops no other; the first error is raised at the end.
    """
    if not Entity.objects.exists():
        return []
    turns = Turns.read(who.today, who.now, current_policy())
    done: list[ProcessResult] = []
    failed: Exception | None = None
    for process in RUNS:
        for turn in turns.due(process):
            if turn.state == "missed":
                ProcessRun.objects.get_or_create(
                    process=process, period=turn.key,
                    defaults={"due_on": turn.on, "state": "missed", "started_at": who.now, "finished_at": who.now},
                )  # fmt: skip
            elif turn.state in ("due", "late"):
                try:
                    done.append(run_process(who, process, turn.key, progress=progress))
                except Exception as problem:  # told at the end; the others are not to wait for it
                    failed = failed or problem
    if failed is not None:
        raise failed
    return done


def run_campaign_now(who: Who) -> ProcessResult | None:
    """During the day: the e-mail at once after the last attempt or a wrong number (P6). None, and nothing written, when no call was
    logged since it last ran."""
    last = ProcessRun.objects.filter(process="campaign_mail", period=who.today.isoformat()).first()
    logged = DiaryLine.objects.filter(verb="log_call")
    since = (
        last.finished_at
        if last and last.finished_at
        else day_begins(who.today, current_policy().ledger_time_zone)
    )
    if not logged.filter(at__gte=since).exists():
        return None
    return run_process(who, "campaign_mail", who.today.isoformat())


class _Tally:
    def __init__(self) -> None:
        self.new = 0
        self.channels: Counter[str] = Counter()
        self.levels: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.sample: list[NewLine] = []

    def add(self, chunk: Sequence[NewLine], keep: bool) -> None:
        for line in chunk:
            for message in line.messages:
                self.channels[message.channel] += 1
                if message.level is not None:
                    self.levels[str(message.level)] += 1
            for amount in line.facts.get("amount") or () if line.messages else ():
                self.asked[amount["currency"]] += amount["minor"]
        if keep and len(self.sample) < SAMPLE:
            self.sample += chunk[: SAMPLE - len(self.sample)]
