"""Clean-up projects: a list of accounts, what each check says, one batch, one approval, a run with progress, the proof (P37)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dunlin.actions.ask_clean_up import ask_clean_up
from dunlin.actions.change_clean_up import accept_check, choose_corrections
from dunlin.actions.run_clean_up import go_on_here, run_clean_up
from dunlin.actions.start_clean_up import ACCOUNTS_MAX, HERE_MOST, Wanted, look_again, start_clean_up
from dunlin.desk import downloads
from dunlin.desk.access import clean_up_for
from dunlin.desk.acts import Unclear, allow, day_in, needed, typed_in
from dunlin.desk.aging import column_words
from dunlin.desk.answers import done, show
from dunlin.desk.doors import Standing
from dunlin.desk.follow_ups import workers
from dunlin.desk.office import office_act, seeing
from dunlin.desk.reconciling import SURE, bucket_set
from dunlin.desk.tables import pages_of
from dunlin.formats.xlsx_out import Sheet, SheetColumn
from dunlin.records.models import CleanUpAccount, CleanUpProject, Customer, FixRun, Item
from dunlin.reports import clean_up as report
from dunlin.reports.reconcile_book import control, likely_accounts
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money, NotMoney
from dunlin.rules.reconciliation.findings import CHECKS

LIKELY_MOST = 100
DOCUMENTS = ("Account", "Name", "Document", "Open before", "Open after", "Difference", "Undone on")
CORRECTIONS = ("Account", "Name", "Correction", "What was found", "Written off", "Undone on")


@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """The projects, newest first, and the subledger against the control account with figures that one types."""
    seeing(request, "see_clean_up")
    figures, errors = _figures(request)
    return show(
        request, "clean_up/list.html",
        {"lines": report.projects(), "states": report.STATES, "control": control(figures), "errors": errors, "typed": typed_in(request)},
        part="control",
    )  # fmt: skip


def _figures(request: HttpRequest) -> tuple[dict[tuple[str, str], int], dict[str, str]]:
    """The figures of the control account in the address, `control-US01-USD=1,200.00`, and those that cannot be read."""
    figures: dict[tuple[str, str], int] = {}
    errors: dict[str, str] = {}
    for name, text in typed_in(request).items():
        _, _, rest = name.partition("control-")
        entity, _, currency = rest.rpartition("-")
        if not name.startswith("control-") or not text:
            continue
        try:
            figures[entity, currency] = Money.exact(text.replace(",", "").replace(" ", ""), currency).minor
        except NotMoney as problem:
            errors[name] = f"{problem}."
    return figures, errors


def start(request: HttpRequest) -> HttpResponse:
    """Name the project and its accounts: by number, or those with credit beside open debits, or everything of a collector."""
    door: Standing = request.door  # type: ignore[attr-defined]
    made: list[int] = []

    def do(typed: Mapping[str, str]) -> str:
        name = needed(typed, "name", "Give the project a name, such as Year end 2026.")
        wanted = Wanted(name, _accounts(typed), _owner(typed), day_in(typed, "due", door.today))
        made.append(start_clean_up(door.who, wanted))
        return f"{len(wanted.customers):,} accounts are being looked at."

    def facts(typed: Mapping[str, str]) -> Mapping[str, Any]:
        return {
            "workers": workers(), "likely": likely_accounts(LIKELY_MOST),
            "likely_most": LIKELY_MOST, "most": ACCOUNTS_MAX, "which": typed.get("which") or ("likely" if not typed.get("numbers") else "numbers"),
        }  # fmt: skip

    beside = {"clean_up_accounts": "numbers", "user_unknown": "owner", "not_blank": "name"}
    answer = office_act(request, "start_clean_up", "clean_up/new.html", reverse("clean_up"), do, beside=beside, facts=facts)  # fmt: skip
    if made:
        where = reverse("clean_up_project", args=[made[0]])
        if "HX-Redirect" in answer:
            answer["HX-Redirect"] = where
        else:
            answer["Location"] = where
    return answer


def _owner(typed: Mapping[str, str]) -> int | None:
    text = typed.get("owner", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _accounts(typed: Mapping[str, str]) -> list[int]:
    which = typed.get("which", "numbers")
    if which == "likely":
        return [pk for pk, _, _ in likely_accounts(LIKELY_MOST)]
    if which == "collector":
        text = typed.get("collector", "")
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise Unclear("collector", "Whose accounts?")
        owing = Item.objects.filter(open__gt=0).values("customer")
        found = Customer.objects.filter(collector=int(text), pk__in=owing).order_by("number")
        return list(found.values_list("pk", flat=True)[: ACCOUNTS_MAX + 1])
    numbers = list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", typed.get("numbers", "")))))
    if not numbers:
        raise Unclear("numbers", "Write the numbers of the accounts, one a line or with commas between them.")
    known = dict(Customer.objects.filter(number__in=numbers[: ACCOUNTS_MAX + 1]).values_list("number", "pk"))
    missing = [number for number in numbers[: ACCOUNTS_MAX + 1] if number not in known]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise Unclear("numbers", f"There is no account {', '.join(missing[:5])}{more}.")
    return list(known.values())


@require_safe
def project(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One project. The block `project` answers the polling while it is looked at or run; `form` gets the proof as a file."""
    seeing(request, "see_clean_up")
    row = clean_up_for(request, pk)
    if downloads.wanted(request):
        return _proof(request, row)
    door: Standing = request.door  # type: ignore[attr-defined]
    pages = pages_of(request, row.accounts.count(), report.PAGE_SIZE)
    accounts = report.accounts_page(pk, pages.offset, pages.size)
    runs = {run.customer_id: run for run in FixRun.objects.filter(project=pk, customer__in=[each.customer_id for each in accounts])}  # fmt: skip
    moving = row.state in ("checking", "running")
    facts = {
        "row": row, "states": report.STATES, "pages": pages, "accounts": accounts, "runs": runs, "moving": moving, "sure": SURE,
        "progress": report.progress_of(row) if moving else None, "batch": report.batch_of(pk), "checklist": report.checklist(pk),
        "check_words": CHECKS, "here": pages.total <= HERE_MOST, "typed": typed_in(request), "errors": {},
        "left": row.accounts.filter(state="left").count() if row.state == "done" else 0,
    }  # fmt: skip
    return show(request, "clean_up/project.html", facts | {"today": door.today}, part="project")


