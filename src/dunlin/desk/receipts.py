"""Receipts: the queue of what came in at the bank, the files it was told by, and how each day closed (E1, E5, P15)."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dunlin.actions.process_waiting import process_waiting
from dunlin.actions.take_bank_file import FileTaken, name_bank_account
from dunlin.actions.take_remittance import AdviceTaken, take_any
from dunlin.desk.acts import allow, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.office import number_in, seeing
from dunlin.records.models import BankAccount, BankFile, Entity
from dunlin.reports.advices import waiting_count
from dunlin.reports.receipts import TABS, counts, day_closes, match_rates, receipts_page
from dunlin.reports.return_rates import return_rate_watch
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money

FILE_BYTES_MAX = 50 << 20
TAB_WORDS = (("to_do", "To do"), ("done", "Placed"), ("returns", "Came back"), ("aside", "Set aside"), ("info", "For information"))  # fmt: skip
LOOKS = {
    "waiting": "",
    "proposed": "info",
    "asked": "warn",
    "done": "good",
    "aside": "",
    "info": "",
    "split": "info",
}
STATE_WORDS = {
    "waiting": "to place", "proposed": "proposed", "asked": "asked", "done": "placed", "aside": "set aside", "info": "for information",
    "split": "split",
}  # fmt: skip
_RATES = {
    "unauthorized": ("Not authorised", "R05, R07, R10, R11, R29, R51"), "administrative": ("Account data wrong", "R02, R03, R04"),
    "overall": ("All returns", "every code that moves money"),
}  # fmt: skip
_FILES = 50
_DAYS = 30


@require_http_methods(["GET", "HEAD", "POST"])
def receipts(request: HttpRequest) -> HttpResponse:
    """One tab of the queue; a POST takes in a bank file, processes what can go by itself and says what became of it."""
    seeing(request, "see_receipts")
    door = request.door  # type: ignore[attr-defined]
    errors: dict[str, str] = {}
    if request.method == "POST":
        allow(request, "take_bank_file")
        try:
            return done(request, _took(request), reverse("receipts"))
        except Refused as refused:
            if refused.code not in (
                "bank_file_refused",
                "remittance_refused",
                "file_too_big",
                "file_has_nothing",
            ):
                raise
            errors["file"] = str(refused)
    tab, after, search = (request.GET.get(name, "") for name in ("tab", "after", "q"))
    tab = tab if tab in TABS else "to_do"
    page = receipts_page(
        tab, door.who.now, search=search.strip()[:80],
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 12 else None,
    )  # fmt: skip
    facts = {
        "page": page, "tab": tab, "tabs": TAB_WORDS, "counts": counts(), "looks": LOOKS, "state_words": STATE_WORDS,
        "closes": day_closes(door.who.now, 10), "rates": match_rates(door.who.now - timedelta(_DAYS), door.who.now),
        "rate_days": _DAYS, "errors": errors, "search": search, "any_file": BankFile.objects.exists(),
        "advices_waiting": waiting_count(), "watch": return_rate_watch(door.today, door.policy.return_debits), "watch_words": _RATES,
    }  # fmt: skip
    return show(request, "receipts/list.html", facts, part="results", status=422 if errors else 200)


def _took(request: HttpRequest) -> str:
    """Take the file sent in and place what can be placed at once; the sentence that says so."""
    sent = request.FILES.get("file")
    if sent is None or not sent.name:
        raise Refused("file_has_nothing", file="The form")
    if (sent.size or 0) > FILE_BYTES_MAX:
        raise Refused("file_too_big", file=sent.name, size=(sent.size or 0) >> 20, limit=FILE_BYTES_MAX >> 20)
    who = request.door.who  # type: ignore[attr-defined]
    taken = take_any(who, sent.name, sent.read())
    if isinstance(taken, AdviceTaken):
        placed = process_waiting(who.today, who.now) if taken.linked else None
        return f"{taken.sentence} {placed.sentence if placed else ''}".strip()
    if taken.again:
        return f"{taken.name} was taken in before; nothing changed."
    placed = process_waiting(who.today, who.now)
    return f"{file_sentence(taken)} {placed.sentence}"


def file_sentence(taken: FileTaken) -> str:
    """What a bank file told, in a sentence."""
    sums = (
        ", ".join(str(Money(minor, currency)) for currency, minor in sorted(taken.sums.items())) or "nothing"
    )
    parts = [f"{taken.name}: {taken.entries:,} transactions, {taken.new:,} new, {sums} in all"]
    parts += [f"{taken.pending:,} not booked yet"] if taken.pending else []
    parts += [f"{taken.damaged:,} damaged records"] if taken.damaged else []
    parts += [f"{taken.warnings:,} warnings"] if taken.warnings else []
    return "; ".join(parts) + "."


@require_safe
def bank_files(request: HttpRequest) -> HttpResponse:
    """The files taken in, newest first."""
    seeing(request, "see_receipts")
    before = request.GET.get("before", "")
    found = BankFile.objects.select_related("taken_by")
    if before.isascii() and before.isdigit() and len(before) < 12:
        found = found.filter(pk__lt=int(before))
    rows = list(found.defer("warnings", "damaged", "statements")[: _FILES + 1])
    facts = {
        "files": rows[:_FILES], "older": rows[_FILES - 1].pk if len(rows) > _FILES else None,
        "accounts": list(BankAccount.objects.select_related("entity").order_by("name", "pk")[:200]),
        "entities": [(str(pk), f"{code} {name}") for pk, code, name in Entity.objects.order_by("code").values_list("pk", "code", "name")],
    }  # fmt: skip
    return show(request, "receipts/files.html", facts)


@require_POST
def bank_account(request: HttpRequest, pk: int) -> HttpResponse:
    """Whose account it is."""
    allow(request, "take_bank_file")
    entity = number_in(request.POST, "entity", "Choose the entity.")
    name_bank_account(request.door.who, pk, request.POST.get("name", ""), entity)  # type: ignore[attr-defined]
    return done(
        request,
        "The account is named; what comes into it is posted in that entity's books.",
        reverse("bank_files"),
    )


@require_safe
def bank_file(request: HttpRequest, pk: int) -> HttpResponse:
    """What one file told: its statements and whether they add up, what it warned of, what was damaged."""
    seeing(request, "see_receipts")
    row = BankFile.objects.filter(pk=pk).select_related("taken_by").first()
    if row is None:
        raise Refused("file_unknown", file=pk)
    shown = typed_in(request).get("all") == "1"
    facts = {
        "file": row,
        "warnings": row.warnings if shown else row.warnings[:50],
        "damaged": row.damaged if shown else row.damaged[:50],
    }
    return show(request, "receipts/file.html", facts)
