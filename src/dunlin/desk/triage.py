"""Whose is it? Say it for a conversation that nobody could match, move one that was matched wrongly, remember the address (B5)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dunlin.actions.handle_conversation import belongs_to
from dunlin.actions.match_mail import match_mail
from dunlin.desk import access
from dunlin.desk.acts import allow, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.office import number_in, seeing
from dunlin.records.models import Conversation
from dunlin.reports.conversation import newest_mail
from dunlin.reports.search import search
from dunlin.reports.triage import MOST, Candidate, candidates_of


def offered(request: HttpRequest, row: Conversation) -> list[Candidate]:
    """The accounts it points to, of those in sight."""
    found = candidates_of(row)
    seen = set(
        access.customers_of(request)
        .filter(pk__in=[each.customer_id for each in found])
        .values_list("pk", flat=True)
    )
    return [each for each in found if each.customer_id in seen][:MOST]


@require_safe
def find(request: HttpRequest, pk: int) -> HttpResponse:
    """Accounts that fit what is typed, each with its button."""
    seeing(request, "match_mail")
    row = access.conversation_for(request, pk)
    hits = search(request.GET.get("whose", ""), scope=access.customers_of(request), limit=MOST)
    found = {
        hit.customer_id: Candidate(hit.customer_id, hit.customer_number, hit.customer_name, hit.text)
        for hit in hits
    }
    facts = {"row": row, "candidates": list(found.values()), "typed": request.GET.get("whose", "").strip()}
    return show(request, "inbox/found.html", facts)


@require_POST
def whose(request: HttpRequest, pk: int) -> HttpResponse:
    """It is this customer's; `remember` keeps the sender's address with it. Without a customer: back to triage."""
    allow(request, "match_mail")
    row = access.conversation_for(request, pk)
    typed = typed_in(request)
    who = request.door.who  # type: ignore[attr-defined]
    customer = None
    if typed.get("customer"):
        customer = access.customer_for(request, number_in(typed, "customer", "Choose an account."))
    mail = newest_mail(pk)
    if mail is not None:
        match_mail(who, mail.pk, customer.pk if customer else None, remember=typed.get("remember") == "1")
    else:
        belongs_to(who, pk, customer.pk if customer else None)
    if customer is None:
        return done(request, "It waits in triage again.", reverse("inbox"))
    kept = (
        f" {mail.from_address} is kept with it." if mail is not None and typed.get("remember") == "1" else ""
    )
    return done(
        request, f"{row.subject or 'It'} is {customer.name}’s.{kept}", reverse("conversation", args=[pk])
    )