@require_POST
def choose(request: HttpRequest, pk: int, account: int) -> HttpResponse:
    """Which findings of an account go into the batch."""
    allow(request, "change_clean_up")
    clean_up_for(request, pk)
    row = _account(pk, account)
    keys = set(request.POST.getlist("finding"))
    choose_corrections(request.door.who, row.pk, keys)  # type: ignore[attr-defined]
    return done(request, f"{len(keys)} chosen for {row.customer.name}.", _at(pk, account))


@require_POST
def accept(request: HttpRequest, pk: int, account: int) -> HttpResponse:
    """A check of an account is settled by hand, with a note."""
    allow(request, "change_clean_up")
    clean_up_for(request, pk)
    row = _account(pk, account)
    typed = typed_in(request)
    accept_check(request.door.who, row.pk, typed.get("check", ""), typed.get("note", ""))  # type: ignore[attr-defined]
    return done(request, f"Accepted for {row.customer.name}.", _at(pk, account))


def _account(project_id: int, pk: int) -> CleanUpAccount:
    found = CleanUpAccount.objects.filter(project=project_id, pk=pk).select_related("customer").first()
    if found is None:
        raise Refused("clean_up_unknown", project=project_id)
    return found


def _at(pk: int, account: int) -> str:
    return reverse("clean_up_project", args=[pk]) + f"#account-{account}"


@require_http_methods(["POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask approval of the whole batch."""
    allow(request, "ask_clean_up")
    clean_up_for(request, pk)
    approval = ask_clean_up(request.door.who, pk, typed_in(request).get("reason", ""))  # type: ignore[attr-defined]
    sentence = "Approval is asked; whoever may decide finds it under Approvals."
    return done(
        request,
        sentence,
        reverse("clean_up_project", args=[pk]),
        link=reverse("approval", args=[approval.pk]),
    )


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at the accounts anew."""
    allow(request, "start_clean_up")
    clean_up_for(request, pk)
    look_again(request.door.who, pk)  # type: ignore[attr-defined]
    return done(request, "The accounts are being looked at again.", reverse("clean_up_project", args=[pk]))


@require_POST
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Run what was approved."""
    allow(request, "run_clean_up")
    clean_up_for(request, pk)
    run_clean_up(request.door.who, pk)  # type: ignore[attr-defined]
    return done(request, "The corrections are being posted.", reverse("clean_up_project", args=[pk]))


@require_POST
def here(request: HttpRequest, pk: int) -> HttpResponse:
    """Do now, in this request, what waits for a job."""
    allow(request, "change_clean_up")
    clean_up_for(request, pk)
    go_on_here(request.door.who, pk)  # type: ignore[attr-defined]
    return done(request, "Done.", reverse("clean_up_project", args=[pk]))


def _proof(request: HttpRequest, row: CleanUpProject) -> HttpResponseBase:
    """The documents as CSV, or a workbook of documents, corrections and balances, each before and after."""
    name = f"clean-up-{row.pk}"
    if downloads.wanted(request) == "csv":
        return downloads.as_csv(name, DOCUMENTS, report.proof_rows(row.pk))
    door: Standing = request.door  # type: ignore[attr-defined]
    buckets = [column_words(label) for label in bucket_set(door.policy).labels]
    money = {"Open before", "Open after", "Difference", "Written off"}
    documents = tuple(
        SheetColumn(title, "money" if title in money else "text", title in money) for title in DOCUMENTS[:-1]
    )
    corrections = tuple(
        SheetColumn(title, "money" if title in money else "text", title in money)
        for title in CORRECTIONS[:-1]
    )
    balances = (
        *(SheetColumn(title) for title in ("Account", "Entity", "When")),
        *(SheetColumn(title, "money") for title in ("Balance", "Open debits", "Unapplied", *buckets)),
    )
    day = SheetColumn("Undone on", "date")
    sheets = (
        Sheet("Documents", (*documents, day), report.proof_rows(row.pk)),
        Sheet("Corrections", (*corrections, day), report.correction_rows(row.pk)),
        Sheet("Balances", balances, (each[: len(balances)] for each in report.balance_rows(row.pk))),
    )
    return downloads.as_xlsx(name, sheets)
