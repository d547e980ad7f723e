"""Remittance advices: those that wait for money, what one says, and a person's word which money it is of (E2)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dunlin.actions.link_advice import link_advice, set_advice_aside, unlink_advice
from dunlin.actions.process_waiting import process_these
from dunlin.desk.access import customers_of
from dunlin.desk.acts import Unclear, allow
from dunlin.desk.answers import done, show
from dunlin.desk.office import number_in, seeing
from dunlin.records.cash import OPEN_STATES
from dunlin.records.models import Receipt, RemittanceAdvice
from dunlin.records.policies import current_policy
from dunlin.reports.advices import STATES, advices_near, advices_page, receipts_near
from dunlin.reports.cash_book import CashBook
from dunlin.rules.codes import Refused

STATE_WORDS = (("waiting", "Waiting for money"), ("used", "Linked"), ("superseded", "Superseded"))
LINKED_BY = {
    "trace": "by its reference", "check": "by the check's number", "payer": "by payer, amount and day", "person": "by hand",
}  # fmt: skip
SHOWN_LINES = 200


@require_safe
def advices(request: HttpRequest) -> HttpResponse:
    """One state of the advices, newest first."""
    seeing(request, "see_receipts")
    state, search, after = (request.GET.get(name, "") for name in ("state", "q", "after"))
    state = state if state in STATES else "waiting"
    page = advices_page(
        state, search=search.strip()[:80], after=int(after) if after.isascii() and after.isdigit() and len(after) < 12 else None
    )  # fmt: skip
    facts = {"page": page, "state": state, "states": STATE_WORDS, "search": search, "linked_by": LINKED_BY}
    return show(request, "receipts/advices.html", facts, part="results")


@require_safe
def advice(request: HttpRequest, pk: int) -> HttpResponse:
    """What one says, and the money it may be of."""
    seeing(request, "see_receipts")
    row = _advice(pk)
    near = receipts_near(row) if row.state == "waiting" else []
    whole = request.GET.get("all") == "1"
    facts = {
        "advice": row, "near": near, "linked_by": LINKED_BY, "state_words": dict(STATE_WORDS),
        "lines": row.lines if whole else row.lines[:SHOWN_LINES],
        "customer": customers_of(request).filter(pk=row.customer_id).first() if row.customer_id else None,
        "linked_open": row.receipt is not None and row.receipt.state in OPEN_STATES,
    }  # fmt: skip
    return show(request, "receipts/advice.html", facts)


@require_POST
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """This advice is of that receipt."""
    allow(request, "process_receipt")
    try:
        receipt = number_in(request.POST, "receipt", "Choose the receipt.")
    except Unclear as unclear:
        raise Refused("not_blank", field="the receipt") from unclear
    who = request.door.who  # type: ignore[attr-defined]
    link_advice(who, pk, receipt)
    became = process_these([receipt], who.today, who.now, CashBook(who.today, current_policy()))
    said = {
        "placed": "Linked; the money is placed by it.", "proposed": "Linked; look at what is proposed by it.",
        "asked": "Linked; what it names is not open, so the receipt is still asked about.",
    }  # fmt: skip
    sentence = next((said[name] for name in became if name in said), "Linked; the receipt waits.")
    return done(request, sentence, reverse("receipt", args=[receipt]))


@require_POST
def unlink(request: HttpRequest, pk: int) -> HttpResponse:
    """It is of other money."""
    allow(request, "process_receipt")
    row = _advice(pk)
    unlink_advice(request.door.who, pk)  # type: ignore[attr-defined]
    to = reverse("receipt", args=[row.receipt_id]) if row.receipt_id else reverse("advices")
    return done(request, "Taken away; the advice and the receipt wait, each by itself.", to)


@require_POST
def aside(request: HttpRequest, pk: int) -> HttpResponse:
    """No money is to come for it."""
    allow(request, "process_receipt")
    set_advice_aside(request.door.who, pk, request.POST.get("reason", ""))  # type: ignore[attr-defined]
    return done(request, "Put aside; it fits no money any more.", reverse("advices"))


def beside(row: Receipt) -> dict[str, Any]:
    """For the page of a receipt: the advice linked to it, else the waiting ones that may be of it."""
    linked = row.advices.select_related("mail__conversation").first()
    near = advices_near(row) if linked is None and row.kind == "credit" and row.state in OPEN_STATES else []
    return {"advice": linked, "advices_near": near[:10], "linked_by": LINKED_BY}


def _advice(pk: int) -> RemittanceAdvice:
    row = (
        RemittanceAdvice.objects.filter(pk=pk)
        .select_related("customer", "receipt", "mail__conversation", "taken_by")
        .first()
    )
    if row is None:
        raise Refused("advice_unknown", advice=pk)
    return row
