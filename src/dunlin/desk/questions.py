"""Questions to departments: asking one, what is still open, closing it with what came of it (B7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from dunlin.actions.ask_department import Question, ask_department, close_request
from dunlin.desk import access
from dunlin.desk.acts import act, day_in, needed
from dunlin.desk.answers import show
from dunlin.desk.office import office_act, seeing
from dunlin.desk.tables import pages_of
from dunlin.records.models import Department, Dispute, Item, Request
from dunlin.reports.conversation import requests_of
from dunlin.rules.plain_words import in_words


@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    """What was asked: mine, or with `whose=all` of every account in sight; `closed=1` those that are over."""
    seeing(request, "see_inbox")
    door = request.door  # type: ignore[attr-defined]
    everyone, closed = request.GET.get("whose") == "all", request.GET.get("closed") == "1"
    which = access.in_sight(door, "customer") & (Q(state="closed") if closed else ~Q(state="closed"))
    if not everyone:
        which &= Q(owner=door.who.user_id)
    pages = pages_of(request, Request.objects.filter(which).count())
    rows = requests_of(which, pages.size, pages.offset)
    whose = {
        each.pk: each.customer
        for each in Request.objects.filter(pk__in=[row.id for row in rows]).select_related("customer")
    }
    facts = {"rows": rows, "whose": whose, "pages": pages, "everyone": everyone, "closed": closed}
    return show(request, "inbox/questions.html", facts, part="results")


def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a department about an account; `conversation` says where it came up, whose words are then at hand."""
    customer = access.customer_for(request, pk)
    departments = list(Department.objects.order_by("name"))
    items = list(Item.objects.filter(customer=pk, side=1, open__gt=0).order_by("due_on", "pk")[:200])

    def do(typed: Mapping[str, str]) -> str:
        today = request.door.today  # type: ignore[attr-defined]
        item = typed.get("item", "")
        dispute = (
            Dispute.objects.filter(item=int(item), customer=pk, resolved_on=None).first()
            if item.isdigit()
            else None
        )
        question = Question(
            needed(typed, "department", "Choose who is asked."), needed(typed, "what", "Write what is asked, in one line."),
            typed.get("text", ""), int(item) if item.isdigit() else None, dispute.pk if dispute else None,
            day_in(typed, "due", today),
        )  # fmt: skip
        asked = ask_department(request.door.who, pk, question, key=typed.get("key") or None)  # type: ignore[attr-defined]
        return f"Asked; an answer is due {in_words(asked.due_on, today)}."

    facts: dict[str, Any] = {
        "departments": [(each.key, each.name) for each in departments if each.address], "items": [(each.pk, each.number or "without a number") for each in items],
        "silent": [each.name for each in departments if not each.address],
    }  # fmt: skip
    beside = {"department_without_address": "department", "not_blank": "what", "item_unknown": "item"}
    return act(request, customer, "ask_department", "ask_department", do, beside=beside, facts=facts)


def close(request: HttpRequest, pk: int) -> HttpResponse:
    """It is over, and this came of it."""
    row = access.request_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        close_request(request.door.who, pk, typed.get("outcome", ""))  # type: ignore[attr-defined]
        return f"Closed: {row.what}."

    back = request.GET.get("back", "") or request.POST.get("back", "")
    to = (
        reverse("conversation", args=[int(back)])
        if back.isdigit() and len(back) < 12
        else reverse("questions")
    )
    facts = lambda typed: {"row": row, "back": back}  # noqa: E731  as the frame takes it
    return office_act(
        request,
        "ask_department",
        "inbox/close_question.html",
        to,
        do,
        beside={"not_blank": "outcome"},
        facts=facts,
    )
