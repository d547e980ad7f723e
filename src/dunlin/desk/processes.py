"""The scheduled processes: what is to be done today, when each comes next, what every run did and about whom; the finals report."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dunlin.actions.preview_strategy import add_up, preview_strategy
from dunlin.actions.process_finals import report_finals, withdraw_finals_report
from dunlin.actions.run_process import run_process
from dunlin.desk.access import in_sight
from dunlin.desk.acts import allow, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.office import seeing
from dunlin.formats.placed_yaml import TextProblems
from dunlin.records.models import Customer, FinalsReport, Mailbox, ProcessRun, Strategy
from dunlin.reports import outbox as out
from dunlin.reports import processes as report
from dunlin.rules.calendars import month_after
from dunlin.rules.codes import Refused
from dunlin.rules.processes import PROCESSES
from dunlin.rules.reasons import reason

STATE_LOOKS = {"due": "warn", "late": "bad", "later": "info", "done": "good", "not_today": ""}
STATE_WORDS = {"due": "due", "late": "late", "later": "later today", "done": "done", "not_today": "not today"}
_DRY_CUSTOMERS_MAX = 20_000  # a try in the page; larger books use `dunlin run process --dry-run`


@require_safe
def sending(request: HttpRequest) -> HttpResponse:
    """The day's checklist, the next dates of each process, the newest runs, what is on its way out."""
    seeing(request, "see_processes")
    door = request.door  # type: ignore[attr-defined]
    before = request.GET.get("before", "")
    runs = report.runs(
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 12 else None, limit=26
    )
    facts = {
        "checks": report.checklist_of_day(door.today, door.who.now), "dates": report.calendar_of_processes(door.today, door.who.now),
        "runs": runs[:25], "older": runs[24].run_id if len(runs) > 25 else None, "looks": STATE_LOOKS, "words": STATE_WORDS,
        "counts": out.counts_of_day(door.today), "boxes": Mailbox.objects.filter(active=True).exclude(host="").count(),
        "finals": _finals(door.today), "set_up": _set_up(),
    }  # fmt: skip
    return show(request, "sending/processes.html", facts, part="runs")


@require_safe
def process_run(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: its counts, and what it did about each customer in sight, a page at a time."""
    seeing(request, "see_processes")
    run = report.run_of(pk)
    if run is None:
        raise Refused("process_run_unknown", run=pk)
    code = request.GET.get("code", "")
    after = request.GET.get("after", "")
    lines = report.lines_of(
        pk, code=code, after=int(after) if after.isascii() and after.isdigit() and len(after) < 12 else None
    )
    seen = _seen(request, [row.customer_id for row in lines.rows])
    facts = {
        "run": run, "rows": [row for row in lines.rows if row.customer_id in seen], "next": lines.after, "total": lines.total,
        "hidden": len(lines.rows) - sum(row.customer_id in seen for row in lines.rows), "code": code,
        "codes": [(each, number, _short(each)) for each, number in sorted(run.counts.items(), key=lambda pair: -pair[1])],
        "states": report.states_of_run(pk),
    }  # fmt: skip
    return show(request, "sending/run.html", facts, part="results")


@require_POST
def run_now(request: HttpRequest, process: str) -> HttpResponse:
    """Run what is due of a process, or with `do=try` see what it would do: the same path, undone."""
    allow(request, "run_process")
    door = request.door  # type: ignore[attr-defined]
    if process not in PROCESSES:
        raise Refused("process_unknown", process=process, known=", ".join(PROCESSES))
    dry = request.POST.get("do") == "try"
    if dry and Customer.objects.count() > _DRY_CUSTOMERS_MAX:
        raise Refused("process_too_large_here", limit=_DRY_CUSTOMERS_MAX, process=process)
    result = run_process(door.who, process, dry_run=dry)
    if not dry:
        told = f"{PROCESSES[process].name} of {result.period}: {result.messages:,} messages, {result.left_out:,} customers left out."
        return done(
            request,
            told,
            reverse("process_run", args=[result.run_id]) if result.run_id else reverse("sending"),
        )
    seen = _seen(request, [line.customer_id for line in result.sample])
    named = dict(Customer.objects.filter(pk__in=seen).values_list("pk", "name"))
    lines = [
        (named[line.customer_id], line.customer_id, _said(line.code, line.facts), line.messages)
        for line in result.sample
        if line.customer_id in seen
    ]
    facts = {"process": PROCESSES[process], "result": result, "lines": lines, "short": _short}
    return show(request, "sending/tried.html", facts)


@require_POST
def finals(request: HttpRequest) -> HttpResponse:
    """Report that a month's final invoicing is complete, or take the report back."""
    allow(request, "report_finals")
    typed = typed_in(request)
    try:
        month = date.fromisoformat(typed.get("month", "") + "-01")
    except ValueError:
        raise Refused("finals_month_not_understood", month=typed.get("month", "")) from None
    who = request.door.who  # type: ignore[attr-defined]
    if typed.get("do") == "withdraw":
        withdraw_finals_report(who, month)
        return done(request, f"The report for {month:%B %Y} is taken back.", reverse("sending"))
    report_finals(who, month)
    return done(
        request, f"Final invoicing of {month:%B %Y} is complete: customers are asked for receipt with the next run.", reverse("sending")
    )  # fmt: skip


@require_POST
def strategy_preview(request: HttpRequest, key: str) -> HttpResponse:
    """What the text of a strategy would do on today's book, beside what is in force. Nothing is kept."""
    allow(request, "see_processes")
    if not Strategy.objects.filter(key=key).exists():
        raise Refused("strategy_unknown", strategy=key)
    text = request.POST.get("text", "").replace("\r\n", "\n")
    try:
        totals, rows = add_up(preview_strategy(request.door.who, text))  # type: ignore[attr-defined]
    except TextProblems as problems:
        raise Refused("strategy_not_usable", why=str(problems.problems[0])) from None
    seen = _seen(request, [row.customer_id for row in rows])
    facts = {
        "key": key, "text": text, "totals": totals, "rows": [row for row in rows if row.customer_id in seen],
        "levels": sorted({*totals.now_levels, *totals.then_levels}), "short": _short,
        "codes": sorted({*totals.now_codes, *totals.then_codes}, key=lambda each: -totals.then_codes[each]),
        "currencies": sorted({*totals.now_asked, *totals.then_asked}),
    }  # fmt: skip
    return show(request, "sending/strategy_preview.html", facts)


def _seen(request: HttpRequest, ids: list[int]) -> set[int]:
    found = Customer.objects.filter(in_sight(request.door), pk__in=set(ids))  # type: ignore[attr-defined]
    return set(found.values_list("pk", flat=True))


def _finals(today: date) -> dict[str, Any]:
    """The month whose finals come next, and its report if there is one."""
    year, month = month_after(today.year, today.month, -1)
    first = date(year, month, 1)
    told = FinalsReport.objects.filter(month=first, withdrawn_at=None).select_related("by").first()
    began = (
        ProcessRun.objects.filter(process="finals", period=f"{today:%Y-%m}").exclude(state="missed").exists()
    )
    return {"month": first, "report": told, "began": began}


def _set_up() -> bool:
    """Whether a mail server is set up, so that e-mails can go at all."""
    return bool(settings.SMTP)


def _short(code: str) -> str:
    """A code as a few words."""
    return code.replace("_", " ")


def _said(code: str, facts: Any) -> str:
    try:
        return reason(code, facts)
    except (KeyError, IndexError):
        return _short(code)
