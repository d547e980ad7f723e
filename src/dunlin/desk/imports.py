"""Import: send a file, see every run with what became of it, take the refused rows away and send them again (A9)."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dunlin.actions.export_books import FORMATS, export_books
from dunlin.actions.receive_file import UPLOAD_BYTES_MAX, receive_file
from dunlin.actions.run_daily import run_daily
from dunlin.actions.run_import_here import HERE_BYTES_MAX, run_import_here
from dunlin.desk import downloads
from dunlin.desk.acts import address, allow, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.office import seeing
from dunlin.desk.tables import Head, pages_of
from dunlin.formats.targets import KINDS, target_names
from dunlin.records.models import Contact, Customer, DecisionRun, ImportRun, Item
from dunlin.reports import imports as report
from dunlin.rules.codes import Refused

KIND_WORDS = (
    ("customers", "Customers"), ("contacts", "Contacts"), ("items", "Invoices and credits"), ("payments", "Payments"),
)  # fmt: skip
_RUNS = 50
# Customers that are decided within a few seconds, so that a page can wait for it.
_DECIDE_HERE_MAX = 5_000
_PROBLEMS = 100
# How long a run may wait before the page says that no job process seems to take it.
_PATIENCE = timedelta(seconds=6)


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """The runs, newest first; a POST takes in a file and leads to what was understood of it."""
    seeing(request, "see_imports")
    door = request.door  # type: ignore[attr-defined]
    typed, errors = typed_in(request), {}
    if request.method == "POST":
        allow(request, "import_file")
        kind = typed.get("kind", "") if typed.get("kind") in KINDS else ""
        sent = request.FILES.get("file")
        try:
            if sent is None or not sent.name:
                errors["file"] = "Choose a file first."
            elif not sent.size:
                errors["file"] = f"{sent.name} is empty."
            else:
                kept = receive_file(door.who, sent, sent.name, sent.size)  # type: ignore[arg-type]
                given = {"file": kept, "name": sent.name, "kind": kind, "run": typed.get("run", "")}
                return done_quietly(request, address("import_preview", **given))
        except Refused as refused:
            if refused.code not in ("file_not_understood", "file_too_big"):
                raise
            errors["file"] = str(refused)
    before = request.GET.get("before", "")
    runs = report.import_runs(
        _RUNS + 1, int(before) if before.isascii() and before.isdigit() and len(before) < 12 else None
    )
    facts = {
        "runs": runs[:_RUNS], "older": runs[_RUNS - 1].run_id if len(runs) > _RUNS else None, "heads": _heads(),
        "typed": typed, "errors": errors, "kinds": KIND_WORDS, "limit": UPLOAD_BYTES_MAX >> 20,
        "moving": any(not run.over for run in runs), "customers": Customer.objects.exists(), "items": Item.objects.exists(),
        "contacts": Contact.objects.exists(), "payments": Item.objects.filter(kind="payment").exists(),
        "formats": FORMATS, "kind_words": dict(KIND_WORDS),
    }  # fmt: skip
    return show(request, "imports.html", facts, part="results", status=422 if errors else 200)


def done_quietly(request: HttpRequest, to: str) -> HttpResponse:
    """Go on to the next step without a sentence: the step itself says what happened."""
    answer = HttpResponse(status=303)
    answer["Location"] = to
    return answer


def _heads() -> list[Head]:
    return [
        Head("File"), Head("Kind"), Head("When"), Head("By"), Head("State"), Head("Rows", number=True),
        Head("New", number=True), Head("Changed", number=True), Head("Same", number=True),
        Head("Refused", number=True), Head("Warnings", number=True),
    ]  # fmt: skip


@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: how far it is, then what became of every row. The block `run` answers the polling."""
    seeing(request, "see_imports")
    door = request.door  # type: ignore[attr-defined]
    which = request.GET.get("rows", "refused")
    found = report.import_run(pk, problems=0, changes=200)
    stored = ImportRun.objects.only("bytes", "mapping_text", "state", "started_at").get(pk=pk)
    only = {"refused": True, "warnings": False}.get(which, True)
    pages = pages_of(request, found.refused if only else found.warnings, _PROBLEMS)
    waiting = found.state == report.WAITING and door.who.now - stored.started_at > _PATIENCE
    facts: dict[str, Any] = {
        "run": found, "which": "refused" if only else "warnings", "pages": pages, "waiting_long": waiting,
        "here": stored.bytes <= HERE_BYTES_MAX, "megabytes": HERE_BYTES_MAX >> 20, "mapping_text": stored.mapping_text,
        "problems": report.import_problems(pk, offset=pages.offset, limit=pages.size, refused=only),
        "typed": {}, "errors": {}, "limit": UPLOAD_BYTES_MAX >> 20, "kind_words": dict(KIND_WORDS),
        "next": _next(door.who.today) if found.state == report.DONE and not found.dry_run else None,
    }  # fmt: skip
    return show(request, "imports_run.html", facts, part="run")


def _next(today: date) -> dict[str, Any]:
    """What is still to be done with what was imported."""
    return {
        "unassigned": Customer.objects.filter(collector=None).count(),
        "decided": DecisionRun.objects.filter(day=today, finished_at__isnull=False).exists(),
        "decide_here": Customer.objects.count() <= _DECIDE_HERE_MAX,
    }


@require_POST
def decide_day(request: HttpRequest) -> HttpResponse:
    """Decide today for the whole book now, in this request: the first list of new books does not wait for the night."""
    allow(request, "run_daily")
    who: Any = request.door.who  # type: ignore[attr-defined]
    result = run_daily(who, who.today)
    sentence = f"{who.today}: {result.customers:,} customers decided, {result.calls:,} to call."
    return done(request, sentence, reverse("today"))


@require_POST
def run_here(request: HttpRequest, pk: int) -> HttpResponse:
    """Do a waiting run now, in this request."""
    seeing(request, "import_file")
    found = run_import_here(request.door.who, pk)  # type: ignore[attr-defined]
    sentence = f"{found.file_name}: {found.new:,} new, {found.changed:,} changed, {found.refused:,} refused."
    return done(request, sentence, reverse("import_run", args=[pk]))


@require_GET
def corrections(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The refused rows as a file to correct and send again; with `of=missing`, what is open and not in the file."""
    seeing(request, "see_imports")
    missing = request.GET.get("of") == "missing"
    lines = report.missing_csv(pk) if missing else report.corrections_csv(pk)
    name = report.missing_name(pk) if missing else report.corrections_name(pk)
    answer = StreamingHttpResponse(
        (line.encode("utf-8", "replace") for line in lines), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
def template(request: HttpRequest, kind: str) -> HttpResponseBase:
    """An empty table of a kind: its columns are named as the fields, so it is understood without a mapping."""
    seeing(request, "import_file")
    if kind not in KINDS:
        raise Refused("file_unknown", file=f"{kind[:20]}.csv")
    return downloads.as_csv(kind, list(target_names(kind)), [])


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """Everything as one archive, in open formats."""
    allow(request, "export_books")
    who: Any = request.door.who  # type: ignore[attr-defined]
    form = request.POST.get("format", "")
    form = form if form in FORMATS else FORMATS[0]
    with tempfile.TemporaryDirectory(prefix="dunlin-export-") as folder:
        path = Path(folder) / f"dunlin-{who.today}-{form}.zip"
        export_books(who, path, form)
        # The open file outlives its name: nothing is left behind when the download ends or breaks off.
        answer = FileResponse(
            path.open("rb"), as_attachment=True, filename=path.name, content_type="application/zip"
        )
    answer["Cache-Control"] = "no-store"
    return answer
