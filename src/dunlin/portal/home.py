"""What is owed: all accounts of the one signed in, and one of them with its documents."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from dunlin.portal.access import account_for, accounts_of
from dunlin.portal.answers import show
from dunlin.reports.online_payments import failed_of, unsettled_of
from dunlin.reports.portal_account import GROUPS, lines, owed, promises_of

# What happened, as a form says it in the address it leads to.
DONE = ("promised", "disputed", "asked", "contact_asked", "contact_changed", "certificate")
FAILED_SHOWN = timedelta(days=14)  # a bank debit that did not come is told of this long


@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts; of one alone its own page."""
    found = accounts_of(request)
    if len(found) == 1:
        return redirect(reverse("portal_account", args=[found[0].pk]))
    sums = owed([each.pk for each in found], request.portal.today)  # type: ignore[attr-defined]
    return show(request, "accounts.html", {"accounts": found, "sums": sums})


@require_safe
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: what it owes first, then its documents, a group at a time."""
    mine = account_for(request, pk)
    today = request.portal.today  # type: ignore[attr-defined]
    sums = owed([pk], today).get(pk, [])
    group = request.GET.get("show", "")
    if group not in GROUPS:
        group = "late" if any(each.late for each in sums) else "due"
    text = request.GET.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    told = request.GET.get("done", "")
    facts = {
        "mine": mine, "sums": sums, "shown": lines(pk, today, group, page), "groups": GROUPS, "promises": promises_of(pk, today),
        "unsettled": unsettled_of(pk), "failed": failed_of(pk, request.portal.now - FAILED_SHOWN),  # type: ignore[attr-defined]
        "done": told if told in DONE else "", "several": len(accounts_of(request)) > 1,
    }  # fmt: skip
    return show(request, "account.html", facts)
